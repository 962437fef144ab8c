import { Type, type Static } from '@sinclair/typebox';
import { schemaCompiler } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { ChangeFound, ChangesFound, WorkerChanged } from '../../port.ts';
import { LARGEST_PAGE, type WorkdayClient } from './client.ts';
import { there } from './organisation.ts';
import { EntryShape, type Entry } from './shapes.ts';
import type { WorkdaySettings } from './settings.ts';
import { categoryOf, facilityOf } from './worker.ts';

/** How far the feed was read: to a moment, and what was seen shortly before it, by id with its moment. */
const Position = Type.Object({ until: Type.String({ format: 'date-time' }), seen: Type.Record(Type.String(), Type.String()) });
type Position = Static<typeof Position>;
const checkPosition = schemaCompiler({})(Position);

const KINDS: Record<string, WorkerChanged['kind']> = {
  'Hire': 'hire', 'Job Change': 'transfer', 'Leave of Absence': 'leave', 'Return from Leave': 'return', 'Termination': 'termination',
  'Rescind Hire': 'hire-cancellation', 'Rescind Termination': 'termination-reversal',
};
const FACILITY = /^[A-Z][A-Z0-9-]{1,15}$/;

/**
 * Follows the feed by the moment of entry. An entry is shown some time after its moment, and so after others of a later one:
 * the reading begins a little before where the last one got to, and takes what it has not seen. When much was entered, that
 * would be the same pages again and again; then it looks back only from time to time.
 */
export function createChangesPoll(client: WorkdayClient, settings: WorkdaySettings, clock: Clock): (position: unknown) => Promise<ChangesFound> {
  const { lookBackMs, startAt } = settings.changes;
  let lookedBackAt = -Infinity;

  return async (given) => {
    const now = clock.now().getTime();
    const mark = given === undefined || given === null ? { until: startAt ?? clock.now().toISOString(), seen: {} } : readPosition(given);
    const looksBack = Object.keys(mark.seen).length < LARGEST_PAGE / 2 || now - lookedBackAt >= lookBackMs / 2;
    const from = looksBack ? new Date(Date.parse(mark.until) - lookBackMs).toISOString() : mark.until;

    let offset = 0;
    let total = Infinity;
    let until = mark.until;
    let fresh: Entry[] = [];
    while (fresh.length === 0 && offset < total) {
      const page = there(await client.page(EntryShape, 'staffing/events', { from, limit: LARGEST_PAGE, offset }, offset === 0 ? 'first' : 'later'));
      fresh = page.data.filter((each) => !Object.hasOwn(mark.seen, each.id));
      until = latest(until, page.data, now);
      offset += page.data.length;
      total = page.data.length === 0 ? 0 : page.total;
    }
    const hasMore = offset < total;
    if (looksBack && (!hasMore || Date.parse(until) > Date.parse(mark.until))) lookedBackAt = now;
    return { changes: fresh.map((each) => changeOf(each, settings)), position: { until, seen: seenSince(until, mark, fresh) } satisfies Position, hasMore };
  };

  /** Remembers what the next look back will find again, and no more. */
  function seenSince(until: string, mark: Position, fresh: readonly Entry[]): Record<string, string> {
    const since = Date.parse(until) - lookBackMs;
    const all = [...Object.entries(mark.seen), ...fresh.map((each) => [each.id, each.enteredMoment] as const)];
    return Object.fromEntries(all.filter(([, moment]) => Date.parse(moment) >= since));
  }
}

/** Never beyond the present: a moment in the future would hide what is entered until then. */
function latest(until: string, entries: readonly Entry[], now: number): string {
  const moments = entries.map((each) => each.enteredMoment).filter((each) => Date.parse(each) <= now);
  return moments.reduce((so, each) => (Date.parse(each) > Date.parse(so) ? each : so), until);
}

function changeOf({ id: changeId, enteredMoment, transactionType, worker, effectiveDate, reason, removeAccessImmediately, location }: Entry, settings: WorkdaySettings): ChangeFound {
  if (worker.universalId === undefined) return { state: 'troubled', changeId, code: 'missing-person-id', detail: 'the worker has no Universal ID' };
  // Whatever else the vendor tells of is worth reading the worker anew.
  const kind = KINDS[transactionType] ?? 'correction';
  const endsNow = kind === 'termination' && (removeAccessImmediately === true || ['for-cause', 'death'].includes(categoryOf(reason?.id, settings)));
  const facility = location && facilityOf(location.id, settings);
  return {
    state: 'understood',
    change: {
      changeId, workerId: worker.id, personId: worker.universalId, kind, recordedAt: new Date(enteredMoment).toISOString(),
      ...(effectiveDate === undefined ? {} : { effectiveOn: effectiveDate }),
      ...(endsNow ? { endsNow } : {}),
      ...(facility !== undefined && FACILITY.test(facility) ? { facility } : {}),
    },
  };
}

function readPosition(given: unknown): Position {
  if (checkPosition(given).length > 0) throw new ApiError('internal', 'The position that was kept is not one of this adapter.', { code: 'position-unknown' });
  return given as Position;
}
