import Big from 'big.js';
import { ApiError } from '#chassis/errors/failures.ts';
import { addQuantities, compare, lineAmount, sum } from '#chassis/money/money.ts';
import type { Employee, ErpInvoice, ErpRequisition, Journal, NewJournal, NewStockMovement, Payment, PurchaseOrder, Receipt, StockMovement } from '#contracts/generated/system/erp/v1.ts';
import { ACCOUNTS, ITEMS, OPENING_STOCK, STANDARD_COST } from './master-data.ts';

/** The books of a business system: what was written, in the order it was written. */
export interface ErpBooks {
  requisitions: ErpRequisition[];
  orders: PurchaseOrder[];
  receipts: Receipt[];
  invoices: ErpInvoice[];
  payments: Payment[];
  movements: StockMovement[];
  journals: Journal[];
  employees: Employee[];
  /** By `facility/location/item/lot`. */
  stock: Map<string, number>;
}

export function newBooks(): ErpBooks {
  const stock = new Map(OPENING_STOCK.map(([location, itemNumber, quantity]) => [shelfOf({ facility: 'MAIN', location, itemNumber }), quantity]));
  return { requisitions: [], orders: [], receipts: [], invoices: [], payments: [], movements: [], journals: [], employees: [], stock };
}

export function refused(code: string): ApiError {
  return new ApiError('refused', `The books do not take this: ${code}.`, { code });
}

export function shelfOf({ facility, location, itemNumber, tracking }: Pick<NewStockMovement, 'facility' | 'location' | 'itemNumber' | 'tracking'>): string {
  return [facility, location, itemNumber, tracking?.lot ?? ''].join('/');
}

export function costOf(itemNumber: string, quantity: number): string {
  return lineAmount(quantity, STANDARD_COST[itemNumber] ?? '98.00');
}

export function stockingUnits(itemNumber: string, purchasingUnits: number): number {
  return Big(purchasingUnits).times(ITEMS.find((item) => item.number === itemNumber)?.unitsPerPurchasingUnit ?? 1).toNumber();
}

/** Of what is traced by lot nothing comes in without one; what goes out without one is taken from a lot that has enough. */
export function withLot(books: ErpBooks, movement: NewStockMovement): NewStockMovement {
  const { itemNumber, kind, quantity, tracking } = movement;
  if (tracking?.lot !== undefined || !ITEMS.find((item) => item.number === itemNumber)?.tracking.lot) return movement;
  if (kind === 'receipt' || kind === 'adjustment') throw refused('tracking-required');
  const [shelf] = [...books.stock].find(([each, there]) => each.startsWith(shelfOf(movement)) && there >= quantity) ?? [];
  if (shelf === undefined) throw refused('negative-stock');
  return { ...movement, tracking: { ...tracking, lot: shelf.slice(shelfOf(movement).length) } };
}

/** Takes from one shelf or puts on one; more than there is cannot be taken. */
export function move(books: ErpBooks, shelf: string, quantity: number): void {
  const left = addQuantities(books.stock.get(shelf) ?? 0, quantity);
  if (left < 0) throw refused('negative-stock');
  books.stock.set(shelf, left);
}

/** Of one length, so that no number is the beginning of another. */
export function numbered(kind: string, written: readonly unknown[]): string {
  return `${kind}-${String(written.length + 1).padStart(6, '0')}`;
}

/** Double entry: an entry that does not balance, or moves nothing, is not posted. */
export function post(books: ErpBooks, { facility: _facility, ...entry }: NewJournal): Journal {
  const debits = sum(entry.lines.map((line) => line.debit ?? '0'));
  const credits = sum(entry.lines.map((line) => line.credit ?? '0'));
  if (compare(debits, credits) !== 0) throw refused('journal-unbalanced');
  for (const line of entry.lines) {
    if ((line.debit === undefined) === (line.credit === undefined)) throw new ApiError('invalid-request', 'Exactly one side.');
    if (compare(line.debit ?? line.credit ?? '0', '0') <= 0) throw refused('journal-line-moves-nothing');
    if (!ACCOUNTS.includes(line.account)) throw refused('unknown-account');
  }
  const journal = { ...entry, number: numbered('JE', books.journals) };
  books.journals.push(journal);
  return journal;
}

export function balanceOf(books: ErpBooks, account: string, documentNumber?: string): { debit: string; credit: string; balance: string } {
  const lines = books.journals.filter((journal) => documentNumber === undefined || journal.documentNumber === documentNumber).flatMap((journal) => journal.lines).filter((line) => line.account === account);
  const [debit, credit] = [sum(lines.map((line) => line.debit ?? '0')), sum(lines.map((line) => line.credit ?? '0'))];
  return { debit, credit, balance: sum([debit, `-${credit}`]) };
}

/** What every document about stock adds up to: has to be what the ledger says of the stock account. */
export function stockValueMoved({ receipts, movements }: ErpBooks): string {
  const signs = { issue: '-', receipt: '', adjustment: '', transfer: undefined };
  return sum([...receipts.map((receipt) => receipt.stockValue), ...movements.flatMap(({ kind, value }) => signs[kind] === undefined ? [] : [`${signs[kind]}${value}`])]);
}

/** What the shelves are worth, counted from their beginning: has to be what the ledger says of the stock account. */
export function stockValueChange(books: ErpBooks): string {
  const opening = newBooks().stock;
  const changed = [...books.stock].map(([shelf, quantity]) => ({ itemNumber: shelf.split('/')[2]!, quantity: addQuantities(quantity, -(opening.get(shelf) ?? 0)) }));
  return sum(changed.map(({ itemNumber, quantity }) => costOf(itemNumber, quantity)));
}
