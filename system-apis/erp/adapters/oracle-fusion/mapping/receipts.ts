import Big from 'big.js';
import type { NewReceipt, Receipt, ReceiptLine, Tracking } from '#contracts/generated/system/erp/v1.ts';
import { exact } from '../exact-json.ts';
import type { Row } from '../record.ts';
import type * as records from '../records.ts';
import type { FusionSettings } from '../settings.ts';
import { dayOf, quantity, total } from './amounts.ts';
import { unitOf, vendorUnit } from './master-data.ts';
import { referenceOf } from './reference.ts';

export type ReceiptRow = Row<typeof records.ReceiptRequest>;
export type CompletedRow = Row<typeof records.CompletedTransaction>;

export interface PlacedReceiptLine extends ReceiptLine {
  scheduleNumber: string;
  /** Undefined where the goods are used up at once. */
  subinventory: string | undefined;
  /** What the item's control asks for. */
  controlled: { lot: boolean; serial: boolean };
}

export interface Supply {
  supplierNumber: string;
  organization: string;
}

export function receiptBody(body: NewReceipt, { supplierNumber, organization }: Supply, lines: readonly PlacedReceiptLine[], { unitCodes }: FusionSettings): object {
  return {
    ReceiptSourceCode: 'VENDOR', OrganizationCode: organization, VendorNumber: supplierNumber, Comments: body.reference, ShipmentNumber: body.shipNoticeNumber, TransactionDate: body.receivedOn,
    lines: lines.map((line) => ({
      SourceDocumentCode: 'PO', ReceiptSourceCode: 'VENDOR', TransactionType: 'RECEIVE', AutoTransactCode: 'DELIVER', DocumentNumber: body.orderNumber, DocumentLineNumber: line.orderLine,
      DocumentScheduleNumber: exact(line.scheduleNumber), ItemNumber: line.itemNumber, Quantity: exact(line.quantity), UOMCode: vendorUnit(line.unit, unitCodes), Subinventory: line.subinventory,
      ...trackingBody(line.quantity, line.tracking, line.subinventory === undefined ? { lot: false, serial: false } : line.controlled),
    })),
  };
}

/**
 * Lots and serials hang on a line by what the item is controlled by. A lot that nobody asked for is not kept: the
 * vendor keeps no lots of an item without lot control.
 */
function trackingBody(amount: number, { lot, serial, expiresOn }: Tracking = {}, controlled: { lot: boolean; serial: boolean }): object {
  const expiry = { LotExpirationDate: expiresOn };
  const lots = lot === undefined ? undefined : [{ LotNumber: lot, TransactionQuantity: exact(amount), ...expiry }];
  const serials = serial === undefined ? undefined : [{ FromSerialNumber: serial, ToSerialNumber: serial, ...expiry }];
  if (controlled.serial) return lots ? { lotSerialItemLots: lots, lotSerialItemSerials: serials } : { serialItemSerials: serials };
  return controlled.lot ? { lotItemLots: lots } : {};
}

/** @param completed what the receipt did to the stock */
export function receiptOf(row: ReceiptRow, completed: readonly CompletedRow[], settings: FusionSettings): Receipt {
  const received = row.lines.filter((line) => line.TransactionType === 'RECEIVE');
  const [first] = received;
  const location = received.find((line) => line.Subinventory)?.Subinventory;
  return {
    number: row.ReceiptNumber ?? row.HeaderInterfaceId, reference: referenceOf(row.Comments, row.ReceiptNumber ?? row.HeaderInterfaceId), orderNumber: first?.DocumentNumber ?? 'NONE',
    ...(location ? { location } : {}), receivedOn: dayOf(first?.TransactionDate ?? '1970-01-01T00:00:00Z'),
    lines: received.flatMap((line) => receivedLines(line, completed.filter((each) => each.ReceivingTransactionId === line.InterfaceTransactionId), settings)),
    value: total(received.map((line) => line.Amount)).toFixed(2), stockValue: total(completed.map((each) => each.TransactionValue)).toFixed(2), currency: settings.currency,
  };
}

/** One line for each lot or serial; the stock counts in its own unit, the receipt in the order's. */
function receivedLines(line: ReceiptRow['lines'][number], completed: readonly CompletedRow[], { unitCodes }: FusionSettings): ReceiptLine[] {
  const plain = { orderLine: Number(line.DocumentLineNumber ?? '1'), itemNumber: line.ItemNumber ?? 'NO-ITEM', quantity: quantity(line.Quantity), unit: unitOf(line.UOMCode ?? 'EA', unitCodes) };
  const stocked = total(completed.map((each) => each.TransactionQuantity));
  if (completed.length === 0 || stocked.eq(0)) return [plain];
  return completed.map((each) => {
    const tracking = trackingOf(each);
    const part = new Big(each.TransactionQuantity).times(line.Quantity).div(stocked);
    return { ...plain, quantity: quantity(part), ...(tracking ? { tracking } : {}) };
  });
}

/** Lot, serial number and expiry of a piece of stock; the expiry of what is not traced says nothing. */
export function trackingOf({ LotNumber: lot, SerialNumber: serial, LotExpirationDate: expiresOn }: Pick<CompletedRow, 'LotNumber' | 'SerialNumber' | 'LotExpirationDate'>): Tracking | undefined {
  if (!lot && !serial) return undefined;
  return { ...(lot ? { lot } : {}), ...(serial ? { serial } : {}), ...(expiresOn ? { expiresOn: expiresOn.slice(0, 10) } : {}) };
}
