import { ApiError } from '#chassis/errors/failures.ts';
import type { RecordedEvent } from '#chassis/events/event-log.ts';
import type { Subscription } from '#chassis/events/follower.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { PROCESS } from './definition.ts';
import { gatherFacts } from './facts.ts';
import { submit, type NeedIn, type SubmitDeps } from './submit.ts';

/** What suppliers send goes to the order it names. An order placed this moment may not know its number yet: tried again. */
export function supplierDocuments(lives: Lives): Subscription {
  return {
    group: 'procure-to-pay.supplier-documents',
    types: ['order.acknowledged.v1', 'shipment.announced.v1', 'invoice.received.v1'] satisfies (keyof EventData)[],
    maxAttempts: 12,
    async handle(tx, event) {
      const document = event.data as EventData['order.acknowledged.v1'] | EventData['shipment.announced.v1'] | EventData['invoice.received.v1'];
      const [orderId] = await lives.find(tx, PROCESS, 'order', document.orderNumber);
      if (!orderId) throw new ApiError('in-progress', 'No order with this number is known yet.', { code: 'unknown-order' });
      await lives.apply(tx, orderId, { type: event.type, document, at: event.at.toISOString() }, `supplier:${document.supplierNumber}`);
    },
  };
}

/** A rule that asks for more stock becomes a requisition of its own. */
export function demands(deps: SubmitDeps): Subscription {
  return {
    group: 'procure-to-pay.demand',
    types: ['replenishment.requested.v1'] satisfies (keyof EventData)[],
    handle: (tx, event) => takeDemand(tx, event, deps),
  };
}

async function takeDemand(tx: Transaction, event: RecordedEvent, deps: SubmitDeps): Promise<void> {
  const { reference, facility, location, costCenter, itemNumber, quantity, unit, encounterId, department } = event.data as EventData['replenishment.requested.v1'];
  const need: NeedIn = {
    reference, facility, costCenter, location, urgency: 'standard', requester: 'replenishment', origin: 'demand', lines: [{ itemNumber, quantity, unit }], encounterId, department,
  };
  await submit(tx, deps, need, await gatherFacts(deps.systems, need, '0', deps.clock.now()));
}
