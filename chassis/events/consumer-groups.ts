import type { Database, Queries, Row } from '../storage/database.ts';
import type { Subscription } from './subscription.ts';

export async function registerGroup(database: Database, { group, types, from = 'start' }: Subscription): Promise<void> {
  const position = from === 'start' ? `'0'::xid8, 0` : `pg_snapshot_xmin(pg_current_snapshot()), 0`;
  await database.query(`insert into chassis.consumer_groups (name, types, xid, seq) select $1, $2, ${position} on conflict (name) do update set types = excluded.types, seen_at = now()`, [group, [...types]]);
}

/** While it is said now and then that a process hosts the group, events that it has not read are kept for it. */
export async function noteHosted(on: Queries, group: string): Promise<void> {
  await on.query('update chassis.consumer_groups set seen_at = now() where name = $1', [group]);
}

/** Events that the group has not handled yet, counted no further than is of interest to an alarm. */
export async function lagOf({ group, types }: Pick<Subscription, 'group' | 'types'>, on: Queries): Promise<number> {
  const [lag] = await on.query<{ lag: number }>(
    `select (select count(*) from (
        select 1 from chassis.events e, chassis.consumer_groups g where g.name = $1 and (e.xid, e.seq) > (g.xid, g.seq) and e.type = any($2) limit 100000) as behind)
      + (select count(*) from chassis.troubled_events where consumer = $1 and status in ('retrying', 'parked')) as lag`, [group, [...types]]);
  return lag?.lag ?? 0;
}

/** A consumer group as operators see it. */
export interface ConsumerGroup {
  name: string;
  types: string[];
  /** Events that it has not read yet, counted up to 100,000. */
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
       (select count(*) from (select 1 from chassis.events e where (e.xid, e.seq) > (g.xid, g.seq) and e.type = any(g.types) limit 100000) as behind) as unread,
       count(*) filter (where t.status = 'retrying') as retrying, count(*) filter (where t.status = 'parked') as parked, count(*) filter (where t.status = 'dead') as dead
     from chassis.consumer_groups g left join chassis.troubled_events t on t.consumer = g.name group by g.name order by g.name`);
  return rows.map(({ moved_at, seen_at, ...row }) => ({ ...row, movedAt: moved_at.toISOString(), seenAt: seen_at.toISOString() }));
}
