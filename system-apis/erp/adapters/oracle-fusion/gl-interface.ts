import { stringify } from 'csv-stringify/sync';
import { strToU8, zipSync } from 'fflate';
import { segmentsOf } from './combination.ts';
import { batchNameOf, type Entry } from './mapping/ledger.ts';
import type { FusionSettings } from './settings.ts';

/**
 * Columns of GlInterface.csv by position. The file has no header line.
 *
 * @source Oracle, File-Based Data Import for Financials, "Journal Import" template, worksheet GL_INTERFACE
 */
const COLUMNS = {
  status: 0, ledgerId: 1, effectiveDate: 2, source: 3, category: 4, currency: 5, createdOn: 6, actualFlag: 7, segment1: 8,
  enteredDebit: 38, enteredCredit: 39, batchName: 42, journalName: 45, journalDescription: 46, journalReference: 47, lineDescription: 51, reference1: 52, groupId: 66,
} as const;
const WIDTH = 67;

export interface InterfaceFile {
  /** Zip archive as Base64. */
  content: string;
  /** Which entry each line of the file belongs to. */
  entryOfLine: number[];
}

export function printInterfaceFile(entries: readonly Entry[], today: string, { ledger, source }: Pick<FusionSettings, 'ledger' | 'source'>): InterfaceFile {
  const lines = entries.flatMap((entry, index) => entry.lines.map((line) => ({ entry, index, line })));
  const rows = lines.map(({ entry, line }) => {
    const cells = Array.from({ length: WIDTH }, () => '');
    const put = (column: number, text: string | undefined) => { cells[column] = text ?? ''; };
    put(COLUMNS.status, 'NEW');
    put(COLUMNS.ledgerId, ledger.id);
    put(COLUMNS.effectiveDate, slashed(entry.postedOn));
    put(COLUMNS.source, source);
    put(COLUMNS.category, entry.category);
    put(COLUMNS.currency, entry.currency);
    put(COLUMNS.createdOn, slashed(today));
    put(COLUMNS.actualFlag, 'A');
    segmentsOf(line.combination).forEach((segment, at) => put(COLUMNS.segment1 + at, segment));
    put(COLUMNS.enteredDebit, line.debit === '0.00' ? '' : line.debit);
    put(COLUMNS.enteredCredit, line.credit === '0.00' ? '' : line.credit);
    put(COLUMNS.batchName, batchNameOf(entry));
    put(COLUMNS.journalName, entry.reference);
    put(COLUMNS.journalDescription, entry.description);
    put(COLUMNS.journalReference, entry.documentNumber);
    put(COLUMNS.lineDescription, line.text);
    put(COLUMNS.reference1, entry.reference);
    return cells;
  });
  const archive = zipSync({ 'GlInterface.csv': strToU8(stringify(rows)) });
  return { content: Buffer.from(archive).toString('base64'), entryOfLine: lines.map(({ index }) => index) };
}

const slashed = (day: string) => day.replaceAll('-', '/');
