import { loop, type Background } from '../deployable/background.ts';
import type { Dependencies } from '../resilience/dependencies.ts';
import { FORGOTTEN, IS_PROBER_DEAD } from '../resilience/dependency-rows.ts';
import { LET_GO_EVERY_MS, nextToLetGo } from '../resilience/recovery.ts';
import { TIERS, type TierName } from '../resilience/tiers.ts';
import type { Database, Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import type { Log } from '../telemetry/logger.ts';
import { channelOf } from './queue.ts';

/** Moves that wait for a system are put away: out of the way of all others, until the system answers again. */

/**
 * When a move that was put away is due by itself. Nothing but a mistake of ours lets it wait for so long; while nobody
 * looks at it a system may be down for as long as it likes.
 */
export const PUT_AWAY_MS = 86_400_000;
/** Longer than any that waits for a time of its own. */
const LONG = `interval '2 hours'`;
const IS_PUT_AWAY = `run_at > now() + ${LONG}`;

const waitsFor = (target: string) => `waits_for = ${target} and owner is null and status in ('waiting', 'undoing')`;
const POLL_MS = 1_000;
/** A move that was let go as a trial gets so long to reach the target before the next one is. */
const TRIAL_MS = 3_000;

export interface WaitingDeps {
  database: Database;
  signals: Signals;
  dependencies: Dependencies;
  log: Log;
}

/** Lets moves go whose system answers again, at first a few; and while it is down one now and then, as a trial. */
export function letWaitingGo({ database, signals, dependencies, log }: WaitingDeps): Background {
  let alarm: NodeJS.Timeout | undefined;
  const work = loop({ name: 'waiting moves', pollMs: POLL_MS, log, turn });
  let stopListening: (() => void) | undefined;

  async function turn(): Promise<boolean> {
    clearTimeout(alarm);
    const targets = await database.query<{ target: string }>(
      // One look into the index for each system: as a condition the planner would make it a join with all that waits.
      `select target from chassis.dependencies d cross join lateral (
         select 1 from chassis.moves where ${waitsFor('d.target')} and run_at > now() + case when d.let_go is null then interval '0' else ${LONG} end order by run_at limit 1) as waiting
       where ${MAY_BE_CALLED}`);
    for (const { target } of targets) {
      const processes = await database.transaction((tx) => letSomeGo(tx, target));
      for (const process of new Set(processes)) signals.raise(channelOf(process));
    }
    if (targets.length > 0) alarm = setTimeout(work.wake, LET_GO_EVERY_MS);
    return false;
  }

  return {
    async start() {
      stopListening = dependencies.listen(work.wake);
      await work.start();
    },
    async stop() {
      stopListening?.();
      await work.stop();
      clearTimeout(alarm);
    },
  };
}

const ANSWERS = `(d.state = 'closed' or d.seen_at < now() - ${FORGOTTEN})`;
const MAY_BE_CALLED = `d.throttled_until <= now() and (${ANSWERS} or d.next_probe_at <= now() or ${IS_PROBER_DEAD})`;

/** Of all processes one at a time; returns the processes whose moves were let go. */
async function letSomeGo(tx: Transaction, target: string): Promise<string[]> {
  const [row] = await tx.query<{ tier: TierName; answers: boolean; let_go: number | null; since_ms: number | null }>(
    `select tier, ${ANSWERS} as answers, let_go, extract(epoch from now() - let_go_at)::float8 * 1000 as since_ms
     from chassis.dependencies d where target = $1 and ${MAY_BE_CALLED} for update skip locked`, [target]);
  if (!row) return [];
  if (!row.answers) return row.since_ms === null || row.since_ms >= TRIAL_MS ? go(tx, target, 1, 'run_at > now()', null) : [];
  // Those that wait for a time of their own do so because the target was down when they were tried.
  if (row.let_go === null) await tx.query(`update chassis.moves set run_at = now() + $2::int * interval '1 millisecond' where ${waitsFor('$1')} and run_at > now() and not ${IS_PUT_AWAY}`, [target, PUT_AWAY_MS]);
  const letGo = row.let_go ?? 0;
  const count = nextToLetGo(letGo, row.let_go === null ? null : row.since_ms, TIERS[row.tier].recovery);
  return count > 0 ? go(tx, target, count, IS_PUT_AWAY, letGo) : [];
}

async function go(tx: Transaction, target: string, count: number, which: string, letGo: number | null): Promise<string[]> {
  const moves = await tx.query<{ process: string }>(
    `update chassis.moves set run_at = now() where id in (
       select id from chassis.moves where ${waitsFor('$1')} and ${which} order by run_at, seq limit $2 for update skip locked) returning process`, [target, count]);
  await tx.query('update chassis.dependencies set let_go = $2::int, let_go_at = now() where target = $1', [target, letGo === null ? null : letGo + moves.length]);
  return moves.map((move) => move.process);
}
