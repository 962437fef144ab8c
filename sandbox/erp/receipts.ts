import Big from 'big.js';
import type { Body } from './adf/body.ts';
import { constraintOf, sqlState } from './database.ts';
import type { Database } from './database.ts';
import type { Erp, Operation } from './operation.ts';
import { checkDate, portions, readDetail, Rejection, STOCK_REFUSALS } from './stock.ts';
import type { Detail, Portion } from './stock.ts';

/** Percent of the ordered quantity that may be received beyond it. */
export const OVER_RECEIPT_PERCENT = 10;

interface Line {
  document_number: string;
  document_line_number: number;
  document_schedule_number: number;
  item_number?: string;
  quantity: string;
  uom?: string;
  organization?: string;
  subinventory?: string;
  transaction_date: string;
  comments?: string;
  routing: string;
  detail: Detail;
}

export interface OpenSchedule {
  id: string;
  order_id: string;
  line_id: string;
  supplier_id: string;
  status: string;
  cancelled: boolean;
  closed: boolean;
  document_number: string;
  document_line_number: number;
  document_schedule_number: number;
  item_number: string | null;
  uom: string;
  price: string;
  quantity: string;
  received: string;
  organization: string;
  destination_type: string;
  subinventory: string | null;
}

/**
 * POST receivingReceiptRequests. What is wrong with the body is a 400; what is wrong with the business is a 201 whose
 * ReturnStatus is FAILURE, and the rejected rows stay as interface rows.
 */
export const createReceipt: Operation = async (erp, body) => {
  body.ignore('EmployeeName', 'EmployeeId', 'BusinessUnit', 'VendorSiteCode', 'ASNType', 'ShippedDate', 'ExpectedReceiptDate', 'SoldtoLegalEntity');
  const number = body.text('VendorNumber');
  const name = body.text('VendorName');
  const header = {
    supplier_id: number === undefined && name === undefined ? undefined : erp.master.supplier({ number, name }).id,
    organization: body.needText('OrganizationCode'),
    receipt_source: body.text('ReceiptSourceCode') ?? 'VENDOR',
    packing_slip: body.text('PackingSlip'),
    shipment_number: body.text('ShipmentNumber'),
    comments: body.text('Comments'),
  };
  const date = body.time('TransactionDate') ?? erp.now().toISOString();
  const lines = body.list('lines').map((line) => receiptLine(line, date));
  body.finish();
  const id = await attempt(
    () => erp.books.transaction(async (database) => {
      if (lines.length === 0) throw new Rejection('RCV_NO_LINES', 'The receipt has no lines.');
      const schedules = await openSchedules(database, lines);
      const rows = lines.map((line) => receivedRow(erp, line, schedules, header.supplier_id));
      return insertReceipt(database, { ...header, supplier_id: header.supplier_id ?? schedules[0]?.supplier_id }, rows);
    }),
    (rejection) => keepRejected(erp, header, lines, rejection));
  return { kind: 'created', id, expand: 'lines' };
};

/** Runs a write that may be rejected by rules or by the stock itself; a rejection is kept and answered. */
export async function attempt(work: () => Promise<string>, reject: (rejection: Rejection) => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Rejection) return reject(error);
    const refusal = STOCK_REFUSALS[constraintOf(error) ?? ''] ?? STOCK_REFUSALS[sqlState(error) ?? ''];
    if (refusal) return reject(new Rejection(refusal.code, refusal.text));
    throw error;
  }
}

function receiptLine(line: Body, date: string): Line {
  line.ignore('ReceiptSourceCode', 'SourceDocumentCode', 'TransactionType', 'ItemDescription', 'DocumentDistributionNumber', 'DestinationTypeCode', 'SoldtoLegalEntity', 'UnitOfMeasure', 'VendorName', 'Location');
  return {
    document_number: line.needText('DocumentNumber'),
    document_line_number: line.whole('DocumentLineNumber') ?? 1,
    document_schedule_number: line.whole('DocumentScheduleNumber') ?? 1,
    item_number: line.text('ItemNumber'),
    quantity: line.needDecimal('Quantity'),
    uom: line.text('UOMCode') ?? line.text('UnitOfMeasure'),
    organization: line.text('OrganizationCode'),
    subinventory: line.text('Subinventory'),
    transaction_date: line.time('TransactionDate') ?? date,
    comments: line.text('Comments'),
    routing: line.text('AutoTransactCode') ?? 'DELIVER',
    detail: receivedDetail(line),
  };
}

export function receivedDetail(line: Body): Detail {
  return readDetail([...line.list('lotItemLots'), ...line.list('lotSerialItemLots')], [...line.list('serialItemSerials'), ...line.list('lotSerialItemSerials')]);
}

function openSchedules(database: Database, lines: readonly Line[]): Promise<OpenSchedule[]> {
  return database.rows<OpenSchedule>(`
    select d.id::text, d.order_id::text, d.line_id::text, o.supplier_id::text, o.status, l.cancelled, o.closed_for_receiving as closed, o.number as document_number,
      l.line_number as document_line_number, d.schedule_number as document_schedule_number, l.item_number, l.uom, l.price::text, d.quantity::text,
      d.received_quantity::text as received, d.organization, d.destination_type, d.subinventory
    from purchase_orders o join purchase_order_lines l on l.order_id = o.id join purchase_order_schedules d on d.line_id = l.id
    where o.number = any($1::text[]) order by d.id for update of d`, [[...new Set(lines.map((line) => line.document_number))]]);
}

function receivedRow(erp: Erp, line: Line, schedules: readonly OpenSchedule[], supplierId: string | undefined) {
  const schedule = schedules.find((each) => each.document_number === line.document_number
    && each.document_line_number === line.document_line_number && each.document_schedule_number === line.document_schedule_number);
  if (!schedule) throw new Rejection('RCV_INVALID_DOCUMENT', `Purchase order ${line.document_number} has no line ${line.document_line_number} with schedule ${line.document_schedule_number}.`);
  if (supplierId !== undefined && schedule.supplier_id !== supplierId) throw new Rejection('RCV_VENDOR_MISMATCH', 'The purchase order is not with this supplier.');
  if (schedule.status !== 'OPEN' || schedule.cancelled || schedule.closed) throw new Rejection('RCV_DOCUMENT_NOT_OPEN', `Purchase order ${line.document_number} is not open for receiving.`);
  if (line.routing !== 'DELIVER') throw new Rejection('RCV_ROUTING_NOT_DIRECT', 'The receipt routing of this purchase order is direct delivery.');
  const quantity = new Big(line.quantity);
  if (quantity.lte(0)) throw new Rejection('RCV_QTY_NOT_POSITIVE', 'The quantity must be greater than zero.');
  const uom = line.uom === undefined ? schedule.uom : erp.master.uom(line.uom);
  if (uom !== schedule.uom) throw new Rejection('RCV_UOM_MISMATCH', `The purchase order line is in ${schedule.uom}.`);
  if (line.item_number !== undefined && line.item_number !== schedule.item_number) throw new Rejection('RCV_ITEM_MISMATCH', `The purchase order line is for ${schedule.item_number ?? 'a description'}, not ${line.item_number}.`);
  checkDate(erp, line.transaction_date);
  const received = new Big(schedule.received).plus(quantity);
  schedule.received = received.toString();
  if (received.gt(new Big(schedule.quantity).times(100 + OVER_RECEIPT_PERCENT).div(100))) {
    throw new Rejection('RCV_QTY_OVER_TOLERANCE', `The quantity received would exceed the quantity ordered by more than ${OVER_RECEIPT_PERCENT} percent.`);
  }
  const subinventory = line.subinventory ?? schedule.subinventory ?? undefined;
  return {
    type: 'RECEIVE', schedule, quantity: line.quantity, effect: line.quantity, uom, organization: schedule.organization, subinventory,
    transaction_date: line.transaction_date, comments: line.comments, portions: stockPortions(erp, schedule, line, quantity, subinventory),
  };
}

function stockPortions(erp: Erp, schedule: OpenSchedule, line: Line, quantity: Big, subinventory: string | undefined): Portion[] {
  if (schedule.destination_type !== 'INVENTORY' || schedule.item_number === null) return [];
  if (!erp.master.hasLocation(schedule.organization, subinventory ?? '')) throw new Rejection('RCV_SUBINVENTORY_NOT_VALID', `The subinventory ${subinventory ?? ''} is not valid.`);
  return portions(erp, erp.master.item(schedule.item_number), quantity, schedule.uom, line.detail, true);
}

interface ReceivedRow {
  type: string;
  schedule: OpenSchedule;
  quantity: string;
  effect: string;
  uom: string;
  organization: string;
  subinventory?: string;
  transaction_date: string;
  comments?: string;
  portions: Portion[];
}

async function insertReceipt(database: Database, header: object, rows: readonly ReceivedRow[]): Promise<string> {
  const transactions = rows.map(({ schedule, portions: parts, ...row }) => ({
    ...row, portions: parts, order_id: schedule.order_id, line_id: schedule.line_id, schedule_id: schedule.id, item_number: schedule.item_number, price: schedule.price,
    document_number: schedule.document_number, document_line_number: schedule.document_line_number, document_schedule_number: schedule.document_schedule_number,
  }));
  const result = await database.rows<{ id: string }>(`
    with header as (
      insert into receipts (number, supplier_id, organization, receipt_source, packing_slip, shipment_number, comments, status)
      select nextval('receipt_numbers')::text, supplier_id, organization, receipt_source, packing_slip, shipment_number, comments, 'SUCCESS'
      from jsonb_populate_record(null::receipts, $1::jsonb) returning id, number),
    numbered as (
      select nextval('object_ids') as id, r.* from jsonb_to_recordset($2::jsonb) as r(type text, order_id bigint, line_id bigint, schedule_id bigint, document_number text,
        document_line_number int, document_schedule_number int, item_number text, quantity numeric, effect numeric, price numeric, uom text, organization text, subinventory text,
        transaction_date timestamptz, comments text, portions jsonb)),
    transactions as (
      insert into receiving_transactions (id, receipt_id, type, order_id, line_id, schedule_id, document_number, document_line_number, document_schedule_number, item_number,
        quantity, effect, amount, uom, organization, subinventory, transaction_date, comments, status)
      select n.id, h.id, n.type, n.order_id, n.line_id, n.schedule_id, n.document_number, n.document_line_number, n.document_schedule_number, n.item_number,
        n.quantity, n.effect, round(n.effect * n.price, 2), n.uom, n.organization, n.subinventory, n.transaction_date, n.comments, 'SUCCESS'
      from numbered n, header h returning id),
    progress as (
      update purchase_order_schedules d set received_quantity = d.received_quantity + n.effect
      from (select schedule_id, sum(effect) as effect from numbered group by schedule_id) n where d.id = n.schedule_id returning d.id),
    movements as (
      insert into stock_movements (organization, subinventory, item_number, lot, serial, expires_on, quantity, unit_cost, value, type, reference, receiving_transaction_id)
      select n.organization, n.subinventory, n.item_number, p.lot, p.serial, p.expires_on, p.quantity, i.unit_cost, round(p.quantity * i.unit_cost, 2),
        'Purchase Order Receipt', h.number, t.id
      from transactions t join numbered n on n.id = t.id join items i on i.number = n.item_number cross join header h
      cross join jsonb_to_recordset(n.portions) as p(lot text, serial text, expires_on date, quantity numeric))
    select id::text from header`, [JSON.stringify(header), JSON.stringify(transactions)]);
  return result[0]!.id;
}

async function keepRejected(erp: Erp, header: object, lines: readonly Line[], rejection: Rejection): Promise<string> {
  const rows = lines.map(({ detail: _detail, routing: _routing, ...line }) => ({ ...line, type: 'RECEIVE' }));
  const result = await erp.books.rows<{ id: string }>(`
    with header as (
      insert into receipts (supplier_id, organization, receipt_source, packing_slip, shipment_number, comments, status, error_code, error_explanation)
      select supplier_id, organization, receipt_source, packing_slip, shipment_number, comments, 'ERROR', $3, $4
      from jsonb_populate_record(null::receipts, $1::jsonb) returning id),
    lines as (
      insert into receiving_transactions (receipt_id, type, document_number, document_line_number, document_schedule_number, item_number, quantity, uom, organization,
        subinventory, transaction_date, comments, status, error_code, error_explanation)
      select h.id, type, document_number, document_line_number, document_schedule_number, item_number, quantity, uom, organization,
        subinventory, transaction_date, comments, 'ERROR', $3, $4
      from header h, jsonb_populate_recordset(null::receiving_transactions, $2::jsonb))
    select id::text from header`, [JSON.stringify(header), JSON.stringify(rows), rejection.code, rejection.message]);
  return result[0]!.id;
}
