import Big from 'big.js';
import type { Body } from './adf/body.ts';
import { AdfError } from './adf/errors.ts';
import { detailOf, sqlState } from './database.ts';
import type { Erp, Operation } from './operation.ts';

export const NOT_ENOUGH_FUNDS = 'EB002';

/** POST purchaseRequisitions: stays incomplete until it is submitted. */
export const createRequisition: Operation = async (erp, body) => {
  const header = {
    requisitioning_bu: body.needText('RequisitioningBU'),
    preparer_email: body.text('PreparerEmail'),
    description: body.text('Description'),
    justification: body.text('Justification'),
    externally_managed: body.flag('ExternallyManagedFlag') ?? false,
    interface_source_code: body.text('InterfaceSourceCode'),
  };
  const lines = body.list('lines').map((line, index) => requisitionLine(erp, line, index + 1));
  body.finish();
  const rows = await erp.books.rows<{ id: string }>(`
    with header as (
      insert into requisitions (requisitioning_bu, preparer_email, description, justification, externally_managed, interface_source_code)
      select requisitioning_bu, preparer_email, description, justification, externally_managed, interface_source_code
      from jsonb_populate_record(null::requisitions, $1::jsonb) returning id),
    lines as (
      insert into requisition_lines (requisition_id, line_number, item_number, description, quantity, uom, price, amount, supplier_number, supplier_site,
        requested_date, destination_type, organization, subinventory, charge_account, urgent)
      select header.id, line_number, item_number, description, quantity, uom, price, round(quantity * price, 2), supplier_number, supplier_site,
        requested_date, destination_type, organization, subinventory, charge_account, urgent
      from header, jsonb_populate_recordset(null::requisition_lines, $2::jsonb) returning id)
    select id::text from header`, [JSON.stringify(header), JSON.stringify(lines)]);
  return { kind: 'created', id: rows[0]!.id, expand: 'lines' };
};

function requisitionLine(erp: Erp, line: Body, number: number) {
  line.ignore('LineTypeCode', 'LineType', 'CategoryName', 'Currency', 'CurrencyCode', 'NegotiatedByPreparerFlag', 'RequesterEmail', 'DeliverToLocationCode', 'NoteToBuyer', 'ManufacturerName');
  const itemNumber = line.text('Item');
  const item = itemNumber === undefined ? undefined : erp.master.item(itemNumber, `/lines/${number - 1}/Item`);
  const quantity = line.needDecimal('Quantity');
  if (new Big(quantity).lte(0)) throw new AdfError(400, 'The quantity must be greater than zero.', 'POR-2010915', `/lines/${number - 1}/Quantity`);
  const uom = unitOf(erp, line) ?? item?.purchasing_uom ?? 'EA';
  if (item && !erp.master.factor(item, uom)) throw new AdfError(400, `The unit of measure ${uom} is not valid for the item ${item.number}.`, 'POR-2010921', `/lines/${number - 1}/UOMCode`);
  const supplier = line.has('SupplierNumber') || line.has('Supplier') ? erp.master.supplier({ number: line.text('SupplierNumber'), name: line.text('Supplier') }) : undefined;
  const place = destination(erp, line, `/lines/${number - 1}`);
  return {
    line_number: line.whole('LineNumber') ?? number,
    item_number: item?.number,
    description: line.text('ItemDescription') ?? item?.description ?? line.needText('ItemDescription'),
    quantity,
    uom,
    price: line.decimal('Price') ?? (item && uom === item.purchasing_uom ? item.list_price : line.needDecimal('Price')),
    supplier_number: supplier?.number,
    supplier_site: line.text('SupplierSite'),
    requested_date: line.date('RequestedDeliveryDate'),
    ...place,
    charge_account: chargeAccount(erp, line),
    urgent: line.flag('UrgentFlag') ?? false,
  };
}

export function unitOf(erp: Erp, line: Body): string | undefined {
  const text = line.text('UOMCode') ?? line.text('UOM');
  line.ignore('UOM');
  if (text === undefined) return undefined;
  const code = erp.master.uom(text);
  if (code === undefined) throw new AdfError(400, `The unit of measure ${text} is not valid.`, 'INV-2569121', '/UOMCode');
  return code;
}

function destination(erp: Erp, line: Body, path: string) {
  const organization = line.needText('DestinationOrganizationCode');
  if (!erp.master.hasOrganization(organization)) throw new AdfError(400, `The organization ${organization} is not valid.`, 'INV-2569001', `${path}/DestinationOrganizationCode`);
  const type = (line.text('DestinationTypeCode') ?? 'EXPENSE').toUpperCase();
  const subinventory = line.text('DestinationSubinventory');
  if (type === 'INVENTORY' && !erp.master.hasLocation(organization, subinventory ?? '')) {
    throw new AdfError(400, `The subinventory ${subinventory ?? ''} is not valid in organization ${organization}.`, 'INV-2569002', `${path}/DestinationSubinventory`);
  }
  return { organization, destination_type: type, subinventory };
}

function chargeAccount(erp: Erp, line: Body): string {
  const distributions = line.list('distributions');
  for (const each of distributions) each.ignore('Percentage', 'Quantity', 'DistributionNumber');
  if (distributions.length > 1) throw new AdfError(400, 'This system keeps one distribution per line.', 'POR-2010999', '/lines/distributions');
  const account = distributions[0]?.needText('ChargeAccount') ?? line.needText('ChargeAccount');
  line.ignore('ChargeAccount');
  return erp.master.combination(account, erp.today()).combination;
}

/** POST purchaseRequisitions/{id}/action/submitRequisition: approves at once, reserves the budget. */
export const submitRequisition: Operation = async (erp, body, [id]) => {
  body.finish();
  try {
    const rows = await erp.books.rows<{ id: string }>(`
      with submitted as (
        update requisitions set status = 'Approved', submitted_at = now()
        where id = $1 and status = 'Incomplete' and exists (select 1 from requisition_lines where requisition_id = $1) returning id),
      entries as (
        insert into budget_entries (cost_centre, fiscal_year, kind, amount, checked, document, document_id)
        select k.cost_centre, $2::int, 'commitment', sum(l.amount), true, 'REQUISITION', s.id
        from submitted s join requisition_lines l on l.requisition_id = s.id join account_combinations k on k.combination = l.charge_account
        where k.cost_centre <> '0000' group by k.cost_centre, s.id)
      select id::text from submitted`, [id, erp.now().getUTCFullYear()]);
    if (!rows[0]) throw new AdfError(400, 'The requisition has no lines or its status does not allow it to be submitted.', 'POR-2010140');
  } catch (error) {
    if (sqlState(error) === NOT_ENOUGH_FUNDS) throw new AdfError(400, `The requisition failed the funds check. ${detailOf(error)}`, 'XCC-1340010');
    throw error;
  }
  return { kind: 'result', result: 'SUCCESS' };
};

/** POST purchaseRequisitions/{id}/action/cancelRequisition: gives back what was reserved for lines not yet ordered. */
export const cancelRequisition: Operation = async (erp, body, [id]) => {
  body.ignore('reason');
  body.finish();
  const rows = await erp.books.rows<{ id: string }>(`
    with cancelled as (
      update requisitions set status = 'Canceled', cancelled_at = now()
      where id = $1 and status <> 'Canceled' and not exists (select 1 from requisition_lines where requisition_id = $1 and order_number is not null) returning id),
    entries as (
      insert into budget_entries (cost_centre, fiscal_year, kind, amount, checked, document, document_id)
      select e.cost_centre, e.fiscal_year, 'commitment', -sum(e.amount), false, 'REQUISITION', e.document_id
      from cancelled c join budget_entries e on e.document = 'REQUISITION' and e.document_id = c.id
      group by e.cost_centre, e.fiscal_year, e.document_id having sum(e.amount) <> 0)
    select id::text from cancelled`, [id]);
  if (!rows[0]) throw new AdfError(400, 'The requisition is canceled already or has lines on a purchase order.', 'POR-2010141');
  return { kind: 'result', result: 'SUCCESS' };
};

/** DELETE purchaseRequisitions/{id}: only while it is incomplete. */
export const deleteRequisition: Operation = async (erp, _body, [id]) => {
  const rows = await erp.books.rows<{ id: string }>("delete from requisitions where id = $1 and status = 'Incomplete' returning id::text", [id]);
  if (!rows[0]) throw new AdfError(400, 'Only an incomplete requisition can be deleted.', 'POR-2010142');
  return { kind: 'deleted' };
};
