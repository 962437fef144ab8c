import Big from 'big.js';
import type { NewPurchaseOrder, NewPurchaseOrderLine, PurchaseOrder, PurchaseOrderChange, PurchaseOrderLine } from '#contracts/generated/system/erp/v1.ts';
import { chargeIn } from '../combination.ts';
import { exact } from '../exact-json.ts';
import { facilityOfOrganization } from '../facilities.ts';
import type { Row } from '../record.ts';
import type * as records from '../records.ts';
import type { FusionSettings } from '../settings.ts';
import { money, price, quantity, total } from './amounts.ts';
import { printCharges, readCharges } from './charges.ts';
import { unitOf, vendorUnit } from './master-data.ts';
import type { Place } from './place.ts';
import { referenceOf, textOf } from './reference.ts';

export type OrderRow = Row<typeof records.Order>;
export type OrderLineRow = OrderRow['lines'][number];

export interface PlacedOrderLine extends NewPurchaseOrderLine {
  place: Place;
  /** Line of the requisition that asked for it. */
  requisitionLine?: string | undefined;
}

/** Longest description of an order header. @source Oracle, table PO_HEADERS_ALL, column COMMENTS */
const LONGEST_DESCRIPTION = 240;

export function orderBody(body: NewPurchaseOrder, lines: readonly PlacedOrderLine[], site: string | undefined, { businessUnit, unitCodes }: FusionSettings): object {
  return {
    ProcurementBU: businessUnit, RequisitioningBU: businessUnit, BillToBU: businessUnit, SupplierNumber: body.supplierNumber, SupplierSite: site, CurrencyCode: body.currency,
    ReferenceNumber: body.reference, Description: describe(body),
    lines: lines.map((line) => ({
      LineNumber: line.line, LineTypeCode: 'Goods', Item: line.itemNumber, Description: line.description || undefined, Quantity: exact(line.quantity), UOMCode: vendorUnit(line.unit, unitCodes), Price: exact(line.unitPrice),
      ...(line.requisitionLine === undefined ? {} : { RequisitionNumber: body.requisitionNumber, RequisitionLineNumber: exact(line.requisitionLine) }),
      schedules: [{
        ScheduleNumber: 1, Quantity: exact(line.quantity), ShipToOrganizationCode: line.place.organization, DestinationTypeCode: line.place.destination, PromisedDeliveryDate: line.promisedOn,
        distributions: [{ DistributionNumber: 1, POChargeAccount: line.place.chargeAccount, DestinationSubinventory: line.place.subinventory }],
      }],
    })),
  };
}

function describe({ description = '', lines }: NewPurchaseOrder): string {
  const charges = printCharges(lines);
  return `${description.slice(0, Math.max(0, LONGEST_DESCRIPTION - charges.length - 1))} ${charges}`.trimStart();
}

/** A line that was received takes no item any more, be it its own: an item is named where it is to become another. */
export function changeBody(before: OrderRow, { lines }: PurchaseOrderChange, description: string): object {
  return {
    ChangeOrderDescription: description,
    lines: lines.map(({ line, itemNumber, quantity: amount, unitPrice, promisedOn, cancel }) => (cancel
      ? { LineNumber: line, CancelUnfulfilledDemandFlag: true }
      : {
        LineNumber: line, ...(itemNumber === lineOf(before, line)?.Item ? {} : { Item: itemNumber }), ...(amount === undefined ? {} : { Quantity: exact(amount) }), ...(unitPrice === undefined ? {} : { Price: exact(unitPrice) }),
        ...(promisedOn === undefined ? {} : { schedules: [{ ScheduleNumber: 1, PromisedDeliveryDate: promisedOn }] }),
      })),
  };
}

/** Whether the order stands as a change wants it. A change says how lines shall be, so this can be seen. */
export function isInEffect(row: OrderRow, { lines }: PurchaseOrderChange): boolean {
  return lines.every((wanted) => {
    const line = lineOf(row, wanted.line);
    if (!line) return false;
    if (wanted.cancel) return isCancelled(line);
    return (wanted.itemNumber === undefined || wanted.itemNumber === line.Item) && (wanted.quantity === undefined || new Big(line.Quantity).eq(wanted.quantity))
      && (wanted.unitPrice === undefined || new Big(line.Price).eq(wanted.unitPrice)) && (wanted.promisedOn === undefined || wanted.promisedOn === line.schedules[0]?.PromisedDeliveryDate?.slice(0, 10));
  });
}

export function lineOf(row: OrderRow, line: number): OrderLineRow | undefined {
  return row.lines.find((each) => Number(each.LineNumber) === line);
}

export const isCancelled = (line: OrderLineRow) => line.Status.toUpperCase() === 'CANCELED';
export const receivedOf = (line: OrderLineRow) => total(line.schedules.map((schedule) => schedule.ReceivedQuantity));
export const billedOf = (line: OrderLineRow) => total(line.schedules.map((schedule) => schedule.BilledQuantity));

/** Everything that the vendor's states mean: an order that awaits no more goods, or no more bills, is open for the rest. */
export const ORDER_STATES: Readonly<Record<PurchaseOrder['status'], readonly string[]>> = {
  draft: ['INCOMPLETE', 'PENDING APPROVAL', 'REJECTED'],
  open: ['OPEN', 'ON HOLD', 'PENDING CHANGE APPROVAL', 'PENDING SUPPLIER ACKNOWLEDGMENT', 'CLOSED FOR RECEIVING', 'CLOSED FOR INVOICING'],
  closed: ['CLOSED', 'FINALLY CLOSED'],
  cancelled: ['CANCELED'],
};

export function orderStatusOf(row: Pick<OrderRow, 'Status'>): PurchaseOrder['status'] {
  const status = row.Status.toUpperCase();
  return (Object.keys(ORDER_STATES) as PurchaseOrder['status'][]).find((ours) => ORDER_STATES[ours].includes(status)) ?? 'draft';
}

export function organizationOf(row: OrderRow): string {
  return row.lines[0]?.schedules[0]?.ShipToOrganizationCode ?? 'NONE';
}

export function orderOf(row: OrderRow, settings: FusionSettings): PurchaseOrder {
  const charges = readCharges(row.Description);
  const requisitionNumber = row.lines.find((line) => line.RequisitionNumber)?.RequisitionNumber;
  const status = orderStatusOf(row);
  const location = row.lines.flatMap((line) => line.schedules).flatMap((schedule) => schedule.distributions).find((each) => each.DestinationSubinventory)?.DestinationSubinventory;
  return {
    number: row.OrderNumber, reference: referenceOf(row.ReferenceNumber, row.OrderNumber), ...(requisitionNumber ? { requisitionNumber } : {}), supplierNumber: row.SupplierNumber,
    facility: facilityOfOrganization(settings, organizationOf(row)), ...(location ? { location } : {}), status, currency: row.CurrencyCode, total: money(row.Total),
    lines: row.lines.map((line) => orderLineOf(line, status, charges, settings)).toSorted((a, b) => a.line - b.line),
  };
}

function orderLineOf(line: OrderLineRow, status: PurchaseOrder['status'], charges: ReturnType<typeof readCharges>, settings: FusionSettings): PurchaseOrderLine {
  const [schedule] = line.schedules;
  const promisedOn = schedule?.PromisedDeliveryDate;
  const charged = schedule?.DestinationTypeCode === 'EXPENSE' ? chargeIn(settings.chart, schedule.distributions[0]?.POChargeAccount ?? '') : charges.get(Number(line.LineNumber));
  const description = textOf(line.Description);
  const ended = status === 'cancelled' || isCancelled(line) ? 'cancelled' as const : undefined;
  return {
    line: Number(line.LineNumber), itemNumber: line.Item ?? 'NO-ITEM', ...(description ? { description } : {}), quantity: quantity(line.Quantity), unit: unitOf(line.UOMCode, settings.unitCodes), unitPrice: price(line.Price),
    ...(charged?.costCenter ? { costCenter: charged.costCenter } : {}), ...(charged?.account ? { account: charged.account } : {}), ...(promisedOn ? { promisedOn: promisedOn.slice(0, 10) } : {}),
    status: ended ?? (status === 'closed' ? 'closed' : 'open'), receivedQuantity: quantity(receivedOf(line)), invoicedQuantity: quantity(billedOf(line)),
  };
}
