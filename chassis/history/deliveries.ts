import type { Queries, Row } from '../storage/database.ts';

/** What became of an event with one group, where that is worth telling. */
export interface Delivery {
  group: string;
  /** Of an event in trouble: tried again, waiting behind another, or given up. Of a replay: how far that came. */
  status: string;
  attempts?: number;
  failure?: { kind: string; code?: string; detail: string };
  replayId?: string;
}

interface DeliveryRow extends Row {
  event_id: string;
  consumer: string;
  status: string;
  attempts: number | null;
  failure: Delivery['failure'] | null;
  replay_id: string | null;
}

/** Groups that have trouble with these events, and replays in which they were told again. */
export async function deliveriesOf(on: Queries, eventIds: readonly string[]): Promise<Map<string, Delivery[]>> {
  if (eventIds.length === 0) return new Map();
  const rows = await on.query<DeliveryRow>(
    // Group by group, for which the table of troubled events has its key.
    `select t.event_id, g.name as consumer, t.status, t.attempts, t.failure, null::uuid as replay_id
     from chassis.consumer_groups g cross join lateral (select event_id, status, attempts, failure from chassis.troubled_events where consumer = g.name and event_id = any($1::uuid[])) as t
     union all
     select e.event_id, r.consumer, e.status, null, e.failure, r.id from chassis.replay_events e join chassis.replays r on r.id = e.replay_id where e.event_id = any($1::uuid[])`, [eventIds]);
  const found = new Map<string, Delivery[]>();
  for (const { event_id: eventId, consumer, status, attempts, failure, replay_id: replayId } of rows) {
    const delivery: Delivery = { group: consumer, status, ...(attempts === null ? {} : { attempts }), ...(failure === null ? {} : { failure }), ...(replayId === null ? {} : { replayId }) };
    found.set(eventId, [...(found.get(eventId) ?? []), delivery]);
  }
  return found;
}
