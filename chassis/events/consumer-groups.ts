import type { Database, Queries } from '../storage/database.ts';
import type { Subscription } from './subscription.ts';

export async function registerGroup(database: Database, { group, from = 'start' }: Subscription): Promise<void> {
  const position = from === 'start' ? `'0'::xid8, 0` : `pg_snapshot_xmin(pg_current_snapshot()), 0`;
  await database.query(`insert into chassis.consumer_groups (name, xid, seq) select $1, ${position} on conflict do nothing`, [group]);
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
