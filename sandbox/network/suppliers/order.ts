import type { Behaviour } from './behaviour.ts';

export type OrderChannel = 'coupa' | 'x12' | 'partner';

/** An order line as the buyer sent it; quantities and prices are decimal strings. */
export interface IncomingLine {
  lineNumber: number;
  itemNumber: string;
  description: string;
  uom: string;
  quantity: string;
  price: string;
  /** ISO day. */
  needBy: string | null;
}

/** An order in the supplier's own terms, whatever channel brought it. */
export interface IncomingOrder {
  channel: OrderChannel;
  supplierNumber: string;
  poNumber: string;
  revision: number;
  /** The buyer's requisition reference; behaviour hangs on it. */
  reference: string;
  facility: string;
  currency: string;
  /** X12 only: interchange address of the buyer, `qualifier:id`, to which the answers go. */
  replyTo: string | null;
  /** The buyer's date of the order, ISO day. */
  orderedOn: string;
  lines: readonly IncomingLine[];
}

/** An order as the supplier keeps it. */
export interface SupplierOrder {
  id: number;
  channel: OrderChannel;
  supplierNumber: string;
  poNumber: string;
  revision: number;
  reference: string;
  facility: string;
  currency: string;
  replyTo: string | null;
  orderedOn: string;
}

export type LineState =
  | 'received'
  | 'accepted'
  | 'backordered'
  | 'awaiting-buyer'
  | 'rejected'
  | 'cancelled'
  | 'shipped';

export interface SupplierOrderLine extends IncomingLine {
  behaviour: Behaviour;
  state: LineState;
  /** The buyer has answered a proposal or changed the line: the supplier now does as it is told. */
  settled: boolean;
  toAcknowledge: boolean;
  proposedItem: string | null;
  proposedPrice: string | null;
  promisedOn: string | null;
  shippedQuantity: string;
}

/** The columns of network.orders under our names. */
export const ORDER_COLUMNS = `o.id, o.channel, o.supplier_number as "supplierNumber", o.po_number as "poNumber", o.revision,
  o.reference, o.facility, o.currency, o.reply_to as "replyTo", o.ordered_on as "orderedOn"`;

/** The columns of network.order_lines under our names. */
export const LINE_COLUMNS = `l.line_number as "lineNumber", l.item_number as "itemNumber", l.description, l.uom, l.quantity,
  l.price, l.need_by as "needBy", l.behaviour, l.state, l.settled, l.to_acknowledge as "toAcknowledge",
  l.proposed_item as "proposedItem", l.proposed_price as "proposedPrice", l.promised_on as "promisedOn",
  l.shipped_quantity as "shippedQuantity"`;
