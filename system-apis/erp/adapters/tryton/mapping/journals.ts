import Big from 'big.js';
import type { Journal, JournalLine } from '#contracts/generated/system/erp/v1.ts';
import type { LedgerMove } from '../records.ts';
import type { Row } from '../record.ts';
import { textIn, type Stamp } from '../stamp.ts';
import { decimalText } from './amounts.ts';

type Move = Row<typeof LedgerMove>;

const SOURCES: readonly Journal['source'][] = ['consumption', 'receipt', 'invoice', 'payment', 'adjustment'];

/**
 * @param documentNumber of the order, for entries that Tryton made by itself for its invoice or payment
 */
export function journalOf(move: Move, stamp: Stamp, currency: string, documentNumber?: string): Journal {
  const number = move.post_number ?? move.number;
  const stamped = textIn(stamp, 'source');
  const document = textIn(stamp, 'documentNumber') ?? documentNumber;
  const description = textIn(stamp, 'description');
  return {
    number, reference: referenceOf(move) ?? number, source: SOURCES.find((source) => source === stamped) ?? sourceOf(move), ...(document ? { documentNumber: document } : {}),
    postedOn: move.date, currency, ...(description === undefined ? {} : { description }),
    lines: move['lines.'].toSorted((a, b) => a.id - b.id).map(journalLineOf),
  };
}

/** An entry without a description of ours goes by its number. */
function referenceOf({ description }: Move): string | undefined {
  return description && /^[\x21-\x7e]{1,120}$/.test(description) ? description : undefined;
}

function sourceOf({ origin, 'journal.': journal }: Move): Journal['source'] {
  if (origin?.startsWith('account.invoice,')) return journal.type === 'cash' ? 'payment' : 'invoice';
  return origin?.startsWith('stock.') ? 'receipt' : 'adjustment';
}

function journalLineOf(line: Move['lines.'][number]): JournalLine {
  // A cancelling entry has its amounts below zero on the same side; ours has them on the other.
  const net = new Big(line.debit).minus(line.credit);
  const costCenter = line['analytic_lines.'][0]?.['account.'].code;
  return {
    account: line['account.'].code ?? '', ...(costCenter ? { costCenter } : {}),
    ...(net.gte(0) ? { debit: decimalText(net.toFixed()) } : { credit: decimalText(net.abs().toFixed()) }), ...(line.description ? { text: line.description } : {}),
  };
}
