import type { Database, Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { RecordedEvent } from './event-log.ts';

/** Handles one event; its effects commit together with the note that the group has handled it. */
export type EventHandler = (tx: Transaction, event: RecordedEvent) => Promise<void>;

export interface Subscription {
  /** Name of the consumer group; members of a group share the events. */
  group: string;
  types: readonly string[];
  handle: EventHandler;
  /** Where a new group begins. */
  from?: 'start' | 'now';
  /** Attempts before an event becomes a dead letter. */
  maxAttempts?: number;
  /** Milliseconds that the handler may take for one event; then its work is rolled back and the event set aside. */
  handleWithinMs?: number;
}

/** Long enough for some statements on a busy database; a handler that has more to do asks for a move. */
export const HANDLE_WITHIN_MS = 10_000;

export interface ConsumerDeps {
  database: Database;
  signals: Signals;
  log: Log;
  metrics: Metrics;
}
