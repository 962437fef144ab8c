import { parse } from 'csv-parse/sync';
import { unzipSync } from 'fflate';
import { AdfError } from './adf/errors.ts';
import type { Database } from './database.ts';
import type { Master } from './master.ts';

/**
 * Columns of GlInterface.csv by position, from the file-based data import template for journals. The file has no
 * header line. General knowledge of the template; verify against the release in use.
 */
export const columns = {
  status: 0, ledgerId: 1, effectiveDate: 2, source: 3, category: 4, currency: 5, creationDate: 6, actualFlag: 7, segment1: 8,
  enteredDebit: 38, enteredCredit: 39, convertedDebit: 40, convertedCredit: 41, batchName: 42, batchDescription: 43,
  journalName: 45, journalDescription: 46, journalReference: 47, lineDescription: 51, reference1: 52, reference2: 53, groupId: 66,
} as const;

interface Row {
  line: number;
  batchName: string;
  batchDescription: string;
  journalName: string;
  journalDescription: string;
  journalReference: string;
  source: string;
  category: string;
  currency: string;
  date: string;
  combination: string;
  debit: string;
  credit: string;
  description: string;
  reference1: string;
  reference2: string;
  groupId: string;
}

/** The CSV inside the archive. @throws Error with what is wrong, for the job's report */
export function readInterfaceFile(archive: Uint8Array): Row[] {
  const files = unzipSync(archive, { filter: (file) => file.originalSize < 50_000_000 });
  const name = Object.keys(files).find((each) => /(^|\/)GlInterface\.csv$/i.test(each));
  if (name === undefined) throw new Error('The archive has no file GlInterface.csv.');
  const records: string[][] = parse(Buffer.from(files[name]!), { relax_column_count: true, skip_empty_lines: true, bom: true });
  return records.map((record, index) => {
    const cell = (column: number) => (record[column] ?? '').trim();
    return {
      line: index + 1,
      batchName: cell(columns.batchName),
      batchDescription: cell(columns.batchDescription),
      journalName: cell(columns.journalName) || cell(columns.batchName),
      journalDescription: cell(columns.journalDescription),
      journalReference: cell(columns.journalReference),
      source: cell(columns.source),
      category: cell(columns.category),
      currency: cell(columns.currency),
      date: cell(columns.effectiveDate).replaceAll('/', '-'),
      combination: [0, 1, 2].map((segment) => cell(columns.segment1 + segment)).join('-'),
      debit: cell(columns.enteredDebit) || '0',
      credit: cell(columns.enteredCredit) || '0',
      description: cell(columns.lineDescription),
      reference1: cell(columns.reference1),
      reference2: cell(columns.reference2),
      groupId: cell(columns.groupId),
    };
  });
}

/** One problem per line of the file, with the codes of Oracle's journal import execution report where known. */
export function findProblems(rows: readonly Row[], master: Master): string[] {
  const problems = rows.flatMap((row) => {
    const found: string[] = [];
    if (!/^\d{4}-\d\d-\d\d$/.test(row.date) || Number.isNaN(Date.parse(row.date))) found.push('ED01 invalid date');
    else if (master.period(row.date)?.status !== 'Open') found.push(`EP01 ${row.date} is not in an open period`);
    if (row.currency !== 'USD') found.push(`EC02 currency ${row.currency} is not valid`);
    if (row.batchName === '') found.push('EM29 batch name is missing');
    const amount = /^\d{1,15}(\.\d{1,2})?$/;
    if (!amount.test(row.debit) || !amount.test(row.credit)) found.push('EM03 amount is not valid');
    try {
      master.combination(row.combination, row.date);
    } catch (error) {
      if (!(error instanceof AdfError)) throw error;
      found.push(`EF04 ${error.message}`);
    }
    return found.map((each) => `line ${row.line}: ${each}`);
  });
  return rows.length === 0 ? ['The file has no lines.'] : problems;
}

/** Batches, journals and lines in one statement; the books refuse what does not balance. */
export async function postJournals(database: Database, rows: readonly Row[], requestId: string): Promise<void> {
  const batches = [...new Map(rows.map((row) => [row.batchName, row])).values()].map((row) => ({
    key: row.batchName, name: row.batchName, description: row.batchDescription || null, source: row.source, group_id: row.groupId || null,
  }));
  const keyOf = (row: Row) => `${row.batchName}\u0000${row.journalName}`;
  const journals = [...new Map(rows.map((row) => [keyOf(row), row])).values()].map((row, index) => ({ row, index }));
  const indexes = new Map(journals.map(({ row, index }) => [keyOf(row), index]));
  const numbers = new Map<number, number>();
  const lines = rows.map((row) => {
    const journal = indexes.get(keyOf(row))!;
    const number = (numbers.get(journal) ?? 0) + 1;
    numbers.set(journal, number);
    return { journal, line_number: number, account_combination: row.combination, debit: row.debit, credit: row.credit, description: row.description || null, reference1: row.reference1 || null, reference2: row.reference2 || null };
  });
  await database.rows(`
    with batches as (
      insert into journal_batches (name, description, source, group_id, request_id)
      select name, description, source, group_id, $4 from jsonb_to_recordset($1::jsonb) as r(name text, description text, source text, group_id text) returning id, name),
    numbered as (
      select nextval('object_ids') as id, r.* from jsonb_to_recordset($2::jsonb) as r(index int, batch text, name text, description text, reference text, category text, currency text, date date)),
    journals as (
      insert into journals (id, batch_id, name, description, reference, category, currency, period, effective_date)
      select n.id, b.id, n.name, n.description, n.reference, n.category, n.currency, p.name, n.date
      from numbered n join batches b on b.name = n.batch join periods p on n.date between p.starts_on and p.ends_on returning id)
    insert into journal_lines (journal_id, line_number, account_combination, debit, credit, description, reference1, reference2)
    select n.id, r.line_number, r.account_combination, r.debit, r.credit, r.description, r.reference1, r.reference2
    from journals j join numbered n on n.id = j.id
    join jsonb_to_recordset($3::jsonb) as r(journal int, line_number int, account_combination text, debit numeric, credit numeric, description text, reference1 text, reference2 text) on r.journal = n.index
    order by r.journal, r.line_number`,
  [
    JSON.stringify(batches),
    JSON.stringify(journals.map(({ row, index }) => ({
      index, batch: row.batchName, name: row.journalName, description: row.journalDescription || null, reference: row.journalReference || null,
      category: row.category, currency: row.currency, date: row.date,
    }))),
    JSON.stringify(lines),
    requestId,
  ]);
}
