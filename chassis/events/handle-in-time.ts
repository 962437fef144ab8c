import { ApiError } from '../errors/failures.ts';
import { NEWER_VERSION } from '../errors/newer-version.ts';
import { GivenUp, type Transaction } from '../storage/database.ts';
import { runInContext } from '../telemetry/context.ts';
import type { RecordedEvent } from './event-log.ts';
import { HANDLE_WITHIN_MS, type ConsumerDeps, type Subscription } from './subscription.ts';

/** The handler did not come to an end: whatever it did and may still want to do is rolled back. */
export class Overdue extends GivenUp {
  readonly eventId: string;
  constructor(eventId: string, limitMs: number) {
    super('internal', `The handler did not come to an end within ${limitMs} ms.`, { code: 'handler-overdue' });
    this.eventId = eventId;
  }
}

/**
 * Lets the group's handler take one event, in the context in which it was told. A type that only a newer version of the
 * group takes is left to a process of that.
 */
export async function handleInTime(tx: Transaction, subscription: Subscription, event: RecordedEvent, { metrics }: Pick<ConsumerDeps, 'metrics'>): Promise<void> {
  if (!subscription.types.includes(event.type)) throw new ApiError('unavailable', 'The event is for a newer version of its group.', { code: NEWER_VERSION });
  const limitMs = subscription.handleWithinMs ?? HANDLE_WITHIN_MS;
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_resolve, reject) => { timer = setTimeout(() => reject(new Overdue(event.id, limitMs)), limitMs); });
  const handled = runInContext({ correlationId: event.correlation_id, traceparent: event.traceparent }, async () => subscription.handle(tx, event));
  try {
    await Promise.race([handled, overdue]);
  } finally {
    clearTimeout(timer);
  }
  tx.afterCommit(() => metrics.consumed.inc({ group: subscription.group, outcome: 'handled' }));
}
