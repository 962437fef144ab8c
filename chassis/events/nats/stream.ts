import { createHash } from 'node:crypto';
import { AckPolicy, DeliverPolicy, DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType, type ConsumerConfig, type JetStreamManager, type StreamConfig, type StreamInfo } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Queries } from '../../storage/database.ts';
import type { BrokerSettings } from './settings.ts';

/**
 * The stream of one log. Its name is made of the identity of the database, so that no two platforms on one broker, nor a
 * platform and a copy of its database, ever hear each other's events.
 */
export interface StreamName {
  stream: string;
  /** What the subjects of its messages begin with; the type of the event follows. */
  prefix: string;
}

/** @source PostgreSQL documentation, "Control Data Functions": the identifier is made by initdb and copied with the files only */
export async function streamOf(database: Queries): Promise<StreamName> {
  const [row] = await database.query<{ identity: string }>(
    `select (select system_identifier from pg_control_system())::text || '/' || oid::text as identity from pg_database where datname = current_database()`);
  const digest = createHash('sha256').update(row!.identity).digest('hex').slice(0, 12);
  return { stream: `callosum-${digest}`, prefix: `callosum.${digest}` };
}

/**
 * SQL for the line of history that the database is on. It changes when a standby takes over or the log is restored to an
 * earlier moment: what was told before may then never have happened.
 */
export const TIMELINE = `substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`;

export function streamConfig({ stream, prefix }: StreamName, timeline: string, { maxBytes, maxAgeHours, duplicateWindowSeconds, replicas }: BrokerSettings): Partial<StreamConfig> & { name: string } {
  return {
    name: stream, description: `timeline ${timeline}`, subjects: [`${prefix}.>`],
    // Bounded by dropping the oldest, whether or not a group has read it: the log has it, and a group that misses it reads it there.
    retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old, max_bytes: maxBytes, max_age: nanos(maxAgeHours * 3_600_000),
    storage: StorageType.File, num_replicas: replicas, duplicate_window: nanos(duplicateWindowSeconds * 1_000),
  };
}

export function streamInfo(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  return jsm.streams.info(name).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.status === 404) return undefined;
    throw error;
  });
}

/** Messages that the process holds without having acknowledged them; the server sends no more meanwhile. */
export const MOST_HELD = 500;
const ACK_WITHIN_MS = 30_000;
/** The broker forgets the consumer of a group that nobody hosts any more. */
const FORGET_AFTER_MS = 7 * 86_400_000;

/**
 * One consumer for all types of a group: 2.9 filters by one subject only, several consumers would lose the order between the
 * types of one business key, and without a filter a message that is missing shows.
 */
export function consumerConfig(group: string): Partial<ConsumerConfig> {
  return {
    durable_name: durableOf(group), ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ACK_WITHIN_MS), max_ack_pending: MOST_HELD, max_deliver: -1, inactive_threshold: nanos(FORGET_AFTER_MS),
  };
}

/** Dots, spaces and wildcards may not be in the name of a consumer. */
export function durableOf(group: string): string {
  return group.replaceAll(/[^A-Za-z0-9-]/g, (sign) => `_${sign.codePointAt(0)!.toString(16)}_`);
}
