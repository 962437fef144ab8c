import { loop, type Background } from '#chassis/deployable/background.ts';
import { ApiError, asApiError } from '#chassis/errors/failures.ts';
import type { EventLog } from '#chassis/events/event-log.ts';
import { takeLease, watchLeases, type Lease } from '#chassis/storage/lease.ts';
import { positionsIn, type HeldPosition } from '#chassis/storage/positions.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { Log } from '#chassis/telemetry/logger.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { EhrPort, UseChange } from '../port.ts';
import { announce, type Outcome } from './announce.ts';
import { countTroubled, dueUses, forgetTrouble } from './troubled-uses.ts';

export interface PollerDeps {
  database: Database;
  events: EventLog<EventData>;
  log: Log;
  ehr: Pick<EhrPort, 'pollUses' | 'readUse'>;
  pollMs: number;
}

const NAME = 'uses';
/** How often troubled uses are looked at, in turns of the poll at least. */
const TROUBLE_EVERY_MS = 1_000;

/**
 * Follows the uses of the record system and tells the platform of each, once. One process polls at a time; what it found
 * and how far it got are written in one transaction, so that a process that dies between loses nothing.
 */
export function pollUses(deps: PollerDeps): Background {
  const { database, log } = deps;
  const watch = watchLeases(database);
  let lease: Lease | undefined;
  let patience = 0;
  let troubleAt = 0;

  const polling = loop({
    name: 'uses', pollMs: deps.pollMs, log,
    async turn() {
      if (!lease || Date.now() < patience) return false;
      const held = await positionsIn(database, 'ehr').hold(NAME, lease.id, watch);
      if (!held) return false;
      try {
        if (Date.now() >= troubleAt) {
          troubleAt = Date.now() + TROUBLE_EVERY_MS;
          await retryTroubled(deps);
        }
        const found = await deps.ehr.pollUses(held.position);
        const isKept = await keepFound(deps, lease.id, held, found);
        return isKept && found.hasMore && found.changes.length > 0;
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
      await positionsIn(database, 'ehr').letGo(NAME, lease.id);
      await lease.release();
    },
  };
}

async function keepFound({ database, events, log }: PollerDeps, holder: string, held: HeldPosition, found: { changes: UseChange[]; position: unknown }): Promise<boolean> {
  if (found.changes.length === 0 && held.position !== null && isSame(held.position, found.position)) return true;
  const outcomes = await database.transaction(async (tx) => {
    if (!(await positionsIn(database, 'ehr').move(tx, NAME, holder, held, found.position))) return undefined;
    const each: Outcome[] = [];
    for (const change of found.changes) each.push(await announce(tx, events, change));
    return each;
  });
  if (outcomes?.includes('troubled')) {
    log.warn('uses could not be told and are kept for another try', { count: outcomes.filter((each) => each === 'troubled').length });
  }
  return outcomes !== undefined;
}

/** Key order does not survive `jsonb`. */
function isSame(one: unknown, other: unknown): boolean {
  const sorted = (value: unknown): unknown => (typeof value === 'object' && value !== null
    ? Object.entries(value).map(([key, each]) => [key, sorted(each)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))
    : value);
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

async function retryTroubled({ database, events, ehr, log }: PollerDeps): Promise<void> {
  const due = await dueUses(database);
  if (due.length === 0) return;
  for (const { use_id: useId, version } of due) {
    const change = await ehr.readUse(useId).catch((error: unknown) => troubleOf(error, useId, version));
    await database.transaction(async (tx) => {
      if (change) await announce(tx, events, change);
      else await forgetTrouble(tx, useId);
    });
  }
  log.warn('uses that cannot be told', { count: await countTroubled(database) });
}

/** A use whose very reading fails must not stand in the way of all others; a vendor that is away is another matter. */
function troubleOf(error: unknown, useId: string, version: string): UseChange {
  const failure = asApiError(error);
  if (failure.retryable) throw error;
  return { useId, version, state: 'troubled', code: failure.code ?? failure.kind, detail: failure.message };
}
