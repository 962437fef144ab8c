import { after, before } from 'node:test';
import pg from 'pg';
import { createClinician, type Clinician } from '../../sandbox/ehr/clinician.ts';
import type { Happening } from '../../sandbox/ehr/day/clinical-day.ts';
import { startEhr, type Ehr } from '../../sandbox/ehr/server.ts';
import { itemByNumber } from '../../sandbox/hospital/master-data.ts';
import { recordOf } from '../../sandbox/day/staff/bedside.ts';
import { planDay } from '../../sandbox/day/plan.ts';
import { readBooks, type Books } from '../../sandbox/reconciliation/books.ts';
import type { Finding } from '../../sandbox/reconciliation/findings.ts';
import { reconcile } from '../../sandbox/reconciliation/reconcile.ts';
import type { Sent, SentUse } from '../../sandbox/reconciliation/sent.ts';
import { startNetwork, type Network } from '../../sandbox/network/start.ts';
import { BU, importJournals, interfaceFile, items, order, receipt, useErp, type Client, type Json, type JournalRow } from './erp-support.ts';
import { call, order as placeOnExchange, purchaseOrder, quick, signOn, until, type Coupa } from './network-support.ts';

const SECRET = 'a-secret-of-this-test-only';
const CATHLAB = 'MAIN/CATHLAB';

/**
 * A hospital whose clerks do by hand, at the doors of the simulated systems, what an integration platform would do: what the
 * reconciliation says about it cannot hang on the platform.
 */
export interface HospitalByHand {
  sent: Sent;
  /** Findings of the books as they are, or after a spoiling that is taken back. */
  findings(spoil?: (database: pg.PoolClient, sent: Sent) => Promise<unknown>): Promise<Finding[]>;
  books(): Promise<Books>;
}

export function useHospitalByHand(): HospitalByHand {
  const hand: Partial<Hand> = {};
  // Registered before those of the ERP and its database, so that nobody is connected any more when that one goes.
  after(async () => {
    await hand.network?.close();
    await hand.ehr?.close();
    await hand.pool?.end();
  });
  const client = useErp({ jobDelayMs: 1 });
  const sent: Sent = { uses: [], requisitions: [], decisions: [], messages: [], waiting: [] };
  before(async () => {
    const { databaseUrl } = client;
    hand.pool = new pg.Pool({ connectionString: databaseUrl });
    hand.network = await startNetwork({ ...quick, databaseUrl });
    hand.ehr = await startEhr({ databaseUrl, port: 0, seed: 1, clients: [{ clientId: 'bedside', secret: SECRET, scopes: ['system/*.cruds'] }] });
    await hand.ehr.load();
    Object.assign(hand, {
      client, sent, coupa: await signOn(hand.network),
      clinician: createClinician({ fhirUrl: hand.ehr.fhirUrl, tokenUrl: hand.ehr.tokenUrl, clientId: 'bedside', secret: SECRET }),
    });
    await liveTheDay(hand as Hand);
  });
  return {
    sent,
    books: () => readBooks(hand.pool!),
    async findings(spoil) {
      const database = await hand.pool!.connect();
      const copy = structuredClone(sent);
      try {
        await database.query('begin');
        // Books that refuse to be changed are changed here all the same, by switching their triggers off.
        await database.query('set local session_replication_role = replica');
        await spoil?.(database, copy);
        return reconcile(await readBooks(database), copy);
      } finally {
        await database.query('rollback');
        database.release();
      }
    },
  };
}

interface Hand {
  client: Client;
  pool: pg.Pool;
  network: Network;
  ehr: Ehr;
  coupa: Coupa;
  clinician: Clinician;
  sent: Sent;
}

async function liveTheDay(hand: Hand): Promise<void> {
  const { happenings } = planDay(7, 12, new Date());
  // One case in the catheterisation laboratory, whose implants all come from one supplier on the exchange.
  const chosen = happenings.find((each) => each.use && `${each.use.facility}/${each.use.location}` === CATHLAB && each.use.isReplacedOneForOne)!.visit;
  const visit = happenings.filter((each) => each.visit === chosen);
  for (const happening of visit) {
    await hand.clinician.record(happening);
    if (happening.use) await use(hand, happening, happening.use);
  }
  for (const happening of visit.filter((each) => each.use?.isReplacedOneForOne)) {
    await buy(hand, `use:${recordOf(happening)}`, happening.use!.item, 1);
  }
  await ask(hand, 'day-7-r1', 'IMP-1001', 4, 'substitute');
  await ask(hand, 'day-7-r2', 'DEV-2001', 6, 'invoice-near-duplicate');
  await ask(hand, 'day-7-r3', 'DEV-2002', 5, 'over-delivery');
  await hand.pool.query(`insert into ehr.hl7_sent (id, control_id, source, message, state, ack_code, attempts) values ('m-1', 'M-1', 'edge/adt-a01-basic.hl7', '', 'accepted', 'AA', 1)`);
  hand.sent.messages.push({ id: 'm-1', source: 'edge/adt-a01-basic.hl7', expected: 'accepted' });
}

/** Takes what was used out of stock and charges it. */
async function use({ client, sent }: Hand, happening: Happening, used: NonNullable<Happening['use']>): Promise<void> {
  const { item, quantity, facility, location, costCentre, isMapped, unit } = used;
  const id = recordOf(happening);
  sent.uses.push({ id, item, quantity, facility, location, costCentre, isMapped } satisfies SentUse);
  const { expenseAccount, unitCost, lotControlled } = itemByNumber(item)!;
  const lot = unit?.lot ?? (lotControlled ? await someLot(client, facility, location, item) : undefined);
  const account = `101-${costCentre}-${expenseAccount}`;
  const issued = await client.post('inventoryStagedTransactions', {
    TransactionTypeName: 'Miscellaneous Issue', OrganizationCode: facility, SubinventoryCode: location, ItemNumber: item, TransactionQuantity: -quantity,
    AccountCombination: account, TransactionReference: `${id} case ${happening.visit}`, ...(lot ? { lots: [{ LotNumber: lot, TransactionQuantity: quantity }] } : {}),
  });
  if (issued.body['ProcessStatus'] === 'ERROR') throw new Error(issued.text);
  const value = (Math.round(quantity * Number(unitCost) * 100) / 100).toFixed(2);
  if (Number(value) > 0) await post(client, `consumption/${id}`, { [account]: value, '101-0000-1310': `-${value}` });
}

async function someLot(client: Client, facility: string, location: string, item: string): Promise<string> {
  const [balance] = items(await client.get(`inventoryOnhandBalances?q=OrganizationCode=${facility};SubinventoryCode=${location};ItemNumber='${item}'`));
  return String(balance!['LotNumber']);
}

/** Somebody asks, and the supplier behaves as told. */
async function ask(hand: Hand, reference: string, item: string, quantity: number, behaviour: Parameters<Network['control']['setBehaviour']>[1]): Promise<void> {
  await hand.network.control.setBehaviour(reference, behaviour);
  hand.sent.requisitions.push({
    reference, requester: 'nina.alvarez', costCentre: '7010', facility: 'MAIN', lines: [{ item, quantity, unit: 'EA' }],
    expected: { answer: 'accepted', end: 'ordered', tiers: { 'SUP-100': ['manager'] } }, answer: { answer: 'accepted', number: `REQ-${reference}` },
    approvals: { 'SUP-100': [{ tier: 'manager', decision: 'approved', by: 'maya.cohen' }] },
  });
  await buy(hand, reference, item, quantity);
}

/** From the order to the payment, with every entry that the ledger needs. */
async function buy(hand: Hand, need: string, item: string, quantity: number): Promise<void> {
  const { client, coupa, sent } = hand;
  const price = Number(itemByNumber(item)!.contractPrice);
  const placed = await order(client, { header: { ReferenceNumber: `${need}/SUP-100` }, line: { Item: item, Quantity: quantity, Price: price } });
  const number = String(placed['OrderNumber']);
  await placeOnExchange(coupa, purchaseOrder(number, need, {}, { item: { 'item-number': item }, quantity: String(quantity), price: price.toFixed(2) }));
  await agree(hand, number, placed['POHeaderId']);
  await receive(hand, number, quantity);
  await pay(hand, number);
  if (await surplus(hand, number)) sent.decisions.push({ kind: 'over-receipt', resolution: 'return-surplus', by: 'ben.turner', subject: need, orderNumber: number });
}

/** Says yes to a substitute: in the ERP, to the supplier, and to the clinicians. */
async function agree(hand: Hand, number: string, headerId: unknown): Promise<void> {
  const { client, coupa, pool } = hand;
  const [line] = await until(async () => {
    const { rows } = await pool.query<{ item: string | null; price: string | null }>(
      `select l.proposed_item as item, l.proposed_price::text as price from network.orders o join network.order_lines l on l.order_id = o.id
       where o.po_number = $1 and exists (select 1 from network.acknowledgements a where a.order_id = o.id)`, [number]);
    return rows.length > 0 && rows;
  });
  if (!line?.item) return;
  const answered = await coupa.get<{ id: number }[]>(`/order_header_confirmations?status=pending_buyer_review`);
  await coupa.send('POST', `/order_header_confirmations/${answered.body[0]!.id}/accept_header`);
  await client.call('PATCH', `draftPurchaseOrders/${headerId}`, { lines: [{ LineNumber: 1, Item: line.item, Price: Number(line.price) }] });
  const submitted = await client.action(`draftPurchaseOrders/${headerId}/action/submit`, { bypassApprovalsFlag: 'true' });
  if (submitted.status !== 200) throw new Error(submitted.text);
  await hand.clinician.record(note(`${number}/ACK-1/1`));
}

function note(reference: string): Happening {
  const id = reference.replaceAll('/', '-');
  return {
    id, at: '', kind: 'supply-used', visit: '',
    resources: [{ resourceType: 'Communication', id, status: 'completed', identifier: [{ system: 'urn:test:notes', value: reference }], payload: [{ contentString: 'A substitute comes.' }] }],
  };
}

interface DockDelivery {
  id: number;
  shipmentNumber: string;
  lines: { itemNumber: string; quantity: string; lot: string | null; expiresOn: string | null }[];
}

/** Takes the box in, no more of it than was ordered. */
async function receive({ client, network }: Hand, number: string, ordered: number): Promise<void> {
  const delivery = await until(async () => {
    const { body } = await call<{ deliveries: (DockDelivery & { poNumber: string })[] }>('GET', `${network.url}/dock/deliveries?status=arrived`);
    return body.deliveries.find((each) => each.poNumber === number);
  });
  const [line] = delivery.lines as [DockDelivery['lines'][number]];
  const quantity = Math.min(ordered, Number(line.quantity));
  const received = await client.post('receivingReceiptRequests', receipt(number, {
    Quantity: quantity, lotItemLots: line.lot ? [{ LotNumber: line.lot, TransactionQuantity: quantity, LotExpirationDate: line.expiresOn ?? undefined }] : undefined,
  }, { Comments: `${delivery.shipmentNumber}/${delivery.id}`, ShipmentNumber: delivery.shipmentNumber }));
  if (received.body['ReturnStatus'] !== 'SUCCESS') throw new Error(received.text);
  const value = await priceOf(client, number) * quantity;
  const stock = Number(itemByNumber(line.itemNumber)!.contractPrice) * quantity;
  await post(client, `receipt/${String(received.body['ReceiptNumber'])}`, {
    '101-0000-1310': stock.toFixed(2), '101-7010-5190': (value - stock).toFixed(2), '101-0000-2150': (-value).toFixed(2),
  });
  await call('PUT', `${network.url}/dock/deliveries/${delivery.id}/received`);
}

async function priceOf(client: Client, number: string): Promise<number> {
  const [found] = items(await client.get(`purchaseOrders?q=OrderNumber='${number}'&expand=lines`));
  return Number((found!['lines'] as Json[])[0]!['Price']);
}

/** Waits until the supplier has nothing more to send, enters its invoice and pays it. A second one of the same is laid aside. */
async function pay({ client, pool }: Hand, number: string): Promise<void> {
  await until(async () => {
    const { rows } = await pool.query(`select 1 from network.tasks t join network.orders o on o.id = t.order_id where o.po_number = $1 and t.done_at is null`, [number]);
    return rows.length === 0;
  });
  const { rows } = await pool.query<{ number: string; total: string; quantity: string; price: string }>(
    `select i.number, i.total::text, l.quantity::text, l.price::text from network.invoices i join network.orders o on o.id = i.order_id join network.invoice_lines l on l.invoice_id = i.id
     where o.po_number = $1 and i.kind = 'original'`, [number]);
  const [bill] = rows as [{ number: string; total: string; quantity: string; price: string }];
  const entered = await client.post('invoices', {
    InvoiceNumber: bill.number, InvoiceAmount: Number(bill.total), BusinessUnit: BU, SupplierNumber: 'SUP-100',
    invoiceLines: [{ LineNumber: 1, LineAmount: Number(bill.total), Quantity: Number(bill.quantity), UnitPrice: Number(bill.price), PurchaseOrderNumber: number }],
  });
  if (entered.status !== 201) throw new Error(entered.text);
  await client.action('invoices/action/validateInvoice', { InvoiceNumber: bill.number, SupplierNumber: 'SUP-100' });
  await post(client, `invoice/${number}/${bill.number}`, { '101-0000-2150': bill.total, '101-0000-2010': `-${bill.total}` });
  const paid = await client.post('payablesPayments', {
    BusinessUnit: BU, PayeeNumber: 'SUP-100', PaymentDescription: `${number}/${bill.number}`, relatedInvoices: [{ InvoiceNumber: bill.number, AmountPaidPaymentCurrency: Number(bill.total) }],
  });
  if (paid.status !== 201) throw new Error(paid.text);
  await post(client, `payment/${number}/${bill.number}`, { '101-0000-2010': bill.total, '101-0000-1010': `-${bill.total}` });
}

async function surplus({ pool }: Hand, number: string): Promise<boolean> {
  const { rows } = await pool.query(
    `select 1 from network.orders o join network.order_lines l on l.order_id = o.id where o.po_number = $1 and l.shipped_quantity > l.quantity`, [number]);
  return rows.length > 0;
}

/** One journal; what is below zero is a credit, and what is zero is left out. */
async function post(client: Client, reference: string, amounts: Record<string, string>): Promise<void> {
  const rows = Object.entries(amounts).filter(([, amount]) => Number(amount) !== 0).map(([account, amount]): JournalRow => ({
    batch: `B ${reference}`, journal: reference, reference, account, ...(amount.startsWith('-') ? { credit: amount.slice(1) } : { debit: amount }),
  }));
  const job = await importJournals(client, interfaceFile(rows));
  if (job.status !== 'SUCCEEDED') throw new Error(`${reference} was not posted`);
}
