import type { Decision } from './decide.ts';
import type { SupplierOrder } from './order.ts';

/** The exported flag that a new document starts with. */
export function exportedAtFirst(order: SupplierOrder): false | null {
  return order.channel === 'coupa' ? false : null;
}

/** What suppliers send, before any channel has put it into its own words. */
export interface Acknowledgement {
  kind: 'acknowledgement';
  id: number;
  order: SupplierOrder;
  /** ISO day. */
  date: string;
  status: 'confirmed' | 'pending_buyer_review' | 'rejected';
  lines: readonly AcknowledgementLine[];
}

export interface AcknowledgementLine {
  lineNumber: number;
  decision: Decision;
  itemNumber: string;
  /** The item that was ordered; differs when a substitute is offered. */
  orderedItem: string;
  description: string;
  uom: string;
  quantity: string;
  price: string;
  promisedOn: string | null;
  reason: string | null;
}

export interface ShipNotice {
  kind: 'ship-notice';
  id: number;
  order: SupplierOrder;
  number: string;
  shippedOn: string;
  expectedOn: string;
  carrier: string;
  lines: readonly ShipNoticeLine[];
}

export interface ShipNoticeLine {
  lineNumber: number;
  orderLineNumber: number;
  itemNumber: string;
  description: string;
  gtin: string | null;
  uom: string;
  quantity: string;
  lot: string | null;
  serial: string | null;
  expiresOn: string | null;
}

export interface Invoice {
  kind: 'invoice';
  id: number;
  order: SupplierOrder;
  number: string;
  date: string;
  paymentTerms: string;
  total: string;
  lines: readonly InvoiceLine[];
}

export interface InvoiceLine {
  lineNumber: number;
  orderLineNumber: number;
  itemNumber: string;
  description: string;
  uom: string;
  quantity: string;
  price: string;
  amount: string;
}

export type SupplierDocument = Acknowledgement | ShipNotice | Invoice;
