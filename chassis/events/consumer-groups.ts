import type { Database, Queries, Row } from '../storage/database.ts';
import type { Subscription } from './subscription.ts';

/** A type that no process of a group has taken for so long, while others did run, is one that a newer version gave up. */
const FORGET_TYPES_AFTER = `interval '1 hour'`;

/**
 * While processes of two versions host a group it takes the types of both: the group has one place, and what one of them
 * passed over would be lost to the other. From a start on all its types count as taken, however long nobody ran.
 */
export async function registerGroup(database: Database, { group, types, from = 'start' }: Subscription): Promise<void> {
  const position = from === 'start' ? `'0'::xid8, 0` : `pg_snapshot_xmin(pg_current_snapshot()), 0`;
  await database.query(
    `with known as (
       insert into chassis.consumer_groups as g (name, types, xid, seq) select $1, $2, ${position}
       on conflict (name) do update set types = array(select unnest(g.types) union select unnest(excluded.types) order by 1), seen_at = now() returning name, types)
     insert into chassis.hosted_types (consumer, type) select name, unnest(types) from known on conflict (consumer, type) do update set seen_at = now()`, [group, [...types]]);
}

/** While it is said now and then that a process hosts the group, events that it has not read are kept for it. */
export async function noteHosted(database: Database, { group, types }: Subscription): Promise<void> {
  await database.query('insert into chassis.hosted_types (consumer, type) select $1, unnest($2::text[]) on conflict (consumer, type) do update set seen_at = now()', [group, [...types]]);
  await database.query(
    // Counted from when the group was last seen: nobody could say anything while the database was away.
    `with gone as (
       delete from chassis.hosted_types h using chassis.consumer_groups g where g.name = $1 and h.consumer = $1 and h.seen_at < g.seen_at - ${FORGET_TYPES_AFTER} returning type)
     update chassis.consumer_groups set seen_at = now(), types = array(select unnest(types) except select type from gone union select unnest($2::text[]) order by 1) where name = $1`, [group, [...types]]);
  // What still waits for a process that takes it would do so for ever.
  await database.query(
    `update chassis.troubled_events set status = 'dead', failure = $2
     where consumer = $1 and status in ('retrying', 'parked') and type <> all((select types from chassis.consumer_groups where name = $1)::text[])`,
    [group, JSON.stringify({ kind: 'unavailable', code: 'type-not-taken', detail: 'No process takes events of this type any more.' })]);
}

/** How much of the log behind its place is looked at to say how far behind a group is: enough for an alarm. */
const LOOKED_AT = 100_000;
/** Events of the group `g` among them. */
const UNREAD = `(select count(*) from (
    select type from chassis.events e where (e.xid, e.seq) > (g.xid, g.seq) order by e.xid, e.seq limit ${LOOKED_AT}) as behind where type = any(g.types))`;

/** Events that the group has not handled yet, as far as is of interest to an alarm. */
export async function lagOf({ group }: Pick<Subscription, 'group'>, on: Queries): Promise<number> {
  const [lag] = await on.query<{ lag: number }>(
    `select coalesce((select ${UNREAD} from chassis.consumer_groups g where g.name = $1), 0)
      + (select count(*) from chassis.troubled_events where consumer = $1 and status in ('retrying', 'parked')) as lag`, [group]);
  return lag?.lag ?? 0;
}

/** A consumer group as operators see it. */
export interface ConsumerGroup {
  name: string;
  types: string[];
  /** Events that it has not read yet, among the next 100,000 of the log. */
  unread: number;
  /** Events in trouble: to be tried again, waiting behind such, given up. */
  retrying: number;
  parked: number;
  dead: number;
  /** When it last moved on, and when a process last said that it hosts the group. */
  movedAt: string;
  seenAt: string;
}

interface GroupRow extends Row, Pick<ConsumerGroup, 'name' | 'types' | 'unread' | 'retrying' | 'parked' | 'dead'> {
  moved_at: Date;
  seen_at: Date;
}

export async function consumerGroups(on: Queries): Promise<ConsumerGroup[]> {
  const rows = await on.query<GroupRow>(
    `select g.name, g.types, g.at as moved_at, g.seen_at,
       ${UNREAD} as unread,
       count(*) filter (where t.status = 'retrying') as retrying, count(*) filter (where t.status = 'parked') as parked, count(*) filter (where t.status = 'dead') as dead
     from chassis.consumer_groups g left join chassis.troubled_events t on t.consumer = g.name group by g.name order by g.name`);
  return rows.map(({ moved_at, seen_at, ...row }) => ({ ...row, movedAt: moved_at.toISOString(), seenAt: seen_at.toISOString() }));
}
