import { reachesWithin } from '../events/replays.ts';
import type { Queries, Row } from '../storage/database.ts';

/** What became of an event with one group, where that is worth telling. */
export interface Delivery {
  group: string;
  /** Of an event in trouble: tried again, waiting behind another, given up, or dismissed. Of a replay: how far that came. */
  status: string;
  attempts?: number;
  failure?: { kind: string; code?: string; detail: string };
  replayId?: string;
  /** Who dismissed it and why. */
  by?: string;
  reason?: string;
}

interface DeliveryRow extends Row {
  event_id: string;
  consumer: string;
  status: string;
  attempts: number | null;
  failure: Delivery['failure'] | null;
  replay_id: string | null;
  by: string | null;
  reason: string | null;
}

/** Groups that have trouble with these events, who let go of them, and replays in which they were told again: those that reach no further than `facilities`. */
export async function deliveriesOf(on: Queries, eventIds: readonly string[], facilities: readonly string[]): Promise<Map<string, Delivery[]>> {
  if (eventIds.length === 0) return new Map();
  const rows = await on.query<DeliveryRow>(
    // Group by group, for which the tables of troubled and dismissed events have their keys.
    `select t.event_id, g.name as consumer, t.status, t.attempts, t.failure, null::uuid as replay_id, t.by, t.reason
     from chassis.consumer_groups g cross join lateral (
       select event_id, status, attempts, failure, null as by, null as reason from chassis.troubled_events where consumer = g.name and event_id = any($1::uuid[])
       union all
       (select event_id, 'dismissed', null, failure, dismissed_by, reason from chassis.dismissed_events where consumer = g.name and event_id = any($1::uuid[]) order by dismissed_at)) as t
     union all
     select e.event_id, r.consumer, e.status, null, e.failure, r.id, null, null
     from chassis.replay_events e join chassis.replays r on r.id = e.replay_id where e.event_id = any($1::uuid[]) and ${reachesWithin('$2')}`, [eventIds, facilities]);
  const found = new Map<string, Delivery[]>();
  for (const { event_id: eventId, consumer, status, attempts, failure, replay_id: replayId, by, reason } of rows) {
    const delivery: Delivery = {
      group: consumer, status, ...(attempts === null ? {} : { attempts }), ...(failure === null ? {} : { failure }), ...(replayId === null ? {} : { replayId }),
      ...(by === null ? {} : { by }), ...(reason === null ? {} : { reason }),
    };
    found.set(eventId, [...(found.get(eventId) ?? []), delivery]);
  }
  return found;
}
