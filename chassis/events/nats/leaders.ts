import type { Queries } from '../../storage/database.ts';
import { LEASE_GRACE_MS, watchLeases, type Lease } from '../../storage/lease.ts';
import type { Signals } from '../../storage/signals.ts';
import type { Log } from '../../telemetry/logger.ts';
import { loop, type Background } from '../../deployable/background.ts';

/**
 * One process of all leads a name. It is for order and thrift, not a fence: a leader that was only paused goes on until it
 * looks again, and whatever two of them do at once has to be harmless.
 */
export interface Leaders extends Background {
  /** Asks for `name` as long as this process runs; `changed` is told when it is gained or lost. */
  campaign(name: string, changed: () => void): void;
  leads(name: string): boolean;
}

const LOOK_MS = 2_000;
const CHANNEL = 'leaders';

export function electLeaders({ database, lease, signals, log }: { database: Queries; lease: Lease; signals: Signals; log: Log }): Leaders {
  const names = new Map<string, () => void>();
  const led = new Set<string>();
  const isDead = watchLeases(database);
  let lookAgain: NodeJS.Timeout | undefined;
  const work = loop({ name: 'leaders', pollMs: LOOK_MS, log, turn: look });
  const stopListening = signals.listen(CHANNEL, work.wake);

  async function look(): Promise<boolean> {
    if (names.size === 0) return false;
    const rows = await database.query<{ name: string; owner: string | null }>('select name, owner from chassis.leaders where name = any($1)', [[...names.keys()]]);
    const owners = new Map(rows.map((row) => [row.name, row.owner]));
    const { missing, dead } = await isDead([...new Set([...owners.values()].filter((owner) => owner !== null && owner !== lease.id))] as string[]);
    clearTimeout(lookAgain);
    if (missing.length > dead.length) lookAgain = setTimeout(work.wake, LEASE_GRACE_MS);
    const vacant = [...names.keys()].filter((name) => { const owner = owners.get(name); return !owner || dead.includes(owner); });
    const gained = vacant.length === 0 ? [] : await take(vacant, dead);
    for (const name of names.keys()) note(name, owners.get(name) === lease.id || gained.includes(name));
    return false;
  }

  async function take(vacant: string[], dead: string[]): Promise<string[]> {
    const rows = await database.query<{ name: string }>(
      `insert into chassis.leaders as l (name, owner) select unnest($1::text[]), $2
       on conflict (name) do update set owner = $2 where l.owner is null or l.owner = any($3) returning name`, [vacant, lease.id, dead]);
    return rows.map((row) => row.name);
  }

  function note(name: string, leads: boolean): void {
    if (leads === led.has(name)) return;
    if (leads) led.add(name);
    else led.delete(name);
    names.get(name)?.();
  }

  return {
    campaign: (name, changed) => { names.set(name, changed); },
    leads: (name) => led.has(name),
    start: work.start,
    async stop() {
      stopListening();
      await work.stop();
      clearTimeout(lookAgain);
      led.clear();
      await database.query('update chassis.leaders set owner = null where owner = $1', [lease.id]);
      signals.raise(CHANNEL);
    },
  };
}
