import { ApiError } from '#chassis/errors/failures.ts';
import type { OrderAcknowledgement, ShipNotice, SupplierInvoice } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Acknowledgement, AcknowledgementLine, ShipNoticeLine } from '../../../sandbox/network/suppliers/documents.ts';
import { PortalRefusal, type PartnerPortal } from '../../../sandbox/network/suppliers/partner-portal.ts';
import type { NetworkClient } from './platform.ts';

/** The partner API as its experience layer makes it of the network's operations: the supplier comes from the token there. */
export function partnerPortal(client: NetworkClient): PartnerPortal {
  return {
    async listOrders(supplierNumber, cursor) {
      const { items } = await client.listOrders({ supplierNumber, limit: 50, ...(cursor === undefined ? {} : { sentAfter: cursor }) });
      const orders = items.map((order) => ({
        poNumber: order.orderNumber, revision: order.revision + 1, status: order.status === 'withdrawn' ? 'cancelled' as const : 'issued' as const, reference: order.requisitionReference,
        facility: order.facility, currency: order.currency,
        lines: order.lines.map((line) => ({ lineNumber: line.line, itemNumber: line.itemNumber, description: line.description ?? '', uom: line.unit, quantity: String(line.quantity), price: line.unitPrice, needBy: line.neededBy ?? null })),
      }));
      return { orders, cursor: items.at(-1)?.sentAt ?? cursor };
    },
    acknowledge: (supplierNumber, document, idempotencyKey) => handIn(() => client.receiveAcknowledgement({ body: answerOf(supplierNumber, document) }, { idempotencyKey })),
    sendShipNotice: (supplierNumber, document, idempotencyKey) => handIn(() => client.receiveShipNotice({ body: {
      supplierNumber, orderNumber: document.order.poNumber, number: document.number, shippedAt: `${document.shippedOn}T12:00:00Z`, expectedOn: document.expectedOn, lines: document.lines.map(shippedLine),
    } satisfies ShipNotice }, { idempotencyKey })),
    sendInvoice: (supplierNumber, document, idempotencyKey) => handIn(() => client.receiveInvoice({ body: {
      supplierNumber, orderNumber: document.order.poNumber, number: document.number, invoicedOn: document.date, currency: document.order.currency, total: document.total,
      lines: document.lines.map((line) => ({ line: line.orderLineNumber, itemNumber: line.itemNumber, quantity: Number(line.quantity), unit: line.uom, unitPrice: line.price, amount: line.amount })),
    } satisfies SupplierInvoice }, { idempotencyKey })),
  };
}

async function handIn(send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch (error) {
    if (error instanceof ApiError && error.status < 500 && !error.retryable) throw new PortalRefusal(error.message);
    throw error;
  }
}

const OUTCOMES = { accept: 'accepted', 'change-price': 'changed', substitute: 'substituted', backorder: 'backordered', reject: 'rejected', cancel: 'rejected' } as const;

function answerOf(supplierNumber: string, { id, order, date, lines }: Acknowledgement): OrderAcknowledgement {
  return { supplierNumber, orderNumber: order.poNumber, number: `ACK-${id}`, acknowledgedAt: `${date}T12:00:00Z`, lines: lines.map(answeredLine) };
}

/** A program that repeats the whole line whatever it says about it. */
function answeredLine(line: AcknowledgementLine): OrderAcknowledgement['lines'][number] {
  return {
    line: line.lineNumber, outcome: OUTCOMES[line.decision], quantity: Number(line.quantity), unitPrice: line.price,
    ...(line.decision === 'substitute' ? { substituteItemNumber: line.itemNumber } : {}), ...(line.promisedOn ? { promisedOn: line.promisedOn } : {}), ...(line.reason ? { reason: line.reason } : {}),
  };
}

function shippedLine(line: ShipNoticeLine): ShipNotice['lines'][number] {
  const tracking = { ...(line.lot ? { lot: line.lot } : {}), ...(line.serial ? { serial: line.serial } : {}), ...(line.expiresOn ? { expiresOn: line.expiresOn } : {}), ...(line.gtin ? { deviceIdentifier: line.gtin } : {}) };
  return { line: line.orderLineNumber, itemNumber: line.itemNumber, quantity: Number(line.quantity), unit: line.uom, tracking };
}
