import { randomUUID } from 'node:crypto';
import { CloudEvent } from 'cloudevents';
import { currentContext, contextFrom } from '../telemetry/context.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Row, Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { ApiError } from '../errors/failures.ts';
import type { EventSchemas } from './event-schemas.ts';

/** An event to be told. `subject` is the business key that orders it. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  type: Type;
  subject: string;
  data: Data;
  facility?: string | undefined;
  /** Given when the event has an identity of its own, so that telling it twice tells it once. */
  id?: string;
}

/** An event as a consumer sees it. */
export interface RecordedEvent extends Row {
  id: string;
  seq: number;
  xid: string;
  type: string;
  source: string;
  subject: string;
  facility: string | null;
  data: unknown;
  correlation_id: string;
  traceparent: string;
  /** Business keys as `kind:value`. */
  keys: string[];
  at: Date;
  /** Set when an operator asked for the event to be delivered again. */
  redelivery?: Redelivery | null;
}

export interface Redelivery {
  replay: string;
  by: string;
  reason: string;
}

/** Columns of a `RecordedEvent` beside its id, in the log and where troubled ones are kept. */
export const RECORDED = 'xid::text, seq, type, source, subject, facility, data, correlation_id, traceparent, keys, at';

/** `Events` maps each type to its data, as generated from the event contracts. */
export interface EventLog<Events = Record<string, unknown>> {
  /** Writes into the caller's transaction: the change and its event commit together or not at all. */
  publish<Type extends keyof Events & string>(tx: Transaction, event: NewEvent<Type, Events[Type]>): Promise<void>;
}

/** Who is interested in a type is called when there is one. */
export function channelOfType(type: string): string {
  return `events:${type}`;
}

export interface EventLogDeps {
  source: string;
  schemas: EventSchemas;
  signals: Signals;
  metrics: Metrics;
}

const COLUMNS = 'id, type, source, subject, facility, data, correlation_id, traceparent, keys';
const TELL = `insert into chassis.events (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
const TELL_ONCE = `with told as (insert into chassis.told_events (id) values ($1) on conflict do nothing returning id)
  insert into chassis.events (${COLUMNS}) select id, $2, $3, $4, $5, $6::jsonb, $7, $8, $9::text[] from told returning id`;

export function createEventLog<Events>({ source, schemas, signals, metrics }: EventLogDeps): EventLog<Events> {
  return {
    async publish(tx, event) {
      const faults = schemas.faults(event.type, event.data);
      if (faults.length > 0) {
        throw new ApiError('internal', `The event ${event.type} does not fit its schema.`, { code: 'event-breaks-schema', errors: faults });
      }
      const context = currentContext() ?? contextFrom(undefined, undefined);
      const told = await tx.query(event.id === undefined ? TELL : TELL_ONCE,
        [event.id ?? randomUUID(), event.type, source, event.subject, event.facility ?? null, JSON.stringify(event.data), context.correlationId, context.traceparent, schemas.keys(event.type, event.data)]);
      if (event.id !== undefined && told.length === 0) return;
      tx.note?.({ kind: 'event', name: event.type, subject: event.subject });
      tx.afterCommit(() => {
        metrics.published.inc({ type: event.type });
        signals.raise(channelOfType(event.type));
      });
    },
  };
}

/** The event as a CloudEvent, for whoever is outside the log. @source CloudEvents 1.0.2 */
export function toCloudEvent(event: RecordedEvent): CloudEvent<unknown> {
  return new CloudEvent({
    id: event.id,
    type: event.type,
    source: `/${event.source}`,
    subject: event.subject,
    time: event.at.toISOString(),
    datacontenttype: 'application/json',
    data: event.data,
    correlationid: event.correlation_id,
    traceparent: event.traceparent,
  });
}
