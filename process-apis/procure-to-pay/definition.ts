import { bind, type LifeDefinition } from '#chassis/lifecycle/life.ts';
import type { NewEvent } from '#chassis/events/event-log.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { createLedger } from './ledger.ts';
import { procureToPay } from './lifecycle.ts';
import { cancelOrder } from './moves/cancel-order.ts';
import { changeOrder } from './moves/change-order.ts';
import { checkRequisition } from './moves/check-requisition.ts';
import { enterInvoice } from './moves/enter-invoice.ts';
import { payInvoice } from './moves/pay-invoice.ts';
import { placeOrder } from './moves/place-order.ts';
import { receiveGoods } from './moves/receive-goods.ts';
import { settleOrder } from './moves/settle-order.ts';
import { repeatOrder } from './moves/repeat-order.ts';
import { shortenOrder } from './moves/shorten-order.ts';
import { invoiceAmounts } from './match.ts';
import { lineOf, linesAsProposed, totalOf, UNKNOWN_SUPPLIER, type Order } from './order.ts';
import type { Policy } from './policy.ts';
import { documentReference } from './references.ts';
import type { Systems } from './systems.ts';
import type { Substitution } from './vocabulary.ts';
import { workOf } from './work.ts';

export const PROCESS = 'procure-to-pay';

export interface DefinitionDeps {
  systems: Systems;
  database: Database;
  clock: Clock;
  policy: Policy;
}

/** Binds the chart's words to moves, announcements and work items. */
export function definitionOf({ systems, database, clock, policy }: DefinitionDeps): LifeDefinition<Order> {
  const ledger = createLedger(systems, policy);
  // Days are settled when a move is asked for, so that its repeat after midnight is still the same request.
  const today = () => clock.now().toISOString().slice(0, 10);
  const asOrder = (order: Order) => ({
    requisitionNumber: order.requisitionNumber, reference: order.reference, documentReference: documentReference(order.reference, order.supplierNumber, ...(order.failedPlacements > 0 ? [order.failedPlacements + 1] : [])),
    requester: order.requester, urgency: order.urgency, facility: order.facility, costCenter: order.costCenter, supplierNumber: order.supplierNumber, currency: order.currency,
    neededBy: order.neededBy, orderedOn: today(), lines: order.lines,
  });
  const asPlaced = (order: Order) => ({ ...asOrder(order), orderNumber: order.orderNumber! });
  return {
    process: PROCESS,
    version: 1,
    tier: 'critical',
    machine: procureToPay(policy),
    keys: (order) => ({
      requisition: order.requisitionNumber, reference: order.reference, order: order.orderNumber ?? undefined,
      supplier: order.supplierNumber === UNKNOWN_SUPPLIER ? undefined : order.supplierNumber, invoice: order.invoices.map((invoice) => invoice.number),
    }),
    facility: (order) => order.facility,
    defers: ['order.acknowledged.v1', 'invoice.received.v1', 'delivered'],
    moves: {
      checkRequisition: bind(checkRequisition(systems, database, clock, policy), ({ reference, requester, origin, facility, costCenter, supplierNumber, submittedAt, siblingsTotal, lines }: Order) => ({
        reference, requester, origin, facility, costCenter, supplierNumber, submittedAt, siblingsTotal, lines: lines.map(({ line, itemNumber, quantity, unit }) => ({ line, itemNumber, quantity, unit })),
      })),
      placeOrder: bind(placeOrder(systems), asOrder),
      changeOrder: bind(changeOrder(systems), (order: Order) => ({
        ...asPlaced(order), lines: linesAsProposed(order), before: order.lines,
        changeReference: documentReference(order.orderNumber!, order.answer?.number ?? 'change'), encounterId: order.encounterId, department: order.department,
      })),
      cancelOrder: bind(cancelOrder(systems), ({ orderNumber }: Order) => ({ orderNumber: orderNumber! })),
      receiveGoods: bind(receiveGoods(systems, ledger), ({ orderNumber, facility, costCenter, currency, location, delivery, lines, grown }: Order) => ({
        orderNumber: orderNumber!, facility, costCenter, currency, location, postedOn: today(), delivery: delivery!, lines, grown,
      })),
      repeatOrder: bind(repeatOrder(systems), asPlaced),
      shortenOrder: bind(shortenOrder(systems), (order: Order) => ({ ...asPlaced(order), changeReference: documentReference(order.orderNumber!, 'shortened') })),
      enterInvoice: bind(enterInvoice(systems, ledger), (order: Order) => ({
        orderNumber: order.orderNumber!, supplierNumber: order.supplierNumber, facility: order.facility, costCenter: order.costCenter, currency: order.currency, postedOn: today(),
        invoice: order.invoice!, amounts: invoiceAmounts(order, order.invoice!),
      })),
      payInvoice: bind(payInvoice(systems, ledger), ({ orderNumber, supplierNumber, facility, currency, invoice }: Order) => ({
        orderNumber: orderNumber!, supplierNumber, facility, currency, paidOn: today(), invoice: { number: invoice!.number, total: invoice!.total },
      })),
      settleOrder: bind(settleOrder(systems, ledger, policy), (order: Order) => ({
        orderNumber: order.orderNumber!, facility: order.facility, costCenter: order.costCenter, currency: order.currency, postedOn: today(), roundings: roundingsIn(order), accrual: order.writtenOffAccrual, writesOff: order.writesOff,
      })),
    },
    announcements: {
      tellRefused: (order) => decided('order.refused.v1', order),
      tellRejected: (order) => decided('order.rejected.v1', order),
      tellApproved: (order) => decided('order.approved.v1', order),
      tellPlaced: (order) => decided('order.placed.v1', order),
      tellChanged: (order) => decided('order.changed.v1', order),
      tellCancelled: (order) => decided('order.cancelled.v1', order),
      tellClosed: (order) => decided('order.closed.v1', order),
      tellSubstituted: (order, substitution) => told('order.substituted.v1', order, {
        orderId: order.orderId, reference: order.reference, orderNumber: order.orderNumber!, facility: order.facility, ...(substitution as unknown as Substitution),
      }),
      tellReceived: (order) => told('goods.received.v1', order, {
        orderId: order.orderId, orderNumber: order.orderNumber!, receiptNumber: order.deliveries.at(-1)!.receiptNumber!, facility: order.facility,
        lines: order.deliveries.at(-1)!.lines.map(({ line, quantity }) => ({ line, quantity, itemNumber: lineOf(order, line)!.itemNumber })),
      }),
      tellMatched: (order) => told('invoice.matched.v1', order, invoiceFacts(order, order.invoice!)),
      tellInvoiceRefused: (order) => told('invoice.refused.v1', order, invoiceFacts(order, order.invoices.at(-1)!)),
      tellPaid: (order) => told('invoice.paid.v1', order, invoiceFacts(order, order.invoices.findLast((invoice) => invoice.state === 'paid')!)),
    },
    workItems: workOf(policy),
  };
}

/** Amounts that were rounded to cents on their way to the clearing account: one a line of each receipt and invoice. */
function roundingsIn({ deliveries, invoices }: Order): number {
  return [...deliveries, ...invoices.filter((invoice) => invoice.state !== 'refused')].reduce((total, { lines }) => total + lines.length, 0);
}

function told<Type extends keyof EventData & string>(type: Type, order: Order, data: EventData[Type]): NewEvent {
  return { type, subject: order.orderId, facility: order.facility, data };
}

type OrderDecisionType = 'order.refused.v1' | 'order.rejected.v1' | 'order.approved.v1' | 'order.placed.v1' | 'order.changed.v1' | 'order.cancelled.v1' | 'order.closed.v1';

function decided(type: OrderDecisionType, order: Order): NewEvent {
  const last = order.approvals.at(-1);
  return told(type, order, {
    orderId: order.orderId, requisitionNumber: order.requisitionNumber, reference: order.reference, facility: order.facility, costCenter: order.costCenter, supplierNumber: order.supplierNumber,
    ...(order.orderNumber ? { orderNumber: order.orderNumber } : {}), ...(last ? { by: last.by } : {}), total: totalOf(order), currency: order.currency,
    ...(order.reasons.length > 0 ? { reasons: order.reasons.map((reason) => reason.code) } : {}),
  });
}

function invoiceFacts(order: Order, invoice: Order['invoices'][number]): EventData['invoice.paid.v1'] {
  return {
    orderId: order.orderId, orderNumber: order.orderNumber!, supplierNumber: order.supplierNumber, invoiceNumber: invoice.number, total: invoice.total, currency: order.currency,
    ...(invoice.reasons.length > 0 ? { reasons: invoice.reasons.map((reason) => reason.slice(0, 240)) } : {}),
  };
}
