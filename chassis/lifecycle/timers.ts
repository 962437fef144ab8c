import { backoffMs } from '../resilience/backoff.ts';
import { isDatabaseUnavailable, type Database } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import { contextFrom, runInContext } from '../telemetry/context.ts';
import type { Clock } from '../time/clock.ts';
import { loop, type Background } from '../deployable/background.ts';
import type { LifeEvent } from './life.ts';
import { TIMERS_CHANNEL, type Lives } from './lives.ts';

const BATCH = 50;
/** The longest pause; a nearer timer or a new one ends it sooner. */
const LONGEST_PAUSE_MS = 5_000;

export interface TimersDeps {
  database: Database;
  signals: Signals;
  lives: Lives;
  clock: Clock;
  log: Log;
}

/** Fires what is due. Timers are rows, so they outlive restarts; each fires in the transaction of its transition. */
export function fireTimers(processes: string[], { database, signals, lives, clock, log }: TimersDeps): Background {
  let alarm: NodeJS.Timeout | undefined;
  const work = loop({ name: 'timers', pollMs: LONGEST_PAUSE_MS, log, turn });
  const stopListening = signals.listen(TIMERS_CHANNEL, work.wake);

  async function turn(): Promise<boolean> {
    clearTimeout(alarm);
    const due = await database.query<{ life_id: string; id: string; correlation_id: string; traceparent: string }>(
      `select t.life_id, t.id, l.correlation_id, l.traceparent from chassis.timers t join chassis.lives l on l.id = t.life_id
       where t.process = any($1) and t.due_at <= $2 order by t.due_at limit $3`,
      [processes, clock.now(), BATCH]);
    for (const timer of due) await runInContext(contextFrom(timer.correlation_id, timer.traceparent), () => fireOrPostpone(timer.life_id, timer.id));
    if (due.length === BATCH) return true;
    await setAlarm();
    return false;
  }

  /** A timer whose life cannot take it waits, so that it does not hold up all others. */
  async function fireOrPostpone(lifeId: string, id: string): Promise<void> {
    try {
      await fire(lifeId, id);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      const [timer] = await database.query<{ attempts: number }>('select attempts from chassis.timers where life_id = $1 and id = $2', [lifeId, id]);
      if (!timer) return;
      log.error('timer could not be fired, will be tried again', { life: lifeId, attempt: timer.attempts + 1, ...describeError(error) });
      await database.query('update chassis.timers set attempts = attempts + 1, due_at = $3 where life_id = $1 and id = $2',
        [lifeId, id, new Date(clock.now().getTime() + backoffMs(timer.attempts + 1, { firstMs: 1_000, maxMs: 300_000 }))]);
    }
  }

  /** Deleting the row takes the timer: of several processes one deletes it. The life is locked first, as transitions do. */
  async function fire(lifeId: string, id: string): Promise<void> {
    await database.transaction(async (tx) => {
      await tx.query('select 1 from chassis.lives where id = $1 for update', [lifeId]);
      const [timer] = await tx.query<{ event: LifeEvent }>(
        'delete from chassis.timers where life_id = $1 and id = $2 and due_at <= $3 returning event', [lifeId, id, clock.now()]);
      if (timer) await lives.apply(tx, lifeId, { ...timer.event, at: clock.now().toISOString() });
    });
  }

  async function setAlarm(): Promise<void> {
    const [next] = await database.query<{ due_at: Date | null }>('select min(due_at) as due_at from chassis.timers where process = any($1)', [processes]);
    if (!next?.due_at) return;
    const inMs = next.due_at.getTime() - clock.now().getTime();
    if (inMs < LONGEST_PAUSE_MS) alarm = setTimeout(work.wake, Math.max(inMs, 0));
  }

  return {
    start: work.start,
    async stop() {
      clearTimeout(alarm);
      stopListening();
      await work.stop();
    },
  };
}
