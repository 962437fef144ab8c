import type { Queries, Row } from '../storage/database.ts';
import { RECORDED, type RecordedEvent } from './event-log.ts';

/** A place in the log: that of an event, or of a reader that has come so far. */
export interface Place {
  xid: string;
  seq: number;
}

export interface Reading {
  /** Undefined when the reader's place is not to be had just now. */
  from: Place | undefined;
  /** What follows the place, in the order of the log. */
  events: RecordedEvent[];
  /** Those of them that the reader takes. */
  wanted: RecordedEvent[];
  /** There is more, but not to be read yet. */
  hidden: boolean;
}

type FoundRow = RecordedEvent & { id: string | null; settled: boolean; place_xid: string; place_seq: number; is_past: boolean; is_wanted: boolean };

/** How often it is looked up which partitions a reader has behind it. */
const LOOK_MS = 60_000;

const IS_WANTED = '(place_types is null or type = any(place_types))';
/** Of events that the reader does not want the data are neither sent nor parsed. */
const WANTED = RECORDED.replace(' data,', ` case when ${IS_WANTED} then data end as data,`);

/**
 * Reads the log behind a place, which the SQL `place` gives by the name of the reader ($1) as `place_xid` and `place_seq`,
 * with the types that it takes as `place_types`, null for all. Partitions that the reader has behind it are not touched.
 * Events of other types come as well, without their data.
 */
export function logReader(place: string): (on: Queries, name: string, size: number) => Promise<Reading> {
  let behind: { before: Date | null } & Place = { before: null, xid: '0', seq: 0 };
  let lookAt = 0;

  return async function read(on, name, size): Promise<Reading> {
    const found = await on.query<FoundRow>(
      // Settled are rows whose transaction is older than every running one: before others a lower number may still be about
      // to commit. The order names the table's column: the name alone would mean the text in the answer, where 10000 comes
      // before 9999. The bound stands in the text because only then the planner leaves partitions out, with their locks.
      `with place as (${place})
       select id, ${WANTED}, e.xid < pg_snapshot_xmin(pg_current_snapshot()) as settled, place_xid::text, place_seq, (place_xid, place_seq) >= ($3::xid8, $4::bigint) as is_past, ${IS_WANTED} as is_wanted
       from place left join lateral (
         select * from chassis.events e where (e.xid, e.seq) > (place_xid, place_seq) ${behind.before ? `and e.at >= '${behind.before.toISOString()}'` : ''} order by e.xid, e.seq limit $2) as e on true
       order by e.xid, e.seq`, [name, size, behind.xid, behind.seq]);
    const [first] = found;
    if (!first) return { from: undefined, events: [], wanted: [], hidden: false };
    const from = { xid: first.place_xid, seq: first.place_seq };
    if (!first.is_past) {
      // The place was set back.
      behind = { before: null, xid: '0', seq: 0 };
      lookAt = 0;
      return read(on, name, size);
    }
    if (performance.now() >= lookAt) {
      behind = { before: await endOfPast(on, from), ...from };
      lookAt = performance.now() + LOOK_MS;
    }
    const told = found.filter((row) => row.id !== null);
    const events = told.filter((row) => row.settled);
    return { from, events, wanted: events.filter((row) => row.is_wanted), hidden: told.length > events.length };
  };
}

async function endOfPast(on: Queries, { xid, seq }: Place): Promise<Date | null> {
  const [row] = await on.query<Row & { before: Date | null }>(
    `select max(to_at) as before from chassis.event_partitions p
     where not exists (select 1 from chassis.event_partitions q where q.to_at <= p.to_at and (q.last_xid is null or (q.last_xid, q.last_seq) > ($1::xid8, $2::bigint)))`, [xid, seq]);
  return row?.before ?? null;
}
