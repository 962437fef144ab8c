import type { ErpInvoice, Payment } from '#contracts/generated/system/erp/v1.ts';
import type { Invoice, OrderLine, PaymentMove } from '../records.ts';
import type { Row } from '../record.ts';
import { idOf } from '../stamp.ts';
import { decimalText } from './amounts.ts';
import { unitCodeOf } from './units.ts';

const STATUS: Record<string, ErpInvoice['status']> = { draft: 'entered', validated: 'entered', posted: 'validated', paid: 'paid', cancelled: 'cancelled' };

/** A posted invoice is a validated one: payable and in the ledger. @returns undefined for one without an order */
export function invoiceOf(row: Row<typeof Invoice>, orderLines: Map<number, Row<typeof OrderLine>>, units: Record<string, string>): ErpInvoice | undefined {
  const lines = row['lines.'].filter((line) => orderLines.has(idOf(line.origin))).toSorted((a, b) => a.id - b.id);
  const orderNumber = lines[0] && orderLines.get(idOf(lines[0].origin))!['purchase.'].number;
  if (!orderNumber || !row.reference) return undefined;
  return {
    number: row.number ?? String(row.id), reference: row.description || row.reference, supplierNumber: row['party.'].code, invoiceNumber: row.reference, orderNumber,
    invoicedOn: row.invoice_date ?? '', currency: row['currency.'].code, total: decimalText(row.total_amount), status: STATUS[row.state] ?? 'entered',
    lines: lines.map((line) => ({
      orderLine: orderLines.get(idOf(line.origin))!.sequence ?? 1, itemNumber: line['product.']?.code ?? '', quantity: line.quantity ?? 0,
      unit: unitCodeOf(line['unit.']?.symbol ?? '', units), unitPrice: decimalText(line.unit_price ?? '0'), amount: decimalText(line.amount ?? '0'),
    })),
  };
}

/** A payment is a posted entry that takes from what is owed for the invoice. */
export function paymentOf(move: Row<typeof PaymentMove>, invoice: Row<typeof Invoice>): Payment | undefined {
  const paid = move['lines.'].find((line) => line.account === invoice.account && Number(line.debit) > 0);
  if (!paid || !invoice.reference) return undefined;
  const number = move.post_number ?? move.number;
  return {
    number, reference: move.description || number, supplierNumber: invoice['party.'].code, invoiceNumber: invoice.reference,
    amount: decimalText(paid.debit), currency: invoice['currency.'].code, paidOn: move.date,
  };
}
