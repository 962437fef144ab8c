import type { Queryable } from './database.ts';

/** What the network's books say, for a reconciliation. Plain reads; quantities and amounts are decimal strings. */

export interface OrderedLine {
  channel: string;
  supplierNumber: string;
  poNumber: string;
  revision: number;
  reference: string;
  facility: string;
  orderState: string;
  lineNumber: number;
  itemNumber: string;
  uom: string;
  quantity: string;
  price: string;
  behaviour: string;
  lineState: string;
  shippedQuantity: string;
}

/** Every order line as its supplier understood it last. */
export function ordersUnderstood(db: Queryable): Promise<OrderedLine[]> {
  return read(db, `select o.channel, o.supplier_number as "supplierNumber", o.po_number as "poNumber", o.revision, o.reference,
      o.facility, o.state as "orderState", l.line_number as "lineNumber", l.item_number as "itemNumber", l.uom,
      l.quantity::text, l.price::text, l.behaviour, l.state as "lineState", l.shipped_quantity::text as "shippedQuantity"
    from network.orders o join network.order_lines l on l.order_id = o.id order by o.id, l.line_number`);
}

export interface RepeatedOrder {
  supplierNumber: string;
  poNumber: string;
  source: string;
  receivedAt: Date;
}

/** Orders that came again as new ones. Each is a duplicate that the platform let out; suppliers ignored it. */
export function ordersRepeated(db: Queryable): Promise<RepeatedOrder[]> {
  return read(db, `select o.supplier_number as "supplierNumber", o.po_number as "poNumber", r.source, r.received_at as "receivedAt"
    from network.order_repeats r join network.orders o on o.id = r.order_id order by r.id`);
}

export interface AcknowledgedLine {
  acknowledgementId: number;
  channel: string;
  supplierNumber: string;
  poNumber: string;
  revision: number;
  status: string;
  lineNumber: number;
  decision: string;
  itemNumber: string;
  quantity: string;
  price: string;
  promisedOn: string | null;
}

export function acknowledgementsSent(db: Queryable): Promise<AcknowledgedLine[]> {
  return read(db, `select a.id as "acknowledgementId", o.channel, o.supplier_number as "supplierNumber", o.po_number as "poNumber",
      a.revision, a.status, l.line_number as "lineNumber", l.decision, l.item_number as "itemNumber", l.quantity::text,
      l.price::text, l.promised_on::text as "promisedOn"
    from network.acknowledgements a join network.orders o on o.id = a.order_id
    join network.acknowledgement_lines l on l.acknowledgement_id = a.id order by a.id, l.line_number`);
}

export interface ShippedLine {
  shipmentId: number;
  shipmentNumber: string;
  channel: string;
  supplierNumber: string;
  poNumber: string;
  reference: string;
  facility: string;
  orderLineNumber: number;
  itemNumber: string;
  uom: string;
  quantity: string;
  lot: string | null;
  serial: string | null;
  expiresOn: string | null;
  arrivedAt: Date | null;
  receivedAt: Date | null;
  /** Refused at the dock and taken back by the supplier. */
  returnedAt: Date | null;
}

/** Every line that left a supplier, with when it stood on the dock and when the clerk took it in, or would not. */
export function goodsShipped(db: Queryable): Promise<ShippedLine[]> {
  return read(db, `select s.id as "shipmentId", s.number as "shipmentNumber", o.channel, o.supplier_number as "supplierNumber",
      o.po_number as "poNumber", o.reference, o.facility, l.order_line_number as "orderLineNumber", l.item_number as "itemNumber",
      l.uom, l.quantity::text, l.lot, l.serial, l.expires_on::text as "expiresOn", d.arrived_at as "arrivedAt",
      d.received_at as "receivedAt", d.returned_at as "returnedAt"
    from network.shipments s join network.orders o on o.id = s.order_id join network.shipment_lines l on l.shipment_id = s.id
    left join network.deliveries d on d.shipment_id = s.id order by s.id, l.line_number`);
}

export interface SentInvoice {
  invoiceId: number;
  number: string;
  kind: 'original' | 'resend' | 'near-duplicate' | 'malformed' | 'unowed';
  originalId: number | null;
  channel: string;
  supplierNumber: string;
  poNumber: string;
  reference: string;
  total: string;
  /** Whether the buyer's integration has marked it in Coupa; null when it came another way. */
  exported: boolean | null;
  lines: { orderLineNumber: number; itemNumber: string; uom: string; quantity: string; price: string; amount: string }[];
}

/** Every sending of an invoice. Only those of kind original are owed. */
export function invoicesSent(db: Queryable): Promise<SentInvoice[]> {
  return read(db, `select i.id as "invoiceId", i.number, i.kind, i.original_id as "originalId", o.channel,
      o.supplier_number as "supplierNumber", o.po_number as "poNumber", o.reference, i.total::text, i.exported,
      (select jsonb_agg(jsonb_build_object('orderLineNumber', l.order_line_number, 'itemNumber', l.item_number, 'uom', l.uom,
        'quantity', l.quantity::text, 'price', l.price::text, 'amount', l.amount::text) order by l.line_number)
        from network.invoice_lines l where l.invoice_id = i.id) as lines
    from network.invoices i join network.orders o on o.id = i.order_id order by i.id`);
}

export interface SentDocument {
  channel: string;
  supplierNumber: string;
  poNumber: string;
  document: string;
  documentId: number;
  controlNumber: string | null;
  state: 'waiting' | 'acknowledged' | 'refused';
  attempts: number;
  answer: string | null;
}

/** What X12 and REST suppliers sent to the platform, how often they tried, and what it answered. */
export function documentsSent(db: Queryable): Promise<SentDocument[]> {
  return read(db, `select t.channel, t.supplier_number as "supplierNumber", o.po_number as "poNumber", t.document,
      t.document_id as "documentId", t.control_number as "controlNumber", t.state, t.attempts, t.answer
    from network.transmissions t join network.orders o on o.id = t.order_id order by t.id`);
}

export interface CoupaOrder {
  poNumber: string;
  supplierNumber: string;
  status: string;
  version: number;
  lines: { lineNumber: number; itemNumber: string; quantity: string; price: string; status: string }[];
}

/** Orders as the buyer's side of Coupa has them, to hold against what suppliers understood. */
export function coupaOrders(db: Queryable): Promise<CoupaOrder[]> {
  return read(db, `select t.po_number as "poNumber", s.number as "supplierNumber", t.status, t.version,
      (select jsonb_agg(jsonb_build_object('lineNumber', l.line_number, 'itemNumber', l.item_number, 'quantity', l.quantity::text,
        'price', l.price::text, 'status', l.status) order by l.line_number)
        from network.coupa_order_lines l where l.order_id = t.id) as lines
    from network.coupa_orders t join network.coupa_suppliers s on s.id = t.supplier_id order by t.id`);
}

export interface ReceivedInterchange {
  supplierNumber: string;
  sender: string;
  controlNumber: string;
  outcome: string;
  receivedAt: Date;
}

/** Every interchange that the value-added network was sent, with what became of it. */
export function interchangesReceived(db: Queryable): Promise<ReceivedInterchange[]> {
  return read(db, `select supplier_number as "supplierNumber", sender, control_number as "controlNumber", outcome, received_at as "receivedAt"
    from network.received_interchanges order by id`);
}

export interface PendingWork {
  /** Things suppliers have yet to do. */
  openTasks: number;
  /** Documents on their way to the platform. */
  waitingDocuments: number;
  /** Boxes on the dock that nobody has taken in. */
  deliveriesOnDock: number;
  /** Lines for which a supplier waits for the buyer's answer. */
  linesAwaitingBuyer: number;
}

/** When all are zero, nothing more will come from the network by itself. */
export async function pendingWork(db: Queryable, poNumber?: string): Promise<PendingWork> {
  const [pending] = await read<PendingWork>(db, `select
      (select count(*)::int from network.tasks t join network.orders o on o.id = t.order_id
        where t.done_at is null and ($1::text is null or o.po_number = $1)) as "openTasks",
      (select count(*)::int from network.transmissions t join network.orders o on o.id = t.order_id
        where t.state = 'waiting' and ($1::text is null or o.po_number = $1)) as "waitingDocuments",
      (select count(*)::int from network.deliveries d
        where not d.received and d.returned_at is null and ($1::text is null or d.po_number = $1)) as "deliveriesOnDock",
      (select count(*)::int from network.order_lines l join network.orders o on o.id = l.order_id
        where l.state = 'awaiting-buyer' and ($1::text is null or o.po_number = $1)) as "linesAwaitingBuyer"`, [poNumber ?? null]);
  if (!pending) throw new Error('The books gave no count');
  return pending;
}

async function read<Row>(db: Queryable, text: string, values: unknown[] = []): Promise<Row[]> {
  const { rows } = await db.query(text, values);
  return rows;
}
