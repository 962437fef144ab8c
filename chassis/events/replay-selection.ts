import { UUID } from '../contract/page.ts';
import { ApiError } from '../errors/failures.ts';
import { seenFrom } from '../security/facilities.ts';
import type { Queries } from '../storage/database.ts';

/** Which events an operator wants to be delivered again to one group, in the order of the log. */
export type Selection = SelectedIds | SelectedRange | SelectedDeadLetters;

export interface SelectedIds {
  ids: readonly string[];
}

export interface SelectedRange {
  /** Moments at which events were told; `from` inclusive, `to` exclusive. */
  from: Date;
  to: Date;
  types?: readonly string[];
  subject?: string;
  /** A business key as `kind:value`. */
  key?: string;
  /** So many, the first of the log. */
  limit?: number;
}

export interface SelectedDeadLetters {
  deadLetters: { types?: readonly string[]; /** Code or kind of the failure. */ failure?: string; from?: Date; to?: Date };
  limit?: number;
}

export interface SelectionLimits {
  /** A wider range has to name a limit. */
  maxDays: number;
  /** No replay has more events. */
  maxEvents: number;
}

export const SELECTION_LIMITS: SelectionLimits = { maxDays: 31, maxEvents: 100_000 };

const DAY_MS = 86_400_000;

/** Throws when the selection makes no sense, before anything is looked for. */
export function checkSelection(selection: Selection, group: { name: string; types: readonly string[] }, now: Date, { maxDays, maxEvents }: SelectionLimits): void {
  if ('ids' in selection) {
    if (selection.ids.length === 0) throw wrong('empty-selection', '/selection/ids', 'No event is named.');
    if (selection.ids.length > maxEvents) throw wrong('too-many-events', '/selection/ids', `At most ${maxEvents} events can be named.`);
    if (!selection.ids.every((id) => UUID.test(id))) throw wrong('not-an-event-id', '/selection/ids', 'Ids of events are lower-case UUIDs.');
    return;
  }
  const [range, pointer] = 'deadLetters' in selection ? [selection.deadLetters, '/selection/deadLetters'] : [selection, '/selection/range'];
  const foreign = (range.types ?? []).find((type) => !group.types.includes(type));
  if (foreign !== undefined) throw wrong('unknown-type', `${pointer}/types`, `The group ${group.name} does not take ${foreign}.`);
  if (range.types?.length === 0) throw wrong('empty-selection', `${pointer}/types`, 'No type is named.');
  const { limit } = selection;
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0 && limit <= maxEvents)) throw wrong('limit-out-of-range', `${pointer}/limit`, `The limit is a whole number from 1 to ${maxEvents}.`);
  const { from, to } = range;
  if (from && to && from >= to) throw wrong('range-is-empty', `${pointer}/to`, 'The range ends before it begins.');
  if (from && from > now) throw wrong('range-in-future', `${pointer}/from`, 'The range lies in the future.');
  if (!('deadLetters' in selection) && limit === undefined && selection.to.getTime() - selection.from.getTime() > maxDays * DAY_MS) {
    throw wrong('range-too-wide', pointer, `A range of more than ${maxDays} days has to name a limit.`);
  }
}

function wrong(code: string, pointer: string, detail: string): ApiError {
  return new ApiError('refused', detail, { code, errors: [{ pointer, detail }] });
}

/** Writes down the events of a replay, of all facilities or of some. Returns how many there are. */
export async function chooseEvents(on: Queries, replay: string, group: { name: string; types: readonly string[] }, selection: Selection, facilities: readonly string[], { maxEvents }: SelectionLimits): Promise<number> {
  const count = await choose(on, replay, group, selection, facilities, maxEvents + 1);
  if (count > maxEvents) throw wrong('too-many-events', '/selection', `More than ${maxEvents} events are selected: narrow the selection or name a limit.`);
  if (count === 0) throw wrong('empty-selection', '/selection', 'No event is selected.');
  return count;
}

const INTO = 'insert into chassis.replay_events (replay_id, event_id, xid, seq, type, subject, at)';

async function choose(on: Queries, replay: string, { name, types }: { name: string; types: readonly string[] }, selection: Selection, facilities: readonly string[], most: number): Promise<number> {
  if ('ids' in selection) {
    const rows = await on.query<{ type: string | null }>(
      `${INTO} select $1, chosen.id, e.xid, e.seq, e.type, e.subject, e.at from (select distinct id from unnest($2::uuid[]) as c (id)) as chosen left join lateral (
         select xid, seq, type, subject, at from chassis.events where id = chosen.id and ${seenFrom('$4')}
         union all select xid, seq, type, subject, at from chassis.troubled_events where consumer = $3 and event_id = chosen.id and ${seenFrom('$4')} limit 1) as e on true
       returning type`, [replay, selection.ids, name, facilities]);
    const foreign = rows.find(({ type }) => type !== null && !types.includes(type))?.type;
    if (foreign) throw wrong('unknown-type', '/selection/ids', `The group ${name} does not take ${foreign}.`);
    return rows.length;
  }
  if ('deadLetters' in selection) {
    const { deadLetters: { types: wanted, failure, from, to }, limit } = selection;
    return (await on.query(
      `${INTO} select $1, event_id, xid, seq, type, subject, at from chassis.troubled_events
       where consumer = $2 and status = 'dead' and ($3::text[] is null or type = any($3)) and ($4::text is null or $4 in (failure->>'code', failure->>'kind'))
         and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
         and ${seenFrom('$8')} order by xid, seq limit $7 returning 1`,
      [replay, name, wanted ?? null, failure ?? null, from ?? null, to ?? null, limit ?? most, facilities])).length;
  }
  const { from, to, types: wanted, subject, key, limit } = selection;
  return (await on.query(
    `${INTO} select $1, id, xid, seq, type, subject, at from chassis.events
     where at >= $2 and at < $3 and type = any($4) and ($5::text is null or subject = $5) and ($6::text is null or keys @> array[$6])
       and ${seenFrom('$8')} order by xid, seq limit $7 returning 1`,
    [replay, from, to, wanted ?? types, subject ?? null, key ?? null, limit ?? most, facilities])).length;
}
