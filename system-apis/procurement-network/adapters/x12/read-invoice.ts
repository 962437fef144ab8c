import type { SupplierInvoice } from '#contracts/generated/system/procurement-network/v1.ts';
import { lineAmount } from '#chassis/money/money.ts';
import { readInvoice as readSet, type Invoice, type TransactionSet } from '#formats/x12/index.ts';
import { UnusableDocument } from '../../documents/unusable-document.ts';
import { lineMeant, type KnownOrder } from '../../orders/known-order.ts';
import { decimal, quantity } from '../../values.ts';
import { namedLine } from './named-line.ts';

export interface ReadInvoice {
  orderNumber: string | undefined;
  number: string;
  inWords(known: KnownOrder): SupplierInvoice;
}

/** BIG07 of what gives money back. @source ASC X12 data element 640 */
const CREDITS = new Set(['CN', 'CR']);
/** BIG08. */
const CANCELLATION = '01';

/** An 810. Taxes, freight and discounts have no lines in our words: they show as the difference to the total. @throws X12Error */
export function readInvoice(set: TransactionSet): ReadInvoice {
  const invoice = readSet(set);
  return { orderNumber: invoice.purchaseOrderNumber, number: invoice.number, inWords: (known) => inWords(invoice, known) };
}

function inWords(invoice: Invoice, known: KnownOrder): SupplierInvoice {
  if (invoice.type !== undefined && CREDITS.has(invoice.type)) throw new UnusableDocument('BIG07: credit notes are not taken');
  if (invoice.purpose === CANCELLATION) throw new UnusableDocument('BIG08: an invoice cannot be cancelled here');
  return {
    supplierNumber: known.order.supplierNumber, orderNumber: known.order.orderNumber, number: invoice.number, invoicedOn: invoice.date,
    currency: invoice.currency ?? known.order.currency, total: decimal(invoice.total, 'TDS01'),
    lines: invoice.lines.map((line, index) => {
      const place = `IT1 ${index + 1}`;
      if (line.unit === undefined) throw new UnusableDocument(`${place}, IT103: the unit is missing`);
      const billed = quantity(line.quantity, `${place}, IT102`);
      const unitPrice = decimal(line.unitPrice, `${place}, IT104`);
      // An 810 has no amount for a line: it is what quantity and price make.
      return { ...lineMeant(known, namedLine(line), place), quantity: billed, unit: line.unit, unitPrice, amount: lineAmount(billed, unitPrice) };
    }),
  };
}
