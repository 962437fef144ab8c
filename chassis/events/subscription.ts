import type { TierName } from '../resilience/tiers.ts';
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
  /** That of the contract of who subscribes, unless it is said. */
  tier?: TierName;
  /** Attempts before an event becomes a dead letter; those of the tier unless it is said. */
  maxAttempts?: number;
  /** Milliseconds that the handler may take for one event; then its work is rolled back and the event set aside. */
  handleWithinMs?: number;
}

/** Long enough for some statements on a busy database; a handler that has more to do asks for a move. */
export const HANDLE_WITHIN_MS = 10_000;

/** The server ends a transaction in which nothing is said for longer than that, whatever the handler had in mind. */
const LONGEST_HANDLE_MS = 25_000;

/** Throws when a subscription can never work as it stands, so that a deployable with such a one does not start. */
export function checkSubscription(subscription: Subscription, others: readonly Subscription[], declared: ReadonlySet<string>): void {
  const { group, types, handleWithinMs = HANDLE_WITHIN_MS, maxAttempts = 1 } = subscription;
  const unknown = types.filter((type) => !declared.has(type));
  if (unknown.length > 0) throw new Error(`${group}: no contract describes the events ${unknown.join(', ')}`);
  if (types.length === 0) throw new Error(`${group}: subscribes to nothing`);
  if (others.some((other) => other.group === group)) throw new Error(`${group}: two subscriptions of one group would take each other's events`);
  if (!(handleWithinMs > 0 && handleWithinMs <= LONGEST_HANDLE_MS)) throw new Error(`${group}: a handler may take from 1 to ${LONGEST_HANDLE_MS} ms`);
  if (!(Number.isInteger(maxAttempts) && maxAttempts > 0)) throw new Error(`${group}: at least one attempt is needed`);
}

export interface ConsumerDeps {
  database: Database;
  signals: Signals;
  log: Log;
  metrics: Metrics;
}
