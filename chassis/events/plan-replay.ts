import type { Database, Effect, Queries } from '../storage/database.ts';
import { RECORDED, type RecordedEvent, type Redelivery } from './event-log.ts';
import { handleInTime } from './handle-in-time.ts';
import type { ConsumerDeps, Subscription } from './subscription.ts';
import { failureOf } from './troubled-events.ts';

/** So many handlers are tried in the plan: enough to see what a replay does. */
const TRIED = 300;
/** No part of planning, such as one handler, takes longer. */
const PLAN_WITHIN_MS = 60_000;

/** A replay as the process sees it that carries it out. */
export interface HeldReplay {
  id: string;
  held_by: string;
  again: boolean;
  asked_by: string;
  reason: string;
}

const IS_HANDLED = 'exists (select 1 from chassis.inbox i where i.consumer = $2 and i.event_id = r.event_id and i.at = r.at)';

/** Says of every event what would happen to it, and of the first ones what their handlers would do. Nothing is changed but the plan. */
export async function planReplay(subscription: Subscription, replay: HeldReplay, deps: ConsumerDeps): Promise<void> {
  const { database } = deps;
  if (!await isStillOurs(database, replay)) return;
  await database.query(
    `update chassis.replay_events r set plan = case
       when r.type is null or not exists (select 1 from chassis.events e where e.id = r.event_id and e.at = r.at) and t.status is null then 'gone'
       when t.status in ('retrying', 'parked') or t.status is null and not $3 and ${IS_HANDLED} then 'pass-over'
       when t.status is null and (r.xid, r.seq) > (g.xid, g.seq) and not ${IS_HANDLED} then 'pass-over'
       when exists (select 1 from chassis.troubled_events b where b.consumer = $2 and b.subject = r.subject and b.status in ('retrying', 'parked')) then 'wait'
       when t.status is null and $3 and ${IS_HANDLED} then 'handle-again'
       else 'handle' end
     from chassis.consumer_groups g, chassis.replay_events s left join chassis.troubled_events t on t.consumer = $2 and t.event_id = s.event_id
     where g.name = $2 and r.replay_id = $1 and s.replay_id = $1 and s.event_id = r.event_id`, [replay.id, subscription.group, replay.again]);
  const chosen = await database.query<{ event_id: string }>(
    `select event_id from chassis.replay_events where replay_id = $1 and plan in ('handle', 'handle-again', 'wait') order by xid, seq limit $2`, [replay.id, TRIED]);
  for (const event of await loadEvents(database, subscription.group, replay, chosen.map((row) => row.event_id))) {
    if (!await isStillOurs(database, replay)) return;
    const { effects, failure } = await wouldDo(database, subscription, event, deps);
    await database.query('update chassis.replay_events set effects = $3, failure = $4 where replay_id = $1 and event_id = $2',
      [replay.id, event.id, JSON.stringify(effects), failure === undefined ? null : JSON.stringify(failureOf(failure))]);
  }
  await database.query(`update chassis.replays set status = 'planned' where id = $1 and status = 'asked' and held_by = $2`, [replay.id, replay.held_by]);
}

/** Holds a replay that is being planned for longer. False when it was ended, or when this process took so long that another took it over. */
async function isStillOurs(on: Queries, { id, held_by: holder }: HeldReplay): Promise<boolean> {
  const held = await on.query(
    `update chassis.replays set held_until = now() + $3 * interval '1 millisecond' where id = $1 and held_by = $2 and status = 'asked' returning 1`, [id, holder, PLAN_WITHIN_MS]);
  return held.length > 0;
}

/** Those of the events that are still there, in the log or as troubled ones, in the order of the log. What whoever asked may not see was not found then, and is not there now. */
export async function loadEvents(on: Queries, group: string, replay: HeldReplay, ids: readonly string[]): Promise<RecordedEvent[]> {
  const redelivery: Redelivery = { replay: replay.id, by: replay.asked_by, reason: replay.reason };
  const events = await on.query<RecordedEvent>(
    `with chosen as (select event_id, at from chassis.replay_events where replay_id = $1 and event_id = any($2) and at is not null)
     select distinct on (seq) found.* from (
       select id, ${RECORDED} from chassis.events join (select event_id from chosen) as c on c.event_id = id
         where at between (select min(at) from chosen) and (select max(at) from chosen)
       union all select event_id as id, ${RECORDED} from chassis.troubled_events where consumer = $3 and event_id in (select event_id from chosen)) as found
     order by seq`, [replay.id, ids, group]);
  return events.toSorted((one, other) => Number(one.xid) - Number(other.xid) || one.seq - other.seq).map((event) => ({ ...event, redelivery }));
}

class Enough extends Error {}

/** Runs the handler in a transaction that is rolled back. It sees what is there now, not what events before it in the replay would change. */
async function wouldDo(database: Database, subscription: Subscription, event: RecordedEvent, deps: ConsumerDeps): Promise<{ effects: Effect[]; failure?: unknown }> {
  const effects: Effect[] = [];
  try {
    await database.transaction(async (tx) => {
      await handleInTime({ ...tx, note: (effect) => { effects.push(effect); } }, subscription, event, deps);
      throw new Enough();
    });
  } catch (failure) {
    if (!(failure instanceof Enough)) return { effects, failure };
  }
  return { effects };
}
