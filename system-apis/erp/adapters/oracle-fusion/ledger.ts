import Big from 'big.js';
import type { Clock } from '#chassis/time/clock.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Journal, JournalLine, NewJournal } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { invalid, mayHaveArrived, notFound, refused } from './errors.ts';
import { facilityNamed } from './facilities.ts';
import { checkCurrency, type Fusion } from './fusion.ts';
import { JournalImport } from './journal-import.ts';
import { total } from './mapping/amounts.ts';
import { balanceIn, balanceOf, batchNameOf, journalOf, journalOfEntry, readBatchName, type BatchRow, type Entry } from './mapping/ledger.ts';
import { pageById } from './pages.ts';
import { Repeats } from './repeats.ts';
import { either, equals, startsWith, where, type Condition } from './query.ts';
import { JournalBatch, LedgerBalance } from './records.ts';

type Operations = Pick<ErpPort, 'createJournal' | 'listJournals' | 'getAccountBalance'> & { close(): void };

const PATH = 'journalBatches';
const CHILDREN = 'journalHeaders.journalLines';

export function ledger(fusion: Fusion, clock: Clock): Operations {
  const { client, settings, chart, batches } = fusion;
  const journalImport = new JournalImport(client, settings, fusion.today);
  // A file that arrived is imported some time later, by whichever process it was sent.
  const repeats = new Repeats({ clock, lateMs: settings.journals.settleMs, mayComeLate: mayHaveArrived, mayComeFromElsewhere: true });
  const ours = equals('UserJeSourceName', settings.source);

  async function entryOf(body: NewJournal): Promise<Entry> {
    checkCurrency(fusion, body.currency);
    body.lines.forEach(checkLine);
    if (!total(body.lines.map((line) => line.debit ?? '0')).eq(total(body.lines.map((line) => line.credit ?? '0')))) throw refused('journal-unbalanced', 'Debits and credits differ.');
    [body.description, ...body.lines.map((line) => line.text)].forEach(checkText);
    const { entity } = facilityNamed(settings, body.facility);
    const lines = await Promise.all(body.lines.map(async ({ account, costCenter, debit = '0', credit = '0', text }) => ({
      combination: await chart.combination({ entity, costCenter, account, on: body.postedOn }), debit: new Big(debit).toFixed(2), credit: new Big(credit).toFixed(2), text: text || undefined,
    })));
    return { ...body, category: settings.ledger.categories[body.source], lines };
  }

  function journalIn(row: BatchRow | undefined): Journal | undefined {
    const [journal] = row?.journalHeaders ?? [];
    return row && journal && journalOf(row.BatchName, journal, settings);
  }

  /** Posts, and sees in the books that it is there: a job that succeeded has not the last word. */
  async function posted(body: NewJournal): Promise<Journal> {
    const entry = await entryOf(body);
    await journalImport.post(entry);
    const [header] = (await batches.get(batchNameOf(body)))?.journalHeaders ?? [];
    if (!header) throw new ApiError('unavailable', 'The imported journal is not in the books yet.', { code: 'journal-not-posted' });
    return journalOfEntry(header.JeHeaderId, entry, settings);
  }

  return {
    async createJournal({ body }, { repeated }) {
      const name = batchNameOf(body);
      // How the earlier attempt ended is told to its own caller; here the books say what became of it.
      if (repeated) await journalImport.underWay(body)?.catch(() => undefined);
      return repeats.once(name, repeated, async () => journalIn(await batches.get(name)), () => posted(body));
    },

    async listJournals({ reference, documentNumber, ...page }) {
      return pageById(client, {
        shape: JournalBatch, path: PATH, key: 'JeBatchId', search: { where: [ours, ...namedFor(reference, documentNumber)], expand: CHILDREN },
        present: (rows) => rows.map(journalIn).filter((journal) => journal !== undefined),
      }, page);
    },

    async getAccountBalance({ account, documentNumber }) {
      if (!(await chart.account(account))) throw notFound('unknown-account', 'The ledger has no such account.');
      if (documentNumber !== undefined) {
        return balanceIn(account, await client.all(JournalBatch, PATH, { where: [ours, ...namedFor(undefined, documentNumber)], expand: CHILDREN }), settings);
      }
      const rows = await client.all(LedgerBalance, 'ledgerBalances', { where: [equals('Account', account), equals('Currency', settings.currency)] });
      return balanceOf(account, settings.currency, rows.map((row) => row.PeriodDebit), rows.map((row) => row.PeriodCredit));
    },

    close: () => journalImport.close(),
  };
}

/** By the parts of the batch's name. */
function namedFor(reference: string | undefined, documentNumber: string | undefined): Condition[] {
  if (reference !== undefined && documentNumber !== undefined) return [equals('BatchName', batchNameOf({ reference, documentNumber }))];
  if (documentNumber !== undefined) return [meaning(startsWith('BatchName', `${documentNumber} `), (name) => name.documentNumber === documentNumber)];
  if (reference === undefined) return [];
  const { text } = startsWith('BatchName', `* ${reference}`);
  return [meaning(either([[equals('BatchName', reference)], [where(text.replace(/\*'$/, "'"))]]), (name) => name.reference === reference)];
}

function meaning(condition: Condition, holds: (name: ReturnType<typeof readBatchName>) => boolean): Condition {
  return { ...condition, holds: (row) => holds(readBatchName((row as BatchRow).BatchName)) };
}

function checkLine({ debit, credit }: JournalLine, index: number): void {
  const pointer = `/lines/${index}`;
  if ((debit === undefined) === (credit === undefined)) throw invalid(pointer, 'needs exactly one of debit and credit');
  const amount = new Big(debit ?? credit ?? '0');
  if (amount.lt(0)) throw invalid(pointer, 'must not have a negative amount');
  if (!amount.eq(amount.toFixed(2))) throw refused('too-many-decimals', 'An amount has more than two decimals.');
}

/** The import trims what it reads from its file. */
function checkText(text: string | undefined): void {
  if (text !== undefined && text !== text.trim()) throw invalid('/description', 'must not begin or end with white space');
}
