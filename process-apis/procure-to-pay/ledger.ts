import { compare, isZero, subtract, sum, type Decimal } from '#chassis/money/money.ts';
import type { JournalLine, NewJournal } from '#contracts/generated/system/erp/v1.ts';
import type { Policy } from './policy.ts';
import { documentReference } from './references.ts';
import type { Systems } from './systems.ts';

interface Posting {
  reference: string;
  orderNumber: string;
  facility: string;
  postedOn: string;
  currency: string;
}

/** What the ledger has to say about goods, invoices and payments. An ERP that makes an entry by itself is left to it. */
export interface Ledger {
  postReceipt(posting: Posting & { costCenter: string; value: Decimal; stockValue: Decimal }, idempotencyKey: string): Promise<string>;
  postInvoice(posting: Posting & { costCenter: string; clearing: Decimal; variance: Decimal; payable: Decimal }, idempotencyKey: string): Promise<string>;
  postPayment(posting: Posting & { amount: Decimal }, idempotencyKey: string): Promise<string>;
  /** Takes what is left on the clearing account to the variance: cents of rounding, or what a person wrote off. */
  postClearing(posting: Posting & { costCenter: string; balance: Decimal }, idempotencyKey: string): Promise<string>;
}

export function createLedger({ erp }: Systems, { accounts }: Policy): Ledger {
  let ownEntries: Promise<Set<string>> | undefined;

  /** Which entries the ERP posts by itself; asked once, asked again when the answer failed. */
  function postedByErp(): Promise<Set<string>> {
    ownEntries ??= erp.getCapabilities({}).then(
      ({ capabilities }) => new Set(capabilities.filter((each) => each.supported).map((each) => each.name)),
      (error: unknown) => { ownEntries = undefined; throw error; });
    return ownEntries;
  }

  async function post(source: NewJournal['source'], { reference, orderNumber, facility, postedOn, currency }: Posting, description: string, lines: JournalLine[], idempotencyKey: string): Promise<string> {
    if ((await postedByErp()).has(`posts-own-journals:${source}`)) return 'posted by the ERP';
    const journal = await erp.createJournal({
      body: { reference: documentReference(source, reference), facility, source, documentNumber: orderNumber, postedOn, currency, description, lines: lines.filter(movesSomething) },
    }, { idempotencyKey });
    return journal.number;
  }

  return {
    postReceipt: (posting, key) => post('receipt', posting, `Goods received, order ${posting.orderNumber}`, [
      { account: accounts.inventory, debit: posting.stockValue },
      ...varianceLine(accounts.priceVariance, posting.costCenter, subtract(posting.value, posting.stockValue)),
      { account: accounts.clearing, credit: posting.value },
    ], key),
    postInvoice: (posting, key) => post('invoice', posting, `Invoice for order ${posting.orderNumber}`, [
      { account: accounts.clearing, debit: posting.clearing },
      ...varianceLine(accounts.priceVariance, posting.costCenter, posting.variance),
      { account: accounts.payables, credit: posting.payable },
    ], key),
    postPayment: (posting, key) => post('payment', posting, `Payment for order ${posting.orderNumber}`, [
      { account: accounts.payables, debit: posting.amount },
      { account: accounts.cash, credit: posting.amount },
    ], key),
    postClearing: (posting, key) => post('adjustment', posting, `Clearing of order ${posting.orderNumber}`, [
      ...varianceLine(accounts.priceVariance, posting.costCenter, posting.balance),
      ...oppositeLine(accounts.clearing, posting.balance),
    ], key),
  };
}

function oppositeLine(account: string, amount: Decimal): JournalLine[] {
  return compare(amount, '0') > 0 ? [{ account, credit: amount }] : [{ account, debit: amount.replace('-', '') }];
}

function movesSomething({ debit = '0', credit = '0' }: JournalLine): boolean {
  return !isZero(sum([debit, credit]));
}

function varianceLine(account: string, costCenter: string, variance: Decimal): JournalLine[] {
  const sign = compare(variance, '0');
  if (sign === 0) return [];
  return [sign > 0 ? { account, costCenter, debit: variance } : { account, costCenter, credit: variance.replace('-', '') }];
}
