import { loop, type Background } from '#chassis/deployable/background.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { EventLog } from '#chassis/events/event-log.ts';
import type { Database } from '#chassis/storage/database.ts';
import { takeLease, watchLeases, type Lease } from '#chassis/storage/lease.ts';
import { positionsIn, type HeldPosition } from '#chassis/storage/positions.ts';
import type { Log } from '#chassis/telemetry/logger.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { ChangesFound } from '../port.ts';
import { announce } from './announce.ts';

export interface PollerDeps {
  database: Database;
  events: EventLog<EventData>;
  log: Log;
  poll: (position: unknown) => Promise<ChangesFound>;
  pollMs: number;
}

const NAME = 'changes';

/**
 * Follows what changes of workers and tells the platform of each, once. One process polls at a time; what it found and how
 * far it got are written in one transaction, so that a process that dies between loses nothing.
 */
export function pollChanges(deps: PollerDeps): Background {
  const { database, log } = deps;
  const watch = watchLeases(database);
  let lease: Lease | undefined;
  let patience = 0;

  const polling = loop({
    name: NAME, pollMs: deps.pollMs, log,
    async turn() {
      if (!lease || Date.now() < patience) return false;
      const held = await positionsIn(database, 'hcm').hold(NAME, lease.id, watch);
      if (!held) return false;
      try {
        const found = await deps.poll(held.position);
        return await keepFound(deps, lease.id, held, found) && found.hasMore;
      } catch (error) {
        if (error instanceof ApiError && error.retryAfterMs !== undefined) patience = Date.now() + error.retryAfterMs;
        throw error;
      }
    },
  });

  return {
    async start() {
      lease = await takeLease(database.url, log);
      await polling.start();
    },
    async stop() {
      await polling.stop();
      if (!lease) return;
      await positionsIn(database, 'hcm').letGo(NAME, lease.id);
      await lease.release();
    },
  };
}

/** @returns false when another process took over: what was found is then the other's to tell */
async function keepFound({ database, events, log }: PollerDeps, holder: string, held: HeldPosition, { changes, position }: ChangesFound): Promise<boolean> {
  // Where following began has to be kept even when nothing was found.
  if (changes.length === 0 && held.position !== null) return true;
  let untold = 0;
  const isKept = await database.transaction(async (tx) => {
    if (!(await positionsIn(database, 'hcm').move(tx, NAME, holder, held, position))) return false;
    for (const each of changes) if (!(await announce(tx, events, each))) untold += 1;
    return true;
  });
  if (isKept && untold > 0) log.error('changes of workers cannot be told and are kept as troubled', { count: untold });
  return isKept;
}
