import Big from 'big.js';
import type { Body } from './adf/body.ts';
import { AdfError } from './adf/errors.ts';
import { detailOf, sqlState } from './database.ts';
import type { MasterSupplier } from './master.ts';
import type { Erp, Operation } from './operation.ts';
import { NOT_ENOUGH_FUNDS, unitOf } from './requisitions.ts';
import { applyChangeOrder } from './change-orders.ts';

/** POST draftPurchaseOrders: an order with a number, not yet binding and not yet reserved in the budget. */
export const createDraftOrder: Operation = async (erp, body) => {
  body.ignore('DocumentStyle', 'RequisitioningBU', 'SoldToLegalEntity', 'BillToBU', 'BillToLocationCode', 'DefaultShipToLocationCode', 'Buyer', 'CommunicationMethod', 'RequiredAcknowledgment');
  const supplier = erp.master.supplier({ number: body.text('SupplierNumber'), name: body.text('Supplier') });
  if (supplier.status !== 'ACTIVE') throw new AdfError(400, `The supplier ${supplier.number} is inactive.`, 'PO-2055210', '/Supplier');
  const site = purchasingSite(supplier, body.text('SupplierSite'));
  const header = {
    supplier_id: supplier.id,
    supplier_site: site,
    procurement_bu: body.needText('ProcurementBU'),
    buyer_email: body.text('BuyerEmail'),
    currency: body.text('CurrencyCode') ?? 'USD',
    payment_terms: body.text('PaymentTerms') ?? supplier.payment_terms,
    description: body.text('Description'),
    reference_number: body.text('ReferenceNumber'),
    note_to_supplier: body.text('NoteToSupplier'),
    supplier_order: body.text('SupplierOrder'),
  };
  if (erp.master.dueDays(header.payment_terms) === undefined) throw new AdfError(400, `The payment terms ${header.payment_terms} are not valid.`, 'PO-2055211', '/PaymentTerms');
  if (header.currency !== 'USD') throw new AdfError(400, `The currency ${header.currency} is not valid for this business unit.`, 'PO-2055212', '/CurrencyCode');
  const parsed = body.list('lines').map((line, index) => orderLine(erp, line, index + 1));
  body.finish();
  const lines = parsed.map(({ schedules: _, ...line }) => line);
  const schedules = parsed.flatMap((line) => line.schedules.map((schedule) => ({ line_number: line.line_number, ...schedule })));
  const rows = await erp.books.rows<{ id: string }>(`
    with header as (
      insert into purchase_orders (supplier_id, supplier_site, procurement_bu, buyer_email, currency, payment_terms, description, reference_number, note_to_supplier, supplier_order)
      select supplier_id, supplier_site, procurement_bu, buyer_email, currency, payment_terms, description, reference_number, note_to_supplier, supplier_order
      from jsonb_populate_record(null::purchase_orders, $1::jsonb) returning id),
    lines as (
      insert into purchase_order_lines (order_id, line_number, item_number, description, uom, price, requisition_number, requisition_line_number)
      select header.id, line_number, item_number, description, uom, price, requisition_number, requisition_line_number
      from header, jsonb_populate_recordset(null::purchase_order_lines, $2::jsonb) returning id, line_number),
    schedules as (
      insert into purchase_order_schedules (order_id, line_id, schedule_number, quantity, organization, destination_type, subinventory, requested_date, promised_date, charge_account)
      select header.id, lines.id, r.schedule_number, r.quantity, r.organization, r.destination_type, r.subinventory, r.requested_date, r.promised_date, r.charge_account
      from header, lines join jsonb_to_recordset($3::jsonb) as r(line_number int, schedule_number int, quantity numeric, organization text, destination_type text,
        subinventory text, requested_date date, promised_date date, charge_account text) on r.line_number = lines.line_number
      returning id)
    select id::text from header`, [JSON.stringify(header), JSON.stringify(lines), JSON.stringify(schedules)]);
  return { kind: 'created', id: rows[0]!.id, expand: 'lines.schedules' };
};

function purchasingSite(supplier: MasterSupplier, code: string | undefined): string {
  const site = supplier.sites.find((each) => each.purchasing && (code === undefined || each.code === code));
  if (!site) throw new AdfError(400, `The supplier site ${code ?? ''} is not a purchasing site of ${supplier.number}.`, 'PO-2055213', '/SupplierSite');
  return site.code;
}

function orderLine(erp: Erp, line: Body, number: number) {
  const path = `/lines/${number - 1}`;
  line.ignore('LineType', 'LineTypeCode', 'Category', 'CategoryName', 'SupplierItem', 'NegotiatedFlag');
  const itemNumber = line.text('Item');
  const item = itemNumber === undefined ? undefined : erp.master.item(itemNumber, `${path}/Item`);
  const uom = unitOf(erp, line) ?? item?.purchasing_uom ?? 'EA';
  if (item && !erp.master.factor(item, uom)) throw new AdfError(400, `The unit of measure ${uom} is not valid for the item ${item.number}.`, 'PO-2055214', `${path}/UOMCode`);
  const quantity = positive(line, 'Quantity', path);
  const children = line.list('schedules');
  const schedules = (children.length > 0 ? children : [line]).map((schedule, index) => orderSchedule(erp, schedule, index + 1, quantity, path));
  const scheduled = schedules.reduce((sum, schedule) => sum.plus(schedule.quantity), new Big(0));
  if (!scheduled.eq(quantity)) throw new AdfError(400, 'The quantities of the schedules do not add up to the quantity of the line.', 'PO-2055215', `${path}/schedules`);
  return {
    line_number: line.whole('LineNumber') ?? number,
    item_number: item?.number,
    description: line.text('Description') ?? line.text('ItemDescription') ?? item?.description ?? line.needText('Description'),
    uom,
    price: line.needDecimal('Price'),
    requisition_number: line.text('RequisitionNumber'),
    requisition_line_number: line.whole('RequisitionLineNumber'),
    schedules,
  };
}

function orderSchedule(erp: Erp, schedule: Body, number: number, lineQuantity: string, path: string) {
  schedule.ignore('ShipToLocationCode', 'DestinationType', 'InvoiceMatchOption', 'ReceiptRouting');
  const organization = schedule.needText('ShipToOrganizationCode');
  if (!erp.master.hasOrganization(organization)) throw new AdfError(400, `The organization ${organization} is not valid.`, 'PO-2055216', `${path}/ShipToOrganizationCode`);
  const distributions = schedule.list('distributions');
  if (distributions.length > 1) throw new AdfError(400, 'This system keeps one distribution per schedule.', 'PO-2055299', `${path}/distributions`);
  const distribution = distributions[0] ?? schedule;
  distribution.ignore('DistributionNumber', 'Quantity', 'DeliverToLocationCode', 'RequesterEmail');
  const type = (schedule.text('DestinationTypeCode') ?? 'EXPENSE').toUpperCase();
  if (type !== 'EXPENSE' && type !== 'INVENTORY') throw new AdfError(400, `The destination type ${type} is not valid.`, 'PO-2055217', `${path}/DestinationTypeCode`);
  const subinventory = distribution.text('DestinationSubinventory');
  if (type === 'INVENTORY' && !erp.master.hasLocation(organization, subinventory ?? '')) {
    throw new AdfError(400, `The subinventory ${subinventory ?? ''} is not valid in organization ${organization}.`, 'PO-2055218', `${path}/DestinationSubinventory`);
  }
  return {
    schedule_number: schedule.whole('ScheduleNumber') ?? number,
    quantity: schedule.decimal('Quantity') ?? lineQuantity,
    organization,
    destination_type: type,
    subinventory,
    requested_date: schedule.date('RequestedDeliveryDate'),
    promised_date: schedule.date('PromisedDeliveryDate'),
    charge_account: erp.master.combination(distribution.needText('POChargeAccount'), erp.today()).combination,
  };
}

function positive(line: Body, name: string, path: string): string {
  const text = line.needDecimal(name);
  if (new Big(text).lte(0)) throw new AdfError(400, `The ${name.toLowerCase()} must be greater than zero.`, 'PO-2055219', `${path}/${name}`);
  return text;
}

/**
 * POST draftPurchaseOrders/{id}/action/submit: opens the order, or carries out its pending change order, and reserves
 * the budget. Without validation a failed funds check is not an error of the call: the answer is Success and the order
 * stays incomplete with FundsStatus Failed, as a submission that runs behind the answer leaves it.
 */
export const submitOrder: Operation = async (erp, body, [id]) => {
  const validate = body.flag('validateFlag') ?? false;
  body.ignore('bypassApprovalsFlag');
  body.finish();
  const year = erp.now().getUTCFullYear();
  try {
    const opened = await erp.books.rows<{ id: string }>(OPEN_ORDER, [id, year]);
    if (opened[0]) return { kind: 'result', result: 'Success' };
    await applyChangeOrder(erp, id!, year);
  } catch (error) {
    if (sqlState(error) !== NOT_ENOUGH_FUNDS) throw error;
    if (validate) throw new AdfError(400, `The purchase order failed the funds check. ${detailOf(error)}`, 'XCC-1340010');
    await erp.books.rows("update purchase_orders set funds_status = 'Failed' where id = $1", [id]);
  }
  return { kind: 'result', result: 'Success' };
};

const OPEN_ORDER = `
  with submitted as (
    update purchase_orders set status = 'OPEN', funds_status = 'Reserved', submitted_at = now()
    where id = $1 and status = 'INCOMPLETE' and exists (select 1 from purchase_order_lines where order_id = $1) returning id, number),
  reserved as (
    update purchase_order_schedules d set reserved = round(d.quantity * l.price, 2)
    from submitted s, purchase_order_lines l, account_combinations k
    where d.order_id = s.id and l.id = d.line_id and k.combination = d.charge_account and k.cost_centre <> '0000'
    returning k.cost_centre, d.reserved),
  ordered as (
    update requisition_lines q set order_number = s.number
    from submitted s join purchase_order_lines l on l.order_id = s.id join requisitions h on h.number = l.requisition_number
    where q.requisition_id = h.id and q.line_number = l.requisition_line_number and q.order_number is null and h.status = 'Approved'
    returning q.requisition_id, q.charge_account, q.amount),
  entries as (
    insert into budget_entries (cost_centre, fiscal_year, kind, amount, checked, document, document_id)
    select cost_centre, $2::int, 'obligation', sum(reserved), true, 'ORDER', $1::bigint from reserved group by cost_centre
    union all
    select k.cost_centre, $2::int, 'commitment', -sum(o.amount), false, 'REQUISITION', o.requisition_id
    from ordered o join account_combinations k on k.combination = o.charge_account
    where k.cost_centre <> '0000' group by k.cost_centre, o.requisition_id)
  select id::text from submitted`;

/** POST purchaseOrders/{id}/action/cancel: only while nothing has been received or billed. */
/** The requisition behind goes with the order, unless other lines of it are still wanted. Its money was the order's already. */
const CANCEL_DEMAND = `
  update requisitions r set status = 'Canceled', cancelled_at = now()
  where r.id in (select l.requisition_id from requisition_lines l join purchase_orders o on o.number = l.order_number where o.id = $1)
    and not exists (
      select 1 from requisition_lines l left join purchase_orders o on o.number = l.order_number
      where l.requisition_id = r.id and coalesce(o.status, '') <> 'CANCELED')`;

export const cancelOrder: Operation = async (erp, body, [id]) => {
  const endsDemand = body.text('cancelUnfulfilledDemandFlag') === 'true';
  body.ignore('cancellationReason', 'initiatingParty', 'communicationMethod', 'email', 'fax');
  body.finish();
  await endOrder(erp, id!, `status = 'CANCELED', cancelled_at = now()`, `
    and o.status in ('OPEN', 'INCOMPLETE')
    and not exists (select 1 from purchase_order_schedules d where d.order_id = o.id and (d.received_quantity > 0 or d.billed_quantity > 0))`,
  'The purchase order cannot be canceled: it is closed, or has been received or billed.', 'PO-2055220');
  if (endsDemand) await erp.books.rows(CANCEL_DEMAND, [id]);
  return { kind: 'result', result: 'Success' };
};

const closings: Readonly<Record<string, string>> = {
  CLOSE_FOR_RECEIVING: 'closed_for_receiving = true',
  CLOSE_FOR_INVOICING: 'closed_for_invoicing = true',
  CLOSE: "status = 'CLOSED', closed_at = now()",
  FINALLY_CLOSE: "status = 'FINALLY CLOSED', closed_at = now()",
};

/** POST purchaseOrders/{id}/action/close. Closing finally gives back what is still reserved. */
export const closeOrder: Operation = async (erp, body, [id]) => {
  const action = (body.text('closeAction') ?? 'CLOSE').toUpperCase().replaceAll(' ', '_');
  body.ignore('reason');
  body.finish();
  const change = closings[action];
  if (change === undefined) throw new AdfError(400, `The close action ${action} is not valid.`, 'PO-2055221', '/closeAction');
  const statuses = action === 'FINALLY_CLOSE' ? "('OPEN', 'CLOSED')" : "('OPEN')";
  if (action === 'FINALLY_CLOSE') {
    await endOrder(erp, id!, change, `and o.status in ${statuses}`, 'The status of the purchase order does not allow it to be closed.', 'PO-2055222');
  } else {
    const rows = await erp.books.rows(`update purchase_orders o set ${change} where o.id = $1 and o.status in ${statuses} returning 1 as done`, [id]);
    if (rows.length === 0) throw new AdfError(400, 'The status of the purchase order does not allow it to be closed.', 'PO-2055222');
  }
  return { kind: 'result', result: 'Success' };
};

async function endOrder(erp: Erp, id: string, change: string, condition: string, refusal: string, code: string): Promise<void> {
  const rows = await erp.books.rows<{ id: string }>(`
    with ended as (update purchase_orders o set ${change}, funds_status = 'Liquidated' where o.id = $1 ${condition} returning o.id),
    released as (
      update purchase_order_schedules d set reserved = 0
      from ended e, (select id, reserved from purchase_order_schedules where order_id = $1) before, account_combinations k
      where d.order_id = e.id and before.id = d.id and k.combination = d.charge_account and before.reserved <> 0
      returning k.cost_centre, before.reserved),
    entries as (
      insert into budget_entries (cost_centre, fiscal_year, kind, amount, checked, document, document_id)
      select cost_centre, $2::int, 'obligation', -sum(reserved), false, 'ORDER', $1::bigint from released group by cost_centre)
    select id::text from ended`, [id, erp.now().getUTCFullYear()]);
  if (!rows[0]) throw new AdfError(400, refusal, code);
}

/** DELETE draftPurchaseOrders/{id}: only what was never opened. */
export const deleteDraftOrder: Operation = async (erp, _body, [id]) => {
  const rows = await erp.books.rows<{ id: string }>("delete from purchase_orders where id = $1 and status = 'INCOMPLETE' returning id::text", [id]);
  if (!rows[0]) throw new AdfError(400, 'Only an incomplete purchase order can be deleted.', 'PO-2055223');
  return { kind: 'deleted' };
};
