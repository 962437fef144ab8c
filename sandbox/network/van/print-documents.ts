import { printInvoice, printPurchaseOrderAcknowledgment, printShipNotice } from '#formats/x12/index.ts';
import type { LineItemStatus, Party, TransactionInput } from '#formats/x12/index.ts';
import { masterData } from '../../hospital/master-data.ts';
import type { Decision } from '../suppliers/decide.ts';
import type { Acknowledgement, AcknowledgementLine, Invoice, ShipNotice, SupplierDocument } from '../suppliers/documents.ts';
import type { SupplierOrder } from '../suppliers/order.ts';
import { printLetter } from './envelope.ts';

const VERSION = '005010';
const SET_NUMBER = '0001';
/** GS01 of each. */
const FUNCTIONAL_IDS = { acknowledgement: 'PR', 'ship-notice': 'SH', invoice: 'IN' } as const satisfies Record<SupplierDocument['kind'], string>;

/** ACK01, data element 668. */
const STATUSES: Record<Decision, LineItemStatus> = {
  accept: 'IA',
  'change-price': 'IP',
  substitute: 'IS',
  backorder: 'IB',
  reject: 'IR',
  cancel: 'ID',
};

/** Data element 374: delivery as now scheduled. */
const CURRENT_DELIVERY = '067';

/** A supplier's document as the interchange that it sends, 855, 856 or 810. */
export function printDocument(document: SupplierDocument, controlNumber: string, at: Date): string {
  const supplier = masterData.suppliers.find(({ number }) => number === document.order.supplierNumber);
  if (!supplier || document.order.replyTo === null) throw new Error(`${document.order.poNumber} did not come by X12`);
  return printLetter({
    from: supplier.channelAddress,
    to: document.order.replyTo,
    controlNumber,
    at,
    acknowledgmentRequested: true,
    groups: [{ functionalId: FUNCTIONAL_IDS[document.kind], version: VERSION, transaction: transactionOf(document, at) }],
  });
}

function transactionOf(document: SupplierDocument, at: Date): TransactionInput {
  switch (document.kind) {
    case 'acknowledgement':
      return acknowledgementSet(document);
    case 'ship-notice':
      return shipNoticeSet(document, at);
    case 'invoice':
      return invoiceSet(document);
  }
}

function acknowledgementSet(document: Acknowledgement): TransactionInput {
  const { order, lines } = document;
  const isPlain = lines.every(({ decision }) => decision === 'accept');
  return printPurchaseOrderAcknowledgment({
    purpose: order.revision > 1 ? '05' : '00',
    type: document.status === 'rejected' ? 'RD' : isPlain ? 'AD' : 'AC',
    purchaseOrderNumber: order.poNumber,
    orderDate: order.orderedOn,
    acknowledgedOn: document.date,
    currency: order.currency,
    references: [{ qualifier: 'RQ', id: order.reference }],
    parties: parties(order),
    lines: lines.map((line) => ({
      lineNumber: String(line.lineNumber),
      quantity: line.quantity,
      unit: line.uom,
      unitPrice: line.price,
      priceBasis: 'PE',
      buyerItemNumber: line.orderedItem,
      acknowledgments: [lineAnswer(line)],
    })),
  }, SET_NUMBER);
}

function lineAnswer(line: AcknowledgementLine) {
  return {
    status: STATUSES[line.decision],
    quantity: line.quantity,
    unit: line.uom,
    ...(line.promisedOn === null ? {} : { dateQualifier: CURRENT_DELIVERY, date: line.promisedOn }),
    ...(line.decision === 'substitute' ? { product: { buyerItemNumber: line.itemNumber } } : {}),
  };
}

function shipNoticeSet(document: ShipNotice, at: Date): TransactionInput {
  const { order } = document;
  return printShipNotice({
    purpose: '00',
    shipmentNumber: document.number,
    date: document.shippedOn,
    time: at.toISOString().slice(11, 16).replace(':', ''),
    // TD503 holds a Standard Carrier Alpha Code.
    carrierCode: 'UPSN',
    shipped: document.shippedOn,
    estimatedDelivery: document.expectedOn,
    parties: parties(order),
    orders: [{
      purchaseOrderNumber: order.poNumber,
      orderDate: order.orderedOn,
      items: document.lines.map((line) => ({
        lineNumber: String(line.orderLineNumber),
        quantity: line.quantity,
        unit: line.uom,
        buyerItemNumber: line.itemNumber,
        gtin: line.gtin ?? undefined,
        lotNumbers: line.lot === null ? undefined : [line.lot],
        serialNumbers: line.serial === null ? undefined : [line.serial],
        expirationDate: line.expiresOn ?? undefined,
      })),
    }],
  }, SET_NUMBER);
}

function invoiceSet(document: Invoice): TransactionInput {
  const { order } = document;
  const terms = masterData.paymentTerms.find(({ code }) => code === document.paymentTerms);
  return printInvoice({
    date: document.date,
    number: document.number,
    purchaseOrderDate: order.orderedOn,
    purchaseOrderNumber: order.poNumber,
    type: 'PR',
    currency: order.currency,
    parties: parties(order),
    terms: terms && [{
      type: terms.discountPercent === undefined ? '01' : '08',
      basis: '3',
      discountPercent: terms.discountPercent,
      discountDays: terms.discountDays?.toString(),
      netDays: String(terms.dueDays),
    }],
    lines: document.lines.map((line) => ({
      lineNumber: String(line.orderLineNumber),
      quantity: line.quantity,
      unit: line.uom,
      unitPrice: line.price,
      buyerItemNumber: line.itemNumber,
    })),
    total: document.total,
  }, SET_NUMBER);
}

/** Supplier and ship-to, each under the buyer's own number (92). */
function parties(order: SupplierOrder): Party[] {
  const supplier = masterData.suppliers.find(({ number }) => number === order.supplierNumber);
  return [
    { role: 'SU', name: supplier?.name, idQualifier: '92', id: order.supplierNumber },
    { role: 'ST', idQualifier: '92', id: order.facility },
  ];
}
