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

const Moment = Type.String({ format: 'date-time' });
/** How far the feed was read. */
const Position = Type.Object({
  until: Moment,
  /** How far it had been read when it was last looked back over. */
  checked: Moment,
  /** What the next look back will find again, by id with its moment. */
  seen: Type.Record(Type.String(), Moment),
});
type Position = Static<typeof Position>;
const checkPosition = schemaCompiler({})(Position);

const KINDS: Record<string, WorkerChanged['kind']> = {
  'Hire': 'hire', 'Job Change': 'transfer', 'Leave of Absence': 'leave', 'Return from Leave': 'return', 'Termination': 'termination',
  'Rescind Hire': 'hire-cancellation', 'Rescind Termination': 'termination-reversal',
};
const FACILITY = /^[A-Z][A-Z0-9-]{1,15}$/;

/** A long look back is followed by a pause so many times as long. */
const PAUSE_AFTER_LOOKING_BACK = 4;

/**
 * Follows the feed by the moment of entry. An entry is shown some time after its moment, and so after others of a later one:
 * once all is read that lies ahead, the reading begins a little before where it last did so, and takes what it has not seen.
 * When much was entered, that would be the same pages again and again; then it looks back only from time to time.
 */
export function createChangesPoll(client: WorkdayClient, settings: WorkdaySettings, clock: Clock): (position: unknown) => Promise<ChangesFound> {
  const { lookBackMs, startAt } = settings.changes;
  const now = () => clock.now().getTime();
  let isBehind = true;
  let lookBackAt = -Infinity;

  return async (given) => {
    const mark = given === undefined || given === null ? startingAt(Date.parse(startAt ?? clock.now().toISOString())) : readPosition(given);
    const begunAt = now();
    const looksBack = !isBehind && (Object.keys(mark.seen).length < LARGEST_PAGE || begunAt >= lookBackAt);
    const { fresh, until, hasMore } = await read(mark, looksBack);
    isBehind = hasMore;
    if (looksBack) lookBackAt = now() + Math.max(lookBackMs / 2, PAUSE_AFTER_LOOKING_BACK * (now() - begunAt));
    const checked = looksBack && Date.parse(until) > Date.parse(mark.checked) ? until : mark.checked;
    return { changes: fresh.map((each) => changeOf(each, settings)), position: { until, checked, seen: seenSince(checked, mark, fresh) } satisfies Position, hasMore };
  };

  /** What was not seen: of all pages when it looks back, else of the first that has any. */
  async function read(mark: Position, looksBack: boolean): Promise<{ fresh: Entry[]; until: string; hasMore: boolean }> {
    const from = looksBack ? new Date(Date.parse(mark.checked) - lookBackMs).toISOString() : mark.until;
    const fresh: Entry[] = [];
    let until = mark.until;
    let offset = 0;
    let total = Infinity;
    while (offset < total && (looksBack || fresh.length === 0)) {
      const page = there(await client.page(EntryShape, 'staffing/events', { from, limit: LARGEST_PAGE, offset }, offset === 0 ? 'first' : 'later'));
      fresh.push(...page.data.filter((each) => !Object.hasOwn(mark.seen, each.id) && !fresh.some(({ id }) => id === each.id)));
      until = latest(until, page.data, now());
      offset += page.data.length;
      total = page.data.length === 0 ? 0 : page.total;
    }
    return { fresh, until, hasMore: offset < total };
  }

  /** No look back goes before the beginning. */
  function startingAt(moment: number): Position {
    return { until: new Date(moment).toISOString(), checked: new Date(moment + lookBackMs).toISOString(), seen: {} };
  }

  function seenSince(checked: string, mark: Position, fresh: readonly Entry[]): Record<string, string> {
    const since = Date.parse(checked) - lookBackMs;
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
