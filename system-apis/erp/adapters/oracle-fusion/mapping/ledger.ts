import Big from 'big.js';
import type { AccountBalance, Journal, JournalLine, NewJournal } from '#contracts/generated/system/erp/v1.ts';
import { chargeIn } from '../combination.ts';
import type { Row } from '../record.ts';
import type * as records from '../records.ts';
import type { FusionSettings } from '../settings.ts';
import { money, total } from './amounts.ts';
import { referenceOf, textOf } from './reference.ts';

export type BatchRow = Row<typeof records.JournalBatch>;
export type JournalRow = BatchRow['journalHeaders'][number];

/**
 * One batch for each journal, because only batches can be searched for. Its name begins with the order number, so that
 * one question finds all that belongs to an order; the reference, which has no spaces, ends it.
 */
export function batchNameOf({ reference, documentNumber }: Pick<NewJournal, 'reference' | 'documentNumber'>): string {
  return documentNumber === undefined ? reference : `${documentNumber} ${reference}`;
}

export function readBatchName(name: string): { reference: string; documentNumber?: string } {
  const at = name.lastIndexOf(' ');
  return at < 0 ? { reference: name } : { documentNumber: name.slice(0, at), reference: name.slice(at + 1) };
}

/** A journal as it will stand in the books: combinations found, amounts to the cent. */
export interface Entry {
  reference: string;
  documentNumber?: string | undefined;
  source: NewJournal['source'];
  category: string;
  postedOn: string;
  currency: string;
  description?: string | undefined;
  lines: readonly EntryLine[];
}

export interface EntryLine {
  combination: string;
  debit: string;
  credit: string;
  text?: string | undefined;
}

export function journalOfEntry(number: string, entry: Entry, settings: FusionSettings): Journal {
  const { reference, documentNumber, source, postedOn, currency, description } = entry;
  return {
    number, reference, source, ...(documentNumber ? { documentNumber } : {}), postedOn, currency, ...(description ? { description } : {}),
    lines: entry.lines.map(({ combination, debit, credit, text }) => lineOf(combination, debit, credit, text, settings)),
  };
}

export function journalOf(batchName: string, row: JournalRow, settings: FusionSettings): Journal {
  const { documentNumber, reference } = readBatchName(batchName);
  const description = textOf(row.Description);
  return {
    number: row.JeHeaderId, reference: referenceOf(reference, row.JeHeaderId), source: sourceOf(row.UserJeCategoryName, settings), ...(documentNumber ? { documentNumber } : {}),
    postedOn: row.DefaultEffectiveDate.slice(0, 10), currency: row.CurrencyCode, ...(description ? { description } : {}),
    lines: row.journalLines.map((line) => lineOf(line.AccountCombination, line.EnteredDr ?? '0', line.EnteredCr ?? '0', line.Description ?? undefined, settings)),
  };
}

function lineOf(combination: string, debit: string, credit: string, text: string | undefined, { chart }: FusionSettings): JournalLine {
  const { account = combination, costCenter } = chargeIn(chart, combination);
  const amount = new Big(credit).eq(0) ? { debit: money(debit) } : { credit: money(credit) };
  return { account, ...(costCenter ? { costCenter } : {}), ...amount, ...(text ? { text } : {}) };
}

function sourceOf(category: string, { ledger }: FusionSettings): Journal['source'] {
  return (Object.keys(ledger.categories) as Journal['source'][]).find((source) => ledger.categories[source] === category) ?? 'adjustment';
}

/** Debit and credit of one account over the lines of journals. */
export function balanceIn(account: string, rows: readonly BatchRow[], { chart, currency }: FusionSettings): AccountBalance {
  const lines = rows.flatMap((row) => row.journalHeaders).flatMap((journal) => journal.journalLines).filter((line) => chargeIn(chart, line.AccountCombination).account === account);
  return balanceOf(account, currency, lines.map((line) => line.EnteredDr ?? '0'), lines.map((line) => line.EnteredCr ?? '0'));
}

export function balanceOf(account: string, currency: string, debits: Iterable<string>, credits: Iterable<string>): AccountBalance {
  const [debit, credit] = [total(debits), total(credits)];
  return { account, currency, debit: debit.toFixed(2), credit: credit.toFixed(2), balance: debit.minus(credit).toFixed(2) };
}
