import type { ErpInvoice, NewErpInvoice, NewPayment, Payment } from '#contracts/generated/system/erp/v1.ts';
import { exact } from '../exact-json.ts';
import type { Row } from '../record.ts';
import type * as records from '../records.ts';
import type { FusionSettings } from '../settings.ts';
import { money, price, quantity } from './amounts.ts';
import { unitOf, vendorUnit } from './master-data.ts';
import { referenceOf } from './reference.ts';

export type InvoiceRow = Row<typeof records.Invoice>;
export type PaymentRow = Row<typeof records.Payment>;

/** Only lines know their order, and the vendor finds invoices by header. */
export const orderMark = (orderNumber: string) => `Purchase order ${orderNumber}`;

export function invoiceBody(body: NewErpInvoice, site: string | undefined, { businessUnit, source, unitCodes }: FusionSettings): object {
  return {
    InvoiceNumber: body.invoiceNumber, InvoiceType: 'Standard', BusinessUnit: businessUnit, SupplierNumber: body.supplierNumber, SupplierSite: site, InvoiceAmount: exact(body.total), InvoiceCurrency: body.currency,
    InvoiceDate: body.invoicedOn, ReferenceKeyOne: body.reference, Description: orderMark(body.orderNumber), InvoiceSource: source,
    invoiceLines: body.lines.map((line, index) => ({
      LineNumber: index + 1, LineType: 'Item', LineAmount: exact(line.amount), Quantity: exact(line.quantity), UnitPrice: exact(line.unitPrice), UOM: vendorUnit(line.unit, unitCodes),
      PurchaseOrderNumber: body.orderNumber, PurchaseOrderLineNumber: line.orderLine, PurchaseOrderScheduleLineNumber: 1,
    })),
  };
}

/** Undefined for an invoice without an order, which the contract does not know. */
export function invoiceOf(row: InvoiceRow, { unitCodes }: FusionSettings): ErpInvoice | undefined {
  const matched = row.invoiceLines.filter((line) => line.PurchaseOrderNumber);
  const orderNumber = matched[0]?.PurchaseOrderNumber;
  if (!orderNumber) return undefined;
  return {
    number: row.InvoiceId, reference: referenceOf(row.ReferenceKeyOne, row.InvoiceId), supplierNumber: row.SupplierNumber, invoiceNumber: row.InvoiceNumber, orderNumber, invoicedOn: row.InvoiceDate.slice(0, 10),
    currency: row.InvoiceCurrency, total: money(row.InvoiceAmount), status: invoiceStatusOf(row),
    lines: matched.map((line) => ({
      orderLine: Number(line.PurchaseOrderLineNumber ?? '1'), itemNumber: line.Item ?? 'NO-ITEM', quantity: quantity(line.Quantity ?? '1'), unit: unitOf(line.UOM ?? 'EA', unitCodes),
      unitPrice: price(line.UnitPrice ?? line.LineAmount), amount: money(line.LineAmount),
    })),
  };
}

const VALIDATION: Readonly<Record<string, ErpInvoice['status']>> = { 'VALIDATED': 'validated', 'NOT VALIDATED': 'entered', 'CANCELED': 'cancelled' };

/** What needs validation again is on hold. @source Oracle Payables, lookup of the invoice validation status */
export function invoiceStatusOf(row: Pick<InvoiceRow, 'CanceledFlag' | 'PaidStatus' | 'ValidationStatus'>): ErpInvoice['status'] {
  if (row.CanceledFlag) return 'cancelled';
  if (row.PaidStatus.toUpperCase() === 'PAID') return 'paid';
  return VALIDATION[row.ValidationStatus.toUpperCase()] ?? 'held';
}

export function paymentBody(body: NewPayment, site: string | undefined, { businessUnit }: FusionSettings): object {
  return {
    BusinessUnit: businessUnit, PayeeNumber: body.supplierNumber, PayeeSite: site, PaymentDate: body.paidOn, PaymentCurrency: body.currency, PaymentDescription: body.reference,
    relatedInvoices: [{ InvoiceNumber: body.invoiceNumber, AmountPaidPaymentCurrency: exact(body.amount) }],
  };
}

/** One payment of the contract for each invoice that the vendor's payment pays. */
export function paymentsOf(row: PaymentRow): Payment[] {
  return row.relatedInvoices.map(({ InvoiceNumber: invoiceNumber, AmountPaidPaymentCurrency: amount }) => ({
    number: row.PaymentNumber, reference: referenceOf(row.PaymentDescription, row.PaymentNumber), supplierNumber: row.PayeeNumber, invoiceNumber, amount: money(amount), currency: row.PaymentCurrency, paidOn: row.PaymentDate.slice(0, 10),
  }));
}
