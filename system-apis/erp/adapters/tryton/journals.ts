import Big from 'big.js';
import { ApiError } from '#chassis/errors/failures.ts';
import { compare, isZero, subtract, sum } from '#chassis/money/money.ts';
import type { Journal, NewJournal } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { mustFind } from './directory.ts';
import { invalid, refused } from './failures.ts';
import { INVOICE } from './invoices.ts';
import { decimalText } from './mapping/amounts.ts';
import { journalOf } from './mapping/journals.ts';
import { itemLines } from './mapping/orders.ts';
import { pageById } from './pages.ts';
import { Account, AccountSums, Invoice, LedgerMove, Note, Purchase } from './records.ts';
import type { Row } from './record.ts';
import { idOf, leaveStamp, removeNotes, stampsOf } from './stamp.ts';
import type { Tryton } from './tryton.ts';
import { date, decimal } from './wire.ts';

type Operations = Pick<ErpPort, 'createJournal' | 'listJournals' | 'getAccountBalance'>;

const MODEL = 'account.move';
const POSTED = ['state', '=', 'posted'];

export function journalOperations({ client, directory, settings }: Tryton): Operations {
  async function present(moves: Row<typeof LedgerMove>[], documentNumber?: string): Promise<Journal[]> {
    const [stamps, currency] = await Promise.all([stampsOf(client, MODEL, moves.map((move) => move.id)), directory.companyCurrency()]);
    return moves.map((move) => journalOf(move, stamps.get(move.id) ?? {}, currency, documentNumber));
  }

  async function enter(body: NewJournal): Promise<number> {
    const [accounts, centers, period, journal] = await Promise.all([
      directory.accounts(body.lines.map((line) => line.account)), directory.openCostCenters(body.lines.flatMap((line) => (line.costCenter ? [line.costCenter] : []))),
      directory.period(body.postedOn), directory.journal(settings.entryJournal), directory.currency(body.currency), directory.facility(body.facility),
    ]);
    const day = date(body.postedOn);
    const lines = body.lines.map((line) => {
      const amounts = { debit: decimal(line.debit ?? '0'), credit: decimal(line.credit ?? '0') };
      const center = line.costCenter ? centers.get(line.costCenter) : undefined;
      return {
        ...amounts, account: accounts.get(line.account)!.id, description: line.text ?? null,
        ...(center ? { analytic_lines: [['create', [{ ...amounts, account: center.id, date: day }]]] } : {}),
      };
    });
    const [id] = await client.create(MODEL, [{ journal, period, date: day, description: body.reference, lines: [['create', lines]] }]);
    return id!;
  }

  /** Entries that belong to an order: those that say so, and those that Tryton made for its invoices. */
  async function movesOf(documentNumber: string): Promise<number[]> {
    const notes = await client.search(Note, [['message', '=', documentNote(documentNumber)], ['resource', 'like', `${MODEL},%`]]);
    const order = await client.first(Purchase, [['number', '=', documentNumber]]);
    const lines = order ? itemLines(order).map((line) => `purchase.line,${line.id}`) : [];
    const invoices = lines.length === 0 ? [] : await client.search(Invoice, [['lines.origin', 'in', lines]]);
    const own = invoices.length === 0 ? [] : await client.search(LedgerMove, [
      'OR', ['origin', 'in', invoices.map((invoice) => `${INVOICE},${invoice.id}`)], ['id', 'in', invoices.flatMap(({ move, cancel_move: cancel }) => [move, cancel]).filter((id) => id !== null)],
    ]);
    return [...new Set([...notes.map((note) => idOf(note.resource)), ...own.map((move) => move.id)])];
  }

  return {
    async createJournal({ body }, { repeated }) {
      requireBalance(body);
      const known = repeated ? await client.first(LedgerMove, [['description', '=', body.reference], ['origin', '=', null]]) : undefined;
      const id = known?.id ?? await enter(body);
      const { source, documentNumber, description } = body;
      await leaveStamp(client, MODEL, id, { source, documentNumber, description });
      if (documentNumber !== undefined) await leaveDocumentNote(id, documentNumber);
      if (known?.state !== 'posted') await post(id);
      const [journal] = await present(await client.read(LedgerMove, [id]));
      return journal!;
    },

    async listJournals({ reference, documentNumber, ...page }) {
      const domain = [
        POSTED, ...(reference === undefined ? [] : [['description', '=', reference], ['origin', '=', null]]), ...(documentNumber === undefined ? [] : [['id', 'in', await movesOf(documentNumber)]]),
      ];
      return pageById(client, LedgerMove, domain, page, (rows) => present(rows, documentNumber));
    },

    async getAccountBalance({ account: code, documentNumber }) {
      const account = await mustFind(client, Account, [['code', '=', code], ['type', '!=', null]], 'unknown-account', 'There is no such account.');
      const currency = await directory.companyCurrency();
      if (documentNumber === undefined) {
        const [sums] = await client.read(AccountSums, [account.id], { posted: true, cumulate: true });
        const { debit, credit } = sums!;
        return { account: code, currency, debit: decimalText(debit), credit: decimalText(credit), balance: subtract(debit, credit) };
      }
      const moves = await client.search(LedgerMove, [POSTED, ['id', 'in', await movesOf(documentNumber)]]);
      const lines = moves.flatMap((move) => move['lines.']).filter((line) => line['account.'].code === code);
      const [debit, credit] = [sum(lines.map((line) => line.debit)), sum(lines.map((line) => line.credit))];
      return { account: code, currency, debit, credit, balance: subtract(debit, credit) };
    },
  };

  async function post(id: number): Promise<void> {
    try {
      await client.press(MODEL, 'post', [id]);
    } catch (thrown) {
      // Refused is not posted. When the answer is missing it may be, and a repeat will find it.
      if (thrown instanceof ApiError && thrown.kind === 'refused') {
        await removeNotes(client, MODEL, id);
        await client.remove(MODEL, [id]);
      }
      throw thrown;
    }
  }

  async function leaveDocumentNote(id: number, documentNumber: string): Promise<void> {
    const note = { resource: `${MODEL},${id}`, message: documentNote(documentNumber) };
    const known = await client.first(Note, [['resource', '=', note.resource], ['message', '=', note.message]]);
    if (!known) await client.create('ir.note', [note]);
  }
}

/** A note of its own, so that entries are found by an exact text whatever the database. */
function documentNote(documentNumber: string): string {
  return `Order ${documentNumber}`;
}

function requireBalance({ lines }: NewJournal): void {
  lines.forEach(({ debit, credit }, index) => {
    if ((debit === undefined) === (credit === undefined)) throw invalid(`/lines/${index}`, 'must have exactly one of debit and credit');
    if (new Big(debit ?? credit!).lt(0)) throw invalid(`/lines/${index}`, 'must not be below zero');
  });
  const side = (amounts: (string | undefined)[]) => sum(amounts.filter((each) => each !== undefined));
  if (compare(side(lines.map((line) => line.debit)), side(lines.map((line) => line.credit))) !== 0) throw refused('journal-unbalanced', 'Debits and credits differ.');
  if (isZero(side(lines.map((line) => line.debit)))) throw refused('journal-unbalanced', 'The entry is about nothing.');
}
