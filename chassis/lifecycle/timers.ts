import { backoffMs } from '../resilience/backoff.ts';
import { isDatabaseUnavailable, type Database } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import { contextFrom, runInContext } from '../telemetry/context.ts';
import { shiftMs, type Clock } from '../time/clock.ts';
import { loop, type Background } from '../deployable/background.ts';
import type { LifeEvent } from './life.ts';
import { isForNewerVersion } from '../errors/newer-version.ts';
import { TIMERS_CHANNEL, TIMERS_POLL_MS } from './consequences.ts';
import type { Lives } from './lives.ts';

const BATCH = 50;

export interface TimersDeps {
  database: Database;
  signals: Signals;
  lives: Lives;
  clock: Clock;
  log: Log;
}

/**
 * Fires what is due. Timers are rows, so they outlive restarts; each fires in the transaction of its transition. By the
 * database's clock: of several machines one may be a day ahead, and every one may jump.
 */
export function fireTimers(processes: string[], { database, signals, lives, clock, log }: TimersDeps): Background {
  let alarm: NodeJS.Timeout | undefined;
  const work = loop({ name: 'timers', pollMs: TIMERS_POLL_MS, log, turn });
  const stopListening = signals.listen(TIMERS_CHANNEL, work.wake);

  async function turn(): Promise<boolean> {
    clearTimeout(alarm);
    const next = await database.query<{ life_id: string; id: string; in_ms: number; correlation_id: string; traceparent: string }>(
      // One process at a time: the index gives the next timers of each, but not of several. Those of lives that only a newer
      // version can read are left to it.
      `select t.life_id, t.id, extract(epoch from t.due_at - clock_timestamp())::float8 * 1000 - $4 as in_ms, t.correlation_id, t.traceparent from unnest($1::text[], $3::int[]) as p (process, version)
       cross join lateral (
         select t.life_id, t.id, t.due_at, l.correlation_id, l.traceparent from chassis.timers t join chassis.lives l on l.id = t.life_id
         where t.process = p.process and l.readable_by <= p.version order by t.due_at limit $2) as t
       order by t.due_at limit $2`,
      [processes, BATCH, processes.map((process) => lives.definition(process).version), shiftMs(clock)]);
    const due = next.filter((timer) => timer.in_ms <= 0);
    for (const timer of due) await runInContext(contextFrom(timer.correlation_id, timer.traceparent), () => fireOrPostpone(timer.life_id, timer.id));
    if (due.length > 0) return true;
    const inMs = next[0]?.in_ms ?? Infinity;
    if (inMs < TIMERS_POLL_MS) alarm = setTimeout(work.wake, Math.ceil(inMs));
    return false;
  }

  /** A timer whose life cannot take it waits, so that it does not hold up all others. */
  async function fireOrPostpone(lifeId: string, id: string): Promise<void> {
    try {
      await fire(lifeId, id);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      if (isForNewerVersion(error)) return;
      const [timer] = await database.query<{ attempts: number }>('select attempts from chassis.timers where life_id = $1 and id = $2', [lifeId, id]);
      if (!timer) return;
      log.error('timer could not be fired, will be tried again', { life: lifeId, attempt: timer.attempts + 1, ...describeError(error) });
      await database.query(`update chassis.timers set attempts = attempts + 1, due_at = clock_timestamp() + $3::float8 * interval '1 millisecond' where life_id = $1 and id = $2`,
        [lifeId, id, shiftMs(clock) + backoffMs(timer.attempts + 1, { firstMs: 1_000, maxMs: 300_000 })]);
    }
  }

  /** Deleting the row takes the timer: of several processes one deletes it. The life is locked first, as transitions do. */
  async function fire(lifeId: string, id: string): Promise<void> {
    await database.transaction(async (tx) => {
      await tx.query('select 1 from chassis.lives where id = $1 for update', [lifeId]);
      const [timer] = await tx.query<{ event: LifeEvent }>(
        `delete from chassis.timers where life_id = $1 and id = $2 and due_at <= clock_timestamp() + $3::float8 * interval '1 millisecond' returning event`, [lifeId, id, shiftMs(clock)]);
      if (timer) await lives.apply(tx, lifeId, { ...timer.event, at: clock.now().toISOString() });
    });
  }

  return {
    start: work.start,
    async stop() {
      stopListening();
      await work.stop();
      clearTimeout(alarm);
    },
  };
}
