import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { readBooks, type Books } from '../reconciliation/books.ts';
import type { Finding } from '../reconciliation/findings.ts';
import { reconcile } from '../reconciliation/reconcile.ts';
import type { Sent, Waiting } from '../reconciliation/sent.ts';
import { patiently } from './patience.ts';
import { Refusal, type Portal } from './portal.ts';
import { readSent } from './sent-list.ts';

/** What is known when nothing moves any more, or when nobody waits any longer for it. */
export interface Rest {
  books: Books;
  sent: Sent;
  findings: Finding[];
}

export interface QuiescenceOptions {
  database: pg.Pool;
  /** People who see all orders and all uses. */
  buyer: Portal;
  analyst: Portal;
  /** Nothing more is sent, recorded or broken on purpose. */
  isAllSent(): boolean;
  /** How long the books must stand still before what is missing counts as missing. */
  stillMs: number;
  /** The day is over after so long, whatever still waits. */
  limitMs: number;
  /** Told what could not be looked at and is looked at again. */
  say(line: string): void;
  signal: AbortSignal;
}

const LOOK_EVERY_MS = 150;

/**
 * Waits until the day is over. When everybody has come to rest and the books agree with what was sent, that is now;
 * when they do not, the books get some time to change before the verdict.
 *
 * @throws what keeps the staff or the books from being asked when the day is over, and every refusal at once
 */
export async function untilQuiet(options: QuiescenceOptions): Promise<Rest> {
  const { database, isAllSent, stillMs, limitMs, signal } = options;
  const glance = glancing(options);
  const limit = Date.now() + limitMs;
  let signature: string | undefined;
  let changedAt = Date.now();
  let agreedBefore = false;
  while (Date.now() <= limit) {
    const now = await glance(() => signatureOf(database));
    if (now === undefined || now !== signature) [signature, changedAt] = [now, Date.now()];
    const isStill = () => Date.now() - changedAt > stillMs;
    const waiting = isAllSent() && await glance(() => isNetworkQuiet(database)) ? await glance(() => stillWaiting(options)) : undefined;
    if (waiting && (waiting.length === 0 || isStill())) {
      const rest = await patiently(signal, () => lookAtBooks(database, waiting));
      const agrees = rest.findings.length === 0;
      // Twice, a moment apart: what comes late and twice would show in the second look.
      if ((agrees && agreedBefore) || isStill()) return rest;
      agreedBefore = agrees;
    }
    await wait(agreedBefore ? 2 * LOOK_EVERY_MS : LOOK_EVERY_MS, undefined, { signal });
  }
  return patiently(signal, async () => lookAtBooks(database, await stillWaiting(options)));
}

/** Looks once and, when that fails, says why: what is broken on purpose now can be looked at a moment later. */
function glancing({ say, signal }: QuiescenceOptions): <Seen>(look: () => Promise<Seen>) => Promise<Seen | undefined> {
  let said = '';
  return async (look) => {
    try {
      return await look();
    } catch (error) {
      if (signal.aborted || error instanceof Refusal) throw error;
      const line = `the end of the day cannot be seen: ${error instanceof Error ? error.message : String(error)}`;
      if (line !== said) say(line);
      said = line;
      return undefined;
    }
  };
}

export async function lookAtBooks(database: pg.Pool, waiting: Waiting[]): Promise<Rest> {
  const [books, sent] = [await readBooks(database), { ...await readSent(database), waiting }];
  return { books, sent, findings: reconcile(books, sent) };
}

/** Changes whenever anything is written into any book. */
async function signatureOf(database: pg.Pool): Promise<string> {
  const { rows } = await database.query<{ signature: string }>(`
    select concat_ws('/', (select count(*) from erp.purchase_orders), (select count(*) from erp.receiving_transactions), (select count(*) from erp.invoices), (select count(*) from erp.payments),
      (select count(*) from erp.stock_movements), (select count(*) from erp.journal_lines), (select count(*) from erp.ess_requests where status in ('WAIT', 'RUNNING')),
      (select count(*) from network.tasks where done_at is null), (select count(*) from network.acknowledgements), (select count(*) from network.deliveries where received or returned_at is not null),
      (select count(*) from network.transmissions where state = 'waiting'), (select sum(revision) from network.orders), (select count(*) from ehr.resource),
      (select count(*) from ehr.hl7_sent where state = 'waiting'), (select count(*) from day.sent)) as signature`);
  return rows[0]!.signature;
}

async function isNetworkQuiet(database: pg.Pool): Promise<boolean> {
  const { rows } = await database.query<{ quiet: boolean }>(`
    select not exists (select 1 from network.tasks where done_at is null) and not exists (select 1 from network.transmissions where state = 'waiting')
      and not exists (select 1 from network.deliveries where not received and returned_at is null) as quiet`);
  return rows[0]!.quiet;
}

const ORDERS = `query Unfinished($state: String!) { orders(state: $state, first: 100) { items { reference orderNumber state invoices { state } } } }`;
const USES = `query Unfinished($state: String!) { consumptions(state: $state, first: 20) { items { id state } } }`;
const WORK = `query Open { workItems(mine: false, first: 100) { items { kind owner title } } }`;

/** First words of the states in which an order is under way. */
const ORDER_STATES = ['checking', 'unfit', 'deciding', 'approving', 'ordering', 'notPlaced', 'open', 'cancelling', 'settling', 'unbalanced'];
const USE_STATES = ['identifying', 'unmapped', 'contradictory', 'placeless', 'unfounded', 'depleting', 'notDepleted', 'adjusting', 'replenishing', 'awaitingStores', 'returningBeforeRefill', 'returning'];

interface UnfinishedOrder {
  reference: string;
  orderNumber: string | null;
  state: string;
  invoices: { state: string }[];
}

/** Everybody and everything that has not come to an end, as the staff see it. */
async function stillWaiting({ buyer, analyst }: QuiescenceOptions): Promise<Waiting[]> {
  const [orders, uses, work] = await Promise.all([
    Promise.all(ORDER_STATES.map((state) => buyer.ask<{ orders: { items: UnfinishedOrder[] } }>(ORDERS, { state }))),
    Promise.all(USE_STATES.map((state) => analyst.ask<{ consumptions: { items: { id: string; state: string }[] } }>(USES, { state }))),
    buyer.ask<{ workItems: { items: { kind: string; owner: string; title: string }[] } }>(WORK),
  ]);
  return [
    ...work.workItems.items.map(({ kind, owner, title }) => ({ what: `${kind}: ${title}`, for: owner })),
    ...orders.flatMap((page) => page.orders.items).filter((order) => !isAtRest(order)).map(({ reference, orderNumber, state }) => ({ what: `order ${orderNumber ?? 'without number'} for ${reference} in ${state}`, for: 'the platform' })),
    ...uses.flatMap((page) => page.consumptions.items).map(({ id, state }) => ({ what: `use ${id} in ${state}`, for: 'the platform' })),
  ];
}

/** An order whose invoice was sent back stays open until its supplier bills anew, which no supplier here does. */
function isAtRest({ state, invoices }: UnfinishedOrder): boolean {
  return state.includes('open.goods.complete') && state.includes('open.bills.awaiting') && invoices.some((invoice) => invoice.state === 'refused');
}
