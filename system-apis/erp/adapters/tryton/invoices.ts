import { ApiError } from '#chassis/errors/failures.ts';
import { compare, lineAmount, sum } from '#chassis/money/money.ts';
import type { ErpInvoice, NewErpInvoice } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import type { Domain } from './client.ts';
import { notFound, refused } from './failures.ts';
import { invoiceOf } from './mapping/invoices.ts';
import { expenseAccountOf } from './mapping/master-data.ts';
import { itemLines, type Line } from './mapping/orders.ts';
import { lineOf } from './order-changes.ts';
import { pageById } from './pages.ts';
import { Invoice, OrderLine, Purchase } from './records.ts';
import type { Row } from './record.ts';
import { idOf, readStamp, textIn } from './stamp.ts';
import type { Tryton } from './tryton.ts';
import { date, decimal } from './wire.ts';

type Operations = Pick<ErpPort, 'createInvoice' | 'listInvoices' | 'getInvoice' | 'cancelInvoice'>;

export const INVOICE = 'account.invoice';
const SUPPLIERS_OWN: Domain = ['type', '=', 'in'];

export function invoiceOperations(tryton: Tryton): Operations {
  const { client, settings } = tryton;

  async function present(rows: Row<typeof Invoice>[]): Promise<(ErpInvoice | undefined)[]> {
    const origins = rows.flatMap((row) => row['lines.'].flatMap((line) => (line.origin?.startsWith('purchase.line,') ? [idOf(line.origin)] : [])));
    const lines = new Map((await client.read(OrderLine, [...new Set(origins)])).map((line) => [line.id, line]));
    return rows.map((row) => invoiceOf(row, lines, settings.unitCodes));
  }

  async function presentOne(id: number): Promise<ErpInvoice> {
    const [invoice] = await present(await client.read(Invoice, [id]));
    return invoice!;
  }

  /** From draft to posted. Validation gives it its number, posting puts it into the ledger. */
  async function post(id: number): Promise<ErpInvoice> {
    const state = async () => (await client.read(Invoice, [id]))[0]!.state;
    if (await state() === 'draft') await client.press(INVOICE, 'validate_invoice', [id]);
    if (await state() === 'validated') await client.press(INVOICE, 'post', [id]);
    const invoice = await presentOne(id);
    if (invoice.status === 'entered') throw new ApiError('refused', 'The ERP does not validate the invoice.', { code: 'vendor-refused' });
    return invoice;
  }

  async function find(supplierNumber: string, invoiceNumber: string): Promise<Row<typeof Invoice>> {
    const invoice = await findInvoice(tryton, supplierNumber, invoiceNumber);
    if (!invoice) throw notFound('unknown-invoice', 'The supplier has no such invoice.');
    return invoice;
  }

  return {
    async createInvoice({ body }, { repeated }) {
      const [known] = await sameNumber(tryton, body);
      // The number is taken: by an earlier attempt of this very call, or by another invoice.
      if (known && !(repeated && known.description === body.reference)) throw duplicate();
      if (known) return post(known.id);
      const id = await enter(tryton, body);
      // Nothing in Tryton keeps a number from being entered twice, so of those entered at once the oldest stays.
      const [oldest] = await sameNumber(tryton, body);
      if (oldest && oldest.id !== id) {
        await client.remove(INVOICE, [id]);
        throw duplicate();
      }
      try {
        return await post(id);
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.kind === 'refused') await client.remove(INVOICE, [id]);
        throw thrown;
      }
    },

    async listInvoices({ supplierNumber, invoiceNumber, orderNumber, ...page }) {
      const order = orderNumber === undefined ? undefined : await client.first(Purchase, [['number', '=', orderNumber]]);
      const lines = order ? itemLines(order).map((line) => `purchase.line,${line.id}`) : [];
      const domain = [
        SUPPLIERS_OWN, ['reference', '!=', null], ['lines.origin', 'like', 'purchase.line,%'],
        ...(supplierNumber === undefined ? [] : [['party.code', '=', supplierNumber]]), ...(invoiceNumber === undefined ? [] : [['reference', '=', invoiceNumber]]),
        ...(orderNumber === undefined ? [] : [['lines.origin', 'in', lines]]),
      ];
      return pageById(client, Invoice, domain, page, present);
    },

    async getInvoice({ supplierNumber, invoiceNumber }) {
      return presentOne((await find(supplierNumber, invoiceNumber)).id);
    },

    async cancelInvoice({ supplierNumber, invoiceNumber }) {
      const invoice = await find(supplierNumber, invoiceNumber);
      if (invoice.state === 'paid' || compare(invoice.amount_to_pay, invoice.total_amount) < 0 && invoice.state === 'posted') throw refused('invoice-paid', 'The invoice was paid.');
      if (invoice.state !== 'cancelled') await client.press(INVOICE, 'cancel', [invoice.id]);
      const cancelled = await presentOne(invoice.id);
      if (cancelled.status !== 'cancelled') throw new ApiError('refused', 'The ERP does not cancel the invoice.', { code: 'vendor-refused' });
      return cancelled;
    },
  };
}

/** The invoice of that number which counts: a cancelled one only when there is no other. */
export async function findInvoice({ client }: Tryton, supplierNumber: string, invoiceNumber: string): Promise<Row<typeof Invoice> | undefined> {
  const found = await client.search(Invoice, [SUPPLIERS_OWN, ['party.code', '=', supplierNumber], ['reference', '=', invoiceNumber]]);
  return found.find((invoice) => invoice.state !== 'cancelled') ?? found.at(-1);
}

function sameNumber({ client }: Tryton, { supplierNumber, invoiceNumber }: NewErpInvoice): Promise<Row<typeof Invoice>[]> {
  return client.search(Invoice, [SUPPLIERS_OWN, ['party.code', '=', supplierNumber], ['reference', '=', invoiceNumber], ['state', '!=', 'cancelled']]);
}

function duplicate(): ApiError {
  return new ApiError('conflict', 'The supplier sent an invoice of this number before.', { code: 'duplicate-invoice' });
}

async function enter(tryton: Tryton, body: NewErpInvoice): Promise<number> {
  const { client, directory, settings } = tryton;
  if (compare(sum(body.lines.map((line) => lineAmount(line.quantity, line.unitPrice))), body.total) !== 0) throw refused('invoice-total-differs', 'The lines do not add up to the total.');
  const supplier = await directory.supplier(body.supplierNumber);
  const order = await client.first(Purchase, [['number', '=', body.orderNumber]]);
  if (!order) throw refused('unknown-order', 'There is no such order.');
  if (order.party !== supplier.id) throw refused('supplier-differs-from-order', 'The order was placed with another supplier.');
  const [items, currency, journal] = await Promise.all([
    directory.items(body.lines.map((line) => line.itemNumber)), directory.currency(body.currency), directory.journal(settings.invoiceJournal), directory.period(body.invoicedOn),
  ]);
  const billed = body.lines.map((line) => ({ line, orderLine: lineOf(order, line.orderLine) }));
  const clearing = settings.invoiceClearingAccount;
  const accountOf = (line: NewErpInvoice['lines'][number], orderLine: Line) => clearing ?? textIn(readStamp(orderLine.note), 'account') ?? expenseAccountOf(items.get(line.itemNumber)!) ?? '';
  const accounts = await directory.accounts(billed.map(({ line, orderLine }) => accountOf(line, orderLine)));
  const lines = billed.map(({ line, orderLine }) => {
    const item = items.get(line.itemNumber)!;
    const centers = orderLine['analytic_accounts.'].filter((entry) => entry.account !== null).map((entry) => ({ root: entry.root, account: entry.account }));
    return {
      type: 'line', product: item.id, quantity: line.quantity, unit: directory.unitOf(item, line.unit).id, unit_price: decimal(line.unitPrice), currency,
      account: accounts.get(accountOf(line, orderLine))!.id, origin: `purchase.line,${orderLine.id}`, description: orderLine.description,
      // Clearing is no cost of anybody's.
      ...(clearing === undefined && centers.length > 0 ? { analytic_accounts: [['create', centers]] } : {}),
    };
  });
  const [id] = await client.create(INVOICE, [{
    type: 'in', party: supplier.id, invoice_address: supplier.addresses[0], account: supplier.account_payable ?? await directory.payableAccount(), payment_term: supplier.supplier_payment_term, journal, currency,
    reference: body.invoiceNumber, description: body.reference, invoice_date: date(body.invoicedOn), lines: [['create', lines]],
  }]);
  return id!;
}
