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

/** Lets the group's handler take one event, in the context in which it was told. */
export async function handleInTime(tx: Transaction, subscription: Subscription, event: RecordedEvent, { metrics }: Pick<ConsumerDeps, 'metrics'>): Promise<void> {
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
