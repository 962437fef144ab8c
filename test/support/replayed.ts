import { askReplay, confirmReplay, getReplay, type Replay, type ReplayDeps } from '#chassis/events/replays.ts';
import type { Selection } from '#chassis/events/replay-selection.ts';
import { eventually } from './eventually.ts';

/** Has events delivered again as an operator would, and waits until they are. */
export async function replayed(deps: ReplayDeps, group: string, selection: Selection): Promise<Replay> {
  const { id } = await askReplay(deps, { facilities: [], group, selection, reason: 'a test asks for it', by: 'ann' });
  const reach = (status: Replay['status']) => eventually(async () => { const now = await getReplay(deps.database, id, []); return now.status === status && now; });
  await reach('planned');
  await confirmReplay(deps, id, 'bob', []);
  return reach('done');
}
