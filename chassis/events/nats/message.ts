import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { toCloudEvent, type RecordedEvent } from '../event-log.ts';
import type { Place } from '../read-log.ts';

/** An event as the stream carries it. */
export interface StreamedEvent {
  event: RecordedEvent;
  /** Where the log's event before this one stands: whoever has not come that far misses something. */
  after: Place;
  timeline: string;
}

const AFTER = 'Callosum-After';
const PLACE = 'Callosum-Place';
const TIMELINE = 'Callosum-Timeline';

/** @source NATS Protocol Binding for CloudEvents 1.0.2, section 3.2 (structured content mode) */
export function toMessage({ event, after, timeline }: StreamedEvent): { payload: string; headers: MsgHdrs } {
  const own = headers();
  own.set('Content-Type', 'application/cloudevents+json; charset=UTF-8');
  own.set(PLACE, printed(event));
  own.set(AFTER, printed(after));
  own.set(TIMELINE, timeline);
  const extensions = { ...(event.facility === null ? {} : { facility: event.facility }), ...(event.keys.length === 0 ? {} : { keys: JSON.stringify(event.keys) }) };
  return { payload: JSON.stringify({ ...toCloudEvent(event).toJSON(), ...extensions }), headers: own };
}

/** Undefined for a message that is none of ours. */
export function fromMessage(message: { headers?: MsgHdrs | undefined; json<T>(): T }): StreamedEvent | undefined {
  const [place, after, timeline] = [parsed(message.headers?.get(PLACE)), afterOf(message.headers), message.headers?.get(TIMELINE)];
  if (!place || !after || !timeline) return undefined;
  const told = message.json<{ id: string; type: string; source: string; subject: string; facility?: string; keys?: string; data: unknown; correlationid: string; traceparent: string; time: string }>();
  return {
    after, timeline,
    event: {
      ...place, id: told.id, type: told.type, source: told.source.slice(1), subject: told.subject, facility: told.facility ?? null, data: told.data,
      correlation_id: told.correlationid, traceparent: told.traceparent, keys: told.keys === undefined ? [] : JSON.parse(told.keys) as string[], at: new Date(told.time),
    },
  };
}

/** Where the log's event before that of the message stands. */
export function afterOf(own: MsgHdrs | undefined): Place | undefined {
  return parsed(own?.get(AFTER));
}

/** Below zero when `one` stands before `other` in the log. */
export function comparePlaces(one: Place, other: Place): number {
  return Number(one.xid) - Number(other.xid) || one.seq - other.seq;
}

function printed({ xid, seq }: Place): string {
  return `${xid}/${seq}`;
}

function parsed(text: string | undefined): Place | undefined {
  const [, xid, seq] = /^(\d{1,20})\/(\d{1,16})$/.exec(text ?? '') ?? [];
  return xid === undefined ? undefined : { xid, seq: Number(seq) };
}
