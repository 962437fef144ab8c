import { ApiError } from '#chassis/errors/failures.ts';
import type { EventLog, RecordedEvent } from '#chassis/events/event-log.ts';
import type { Subscription } from '#chassis/events/subscription.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import type { Queries, Transaction } from '#chassis/storage/database.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { PROCESS } from './definition.ts';
import { submitDemand, type NeedIn, type SubmitDeps } from './submit.ts';

type SupplierDocument = EventData['order.acknowledged.v1'] | EventData['shipment.announced.v1'] | EventData['invoice.received.v1'];

/** What suppliers send goes to the order it names. An order placed this moment may not know its number yet: tried again. */
export function supplierDocuments(lives: Lives, events: EventLog<EventData>): Subscription {
  async function handle(tx: Transaction, event: RecordedEvent): Promise<void> {
    const document = event.data as SupplierDocument;
    const [orderId] = await lives.find(tx, PROCESS, 'order', document.orderNumber);
    if (!orderId) throw new ApiError('in-progress', 'No order with this number is known yet.', { code: 'unknown-order' });
    if (!await isWith(tx, orderId, document.supplierNumber)) throw new ApiError('refused', 'The order is with another supplier.', { code: 'foreign-order' });
    const { accepted, state } = await lives.apply(tx, orderId, { type: event.type, document, at: event.at.toISOString() }, `supplier:${document.supplierNumber}`);
    if (!accepted && state === 'archived' && event.type === 'invoice.received.v1') await refuseForgotten(tx, orderId, event.data as EventData['invoice.received.v1']);
  }

  /** The order's life is over, but whoever sent the invoice has to hear that nobody will pay it. */
  function refuseForgotten(tx: Transaction, orderId: string, { orderNumber, supplierNumber, number, total, currency }: EventData['invoice.received.v1']): Promise<void> {
    return events.publish(tx, {
      type: 'invoice.refused.v1', subject: orderId,
      data: { orderId, orderNumber, supplierNumber, invoiceNumber: number, total, currency, reasons: ['The order was closed or cancelled long ago.'] },
    });
  }

  return {
    group: 'procure-to-pay.supplier-documents',
    types: ['order.acknowledged.v1', 'shipment.announced.v1', 'invoice.received.v1'] satisfies (keyof EventData)[],
    maxAttempts: 12,
    handle,
  };
}

async function isWith(on: Queries, orderId: string, supplierNumber: string): Promise<boolean> {
  const rows = await on.query(`select 1 from chassis.life_keys where process = $1 and kind = 'supplier' and value = $2 and life_id = $3`, [PROCESS, supplierNumber, orderId]);
  return rows.length > 0;
}

/** A rule that asks for more stock becomes a requisition of its own. */
export function demands(deps: SubmitDeps): Subscription {
  return {
    group: 'procure-to-pay.demand',
    types: ['replenishment.requested.v1'] satisfies (keyof EventData)[],
    async handle(tx, event) {
      const { reference, facility, location, costCenter, itemNumber, quantity, unit, encounterId, department } = event.data as EventData['replenishment.requested.v1'];
      const need: NeedIn = {
        reference, facility, costCenter, location, urgency: 'standard', requester: 'replenishment', origin: 'demand', lines: [{ itemNumber, quantity, unit }], encounterId, department,
      };
      await submitDemand(tx, deps, need);
    },
  };
}
