import { compare, sum } from '#chassis/money/money.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { ErpInvoice, NewErpInvoice } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { isRefusal, notFound, refused } from './errors.ts';
import { checkCurrency, type Fusion } from './fusion.ts';
import { invoiceBody, invoiceOf, invoiceStatusOf, orderMark, type InvoiceRow } from './mapping/invoices.ts';
import { findOrder } from './orders.ts';
import { pageById } from './pages.ts';
import { equals, where } from './query.ts';
import { brokenAnswer } from './record.ts';
import { Invoice, InvoiceHold } from './records.ts';
import { paySiteOf } from './suppliers.ts';

type Operations = Pick<ErpPort, 'createInvoice' | 'listInvoices' | 'getInvoice' | 'cancelInvoice'>;

/** Holds that say again what procure-to-pay has judged by its own tolerances, or people have accepted. */
const JUDGED_HOLDS = new Set(['PRICE', 'LINE VARIANCE', 'QUANTITY ORDERED', 'QUANTITY RECEIVED', 'QTY ORD', 'QTY REC']);
const NOT_VALIDATED_MS = 2_000;
const RELEASE = { ReleaseName: 'Matched', ReleaseReason: 'matched by procure-to-pay' };

interface InvoiceName { supplierNumber: string; invoiceNumber: string }

export function invoices(fusion: Fusion): Operations {
  const { client, settings, suppliers } = fusion;

  async function find({ supplierNumber, invoiceNumber }: InvoiceName): Promise<InvoiceRow | undefined> {
    const { items: [row] } = await client.page(Invoice, 'invoices', { where: [equals('InvoiceNumber', invoiceNumber), equals('SupplierNumber', supplierNumber)], expand: 'invoiceLines', limit: 1 });
    return row;
  }

  async function read(name: InvoiceName): Promise<InvoiceRow> {
    const row = await find(name);
    if (!row) throw notFound('unknown-invoice', 'The supplier has no such invoice.');
    return row;
  }

  async function entered(body: NewErpInvoice): Promise<InvoiceRow> {
    checkCurrency(fusion, body.currency);
    if (compare(sum(body.lines.map((line) => line.amount)), body.total) !== 0) throw refused('invoice-total-differs', 'The lines of the invoice do not add up to its total.');
    const supplier = await suppliers.named(body.supplierNumber);
    try {
      return await client.create(Invoice, 'invoices', invoiceBody(body, paySiteOf(supplier), settings));
    } catch (failure) {
      // The vendor's answer is the same for an order and for a line that is not there.
      if (failure instanceof ApiError && failure.code === 'unknown-order-line' && !(await findOrder(fusion, body.orderNumber))) throw refused('unknown-order', `The ERP has no order ${body.orderNumber}.`, failure);
      throw failure;
    }
  }

  /** Validates, and releases what holds the invoice for a reason that is settled. Other holds remain and need a person. */
  async function validated(row: InvoiceRow): Promise<InvoiceRow> {
    if (!isUnfinished(row)) return row;
    await validate(row);
    const after = await read(nameOf(row));
    if (!isUnfinished(after) || !(await released(after))) return after;
    await validate(after);
    return read(nameOf(after));
  }

  /** The invoice stands in the books, whatever is said of its validation: to pass a refusal on as one would mean that nothing was done. */
  async function finished(row: InvoiceRow): Promise<InvoiceRow> {
    try {
      return await validated(row);
    } catch (failure) {
      if (!isRefusal(failure)) throw failure;
      throw new ApiError('in-progress', `The ERP has the invoice and does not validate it: ${failure.message}`, { code: 'half-done', retryAfterMs: NOT_VALIDATED_MS, cause: failure });
    }
  }

  const validate = (row: InvoiceRow) => client.act('invoices/action/validateInvoice', { ...vendorName(nameOf(row)), ProcessAction: 'Validate' });

  async function released({ InvoiceId }: InvoiceRow): Promise<boolean> {
    const holds = await client.all(InvoiceHold, 'invoiceHolds', { where: [where(`InvoiceId = ${InvoiceId}`), where('ReleaseName is null')] });
    const judged = holds.filter((hold) => JUDGED_HOLDS.has(hold.HoldName.toUpperCase()));
    await Promise.all(judged.map((hold) => client.change(`invoiceHolds/${hold.HoldId}`, RELEASE).catch((failure: unknown) => {
      if (!(failure instanceof ApiError) || failure.code !== 'hold-released') throw failure;
    })));
    return judged.length > 0;
  }

  const vendorName = ({ supplierNumber, invoiceNumber }: InvoiceName) => ({ BusinessUnit: settings.businessUnit, InvoiceNumber: invoiceNumber, SupplierNumber: supplierNumber });

  function present(row: InvoiceRow): ErpInvoice {
    const invoice = invoiceOf(row, settings);
    if (!invoice) throw brokenAnswer('an invoice without an order');
    return invoice;
  }

  return {
    async createInvoice({ body }, { repeated }) {
      const earlier = repeated ? await find(body) : undefined;
      // A cancelled invoice keeps its number.
      if (earlier && (earlier.ReferenceKeyOne !== body.reference || earlier.CanceledFlag)) throw new ApiError('conflict', 'The supplier has used this invoice number before.', { code: 'duplicate-invoice' });
      return present(await finished(earlier ?? await entered(body)));
    },

    async listInvoices({ supplierNumber, invoiceNumber, orderNumber, ...page }) {
      const conditions = [
        ...(supplierNumber === undefined ? [] : [equals('SupplierNumber', supplierNumber)]), ...(invoiceNumber === undefined ? [] : [equals('InvoiceNumber', invoiceNumber)]),
        ...(orderNumber === undefined ? [] : [equals('Description', orderMark(orderNumber))]),
      ];
      return pageById(client, {
        shape: Invoice, path: 'invoices', key: 'InvoiceId', search: { where: conditions, expand: 'invoiceLines' },
        present: (rows) => rows.map((row) => invoiceOf(row, settings)).filter((invoice) => invoice !== undefined),
      }, page);
    },

    async getInvoice(name) {
      return present(await read(name));
    },

    async cancelInvoice(name) {
      try {
        await client.act('invoices/action/cancelInvoice', vendorName(name));
      } catch (failure) {
        if (failure instanceof ApiError && failure.code === 'unknown-supplier') throw notFound('unknown-invoice', 'The supplier has no such invoice.');
        if (!isRefusal(failure) || failure.code !== 'invoice-cancelled') throw failure;
      }
      return present(await read(name));
    },
  };
}

const nameOf = (row: InvoiceRow): InvoiceName => ({ supplierNumber: row.SupplierNumber, invoiceNumber: row.InvoiceNumber });

function isUnfinished(row: InvoiceRow): boolean {
  const status = invoiceStatusOf(row);
  return status === 'entered' || status === 'held';
}
