import { setTimeout as sleep } from 'node:timers/promises';
import { remainingMs } from '../contract/deadline.ts';
import { ApiError } from '../errors/failures.ts';
import type { Queries } from '../storage/database.ts';

/** Those who can wait leave a part of the burst to the others. */
export type Lane = 'first' | 'later';

export interface Pacer {
  /** Returns when it is this call's turn. @throws ApiError 'rate-limited' when that would take longer than anybody waits */
  turn(lane?: Lane): Promise<void>;
}

export interface PacerOptions {
  /** What the quota is for; all who name the same share it. */
  target: string;
  perSecond: number;
  /** Calls that may go at once after a quiet time. */
  burst: number;
  patienceMs: number;
  now?: () => number;
  wait?: (ms: number) => Promise<unknown>;
}

/** Turns that are one interval apart. `backlogMs` is how far the bucket was filled before the first of them. */
interface Block {
  backlogMs: number;
}

interface Request {
  count: number;
  intervalMs: number;
  /** The backlog from which on the wait would be too long. */
  fullMs: number;
}

/** Where the bucket is kept. */
interface PaceStore {
  /** Takes turns; a bucket that is too full gives none and says how full it is. */
  take(target: string, request: Request): Promise<Block & { taken: boolean }>;
}

/** Turns of a block are there to be used at once: what is held back longer would come on top of what others are given. */
const KEPT_MS = 250;

/**
 * A quota as a bucket: `burst` calls may go at once, then `perSecond`. Turns are given in the order in which they are
 * asked for. They are fetched from the store in blocks, each as large as what was used up of the last one, up to an
 * eighth of a second's: so that a busy process asks seldom and an idle one takes nothing from the others.
 *
 * @source the generic cell rate algorithm, ITU-T I.371 Annex A
 */
export function createPacer({ target, perSecond, burst, patienceMs, now = () => performance.now(), wait = (ms) => sleep(ms) }: PacerOptions, store: PaceStore = paceHere(now)): Pacer {
  const intervalMs = 1_000 / perSecond;
  const mostAtOnce = Math.max(1, Math.min(Math.floor(perSecond / 8), Math.floor(burst / 4)));
  // What is fetched may be used a little late, beside what is given to others meanwhile: the burst has room for that.
  const toleranceMs = { first: (burst - mostAtOnce) * intervalMs, later: ((burst - mostAtOnce) * intervalMs) / 2 };
  const lanes = { first: newLane(), later: newLane() };

  interface OpenLane {
    /** When each turn that was fetched may be used. */
    turns: number[];
    size: number;
    fetchedAt: number;
    /** Turns are given one after another. */
    last: Promise<unknown>;
  }

  function newLane(): OpenLane {
    return { turns: [], size: 1, fetchedAt: 0, last: Promise.resolve() };
  }

  async function next(name: Lane): Promise<number> {
    const lane = lanes[name];
    const left = lane.turns.filter((at) => at + KEPT_MS > now());
    const wasted = lane.turns.length - left.length;
    lane.turns = left;
    if (left.length === 0) {
      const used = wasted === 0 && lane.fetchedAt + KEPT_MS > now();
      lane.size = used ? Math.min(mostAtOnce, lane.size * 2) : 1;
      const patience = Math.min(patienceMs, remainingMs());
      const { taken, backlogMs } = await store.take(target, { count: lane.size, intervalMs, fullMs: toleranceMs[name] + patience });
      if (!taken) throw exhausted(backlogMs - toleranceMs[name]);
      lane.fetchedAt = now();
      lane.turns = Array.from({ length: lane.size }, (_, index) => lane.fetchedAt + Math.max(0, backlogMs + index * intervalMs - toleranceMs[name]));
    }
    const [turn] = lane.turns;
    if (turn! - now() > Math.min(patienceMs, remainingMs())) throw exhausted(turn! - now());
    return lane.turns.shift()!;
  }

  return {
    async turn(name = 'first') {
      const lane = lanes[name];
      const mine = lane.last.then(() => next(name));
      // A turn that was not had is told to who asked for it; the next one asks anew.
      lane.last = mine.catch(() => undefined);
      const waitMs = (await mine) - now();
      if (waitMs > 0) await wait(waitMs);
    },
  };
}

function exhausted(waitMs: number): ApiError {
  return new ApiError('rate-limited', 'The quota of the system behind is used up for the moment.', { code: 'quota-exhausted', retryAfterMs: Math.max(1, Math.ceil(waitMs)) });
}

/** The bucket of one process. */
function paceHere(now: () => number): PaceStore {
  let emptyAt = 0;
  return {
    async take(_target, { count, intervalMs, fullMs }) {
      const backlogMs = Math.max(0, emptyAt - now());
      if (backlogMs > fullMs) return { taken: false, backlogMs };
      emptyAt = now() + backlogMs + count * intervalMs;
      return { taken: true, backlogMs };
    },
  };
}

const MS = `interval '1 millisecond'`;

/** One bucket for all processes. Nobody waits for the disk: what a crash forgets is less than a burst. */
export function paceRows(on: Queries): PaceStore {
  return {
    async take(target, { count, intervalMs, fullMs }) {
      const [block] = await on.query<{ backlog_ms: number }>(
        `with quickly as (select set_config('synchronous_commit', 'off', true)),
           taken as (
             insert into chassis.paces as p (target, empty_at) select $1, now() + $2::float8 * ${MS} from quickly
             on conflict (target) do update set empty_at = greatest(p.empty_at, now()) + $2::float8 * ${MS} where p.empty_at <= now() + $3::float8 * ${MS}
             returning empty_at)
         select extract(epoch from empty_at - now())::float8 * 1000 - $2::float8 as backlog_ms from taken`,
        [target, count * intervalMs, fullMs]);
      if (block) return { taken: true, backlogMs: Math.max(0, block.backlog_ms) };
      const [full] = await on.query<{ backlog_ms: number }>(
        'select extract(epoch from empty_at - now())::float8 * 1000 as backlog_ms from chassis.paces where target = $1', [target]);
      return { taken: false, backlogMs: full?.backlog_ms ?? 0 };
    },
  };
}
