import { itemByNumber, masterData } from '../../hospital/master-data.ts';
import type { Behaviour } from '../../network/suppliers/behaviour.ts';
import type { Acknowledgement } from '../../network/suppliers/documents.ts';
import { patiently } from '../patience.ts';
import { Refusal } from '../portal.ts';
import type { WorkItem } from '../choices.ts';
import type { PlannedRequisition } from '../requisition-plan.ts';
import type { AcceptedStory } from '../stories.ts';
import { ask } from '../staff/requesters.ts';
import { bookByHand } from './ledger-scene.ts';
import { toNetwork } from './network-control.ts';
import { pause } from '../pause.ts';
import { setFault } from './refusals.ts';
import { hurry, planned, plannedOf } from './requisitions.ts';
import { inTurn, until, type Scene, type Stage, type Told } from './scene.ts';

interface OddSupplier {
  behaviour: Behaviour;
  leadsTo: RegExp;
  story?: AcceptedStory;
  /** What is to be done about it, where that is not what anybody would do. */
  answer?: () => (item: WorkItem) => Told;
}

/** What suppliers do, and where that leads. */
const ODD_SUPPLIERS: readonly OddSupplier[] = [
  { behaviour: 'price-higher-said-twice', leadsTo: /proposing on order\.acknowledged/ },
  { behaviour: 'reject-said-twice', leadsTo: /rejecting on order\.acknowledged/ },
  { behaviour: 'reject-but-ship', leadsTo: /rejecting on accept-proposal/, answer: () => untilItCame },
  { behaviour: 'reject-but-bill', leadsTo: /cancelled on invoice|waitingForGoods/ },
  { behaviour: 'bill-malformed', leadsTo: /faulty|disputed|closed\.quiet on invoice\.received\.v1$/ },
  { behaviour: 'two-invoices-alike', leadsTo: /suspect on is-genuine/ },
  { behaviour: 'short-shipment-only', leadsTo: /end-delivery|shortening|step shorten/, answer: () => inTurn('goods-overdue', 'end-delivery') },
  { behaviour: 'invoice-late', leadsTo: /bills\.missing|bills\.unbilled on (invoice|wait)/, answer: () => ({ kind }) => (kind === 'accrual-write-off' ? 'leave' : kind === 'invoice-missing' ? { resolution: 'expect-no-invoice' } : undefined) },
  { behaviour: 'short-shipment-one-invoice', leadsTo: /goods\.overdue|bills\.missing|bills\.unbilled/ },
  { behaviour: 'over-delivery-billed', leadsTo: /surplus|raise ordered|quantityException/ },
  { behaviour: 'over-delivery', leadsTo: /return-surplus$/ },
  { behaviour: 'price-higher-on-acknowledgement', leadsTo: /supplier\.(proposing|insisting)|step repeat|step cancel-order/ },
  { behaviour: 'price-higher-on-invoice', leadsTo: /priceException|bills\.missing on expect|unbilled|write-off|post what is left/ },
  { behaviour: 'invoice-resent', leadsTo: /lateInvoiceIsDuplicate/ },
  { behaviour: 'reject-order', leadsTo: /cancel-order|cancelled|supplier\.rejecting/ },
  { behaviour: 'backorder', leadsTo: /goods\.overdue|supplier\.silent/ },
  { behaviour: 'deliver-in-full', leadsTo: /approvingPayment|paymentNeedsApproval/, story: 'finance' },
  { behaviour: 'deliver-in-full', leadsTo: /review\./, story: 'emergency' },
  { behaviour: 'deliver-in-full', leadsTo: /approving on (reject|withdraw)/, story: 'rejected' },
  { behaviour: 'deliver-in-full', leadsTo: /approving on withdraw/, story: 'withdrawn' },
];

function untilItCame({ kind, resolutions }: WorkItem): Told {
  if (kind !== 'supplier-rejection') return undefined;
  return resolutions.includes('accept-proposal') ? { resolution: 'accept-proposal' } : 'leave';
}

const SUBMIT = `mutation Submit($input: RequisitionInput!) { submitRequisition(input: $input) { number } }`;
const WITHDRAW = `mutation Withdraw($number: ID!) { withdrawRequisition(number: $number) { number } }`;
/** The smallest cost centre: nobody else asks anything of its budget. */
const DESK = { requester: 'june.park', facility: 'MAIN', costCentre: '7060', location: 'MATERNITY' };
const GLOVES = itemByNumber('CON-3002')!;
const SLOW_MS = 2_500;

/** While it is being checked, the budget answers slowly, so that something can happen before it has answered. */
async function whileChecking(stage: Stage, meanwhile: (number: string) => Promise<void>, end: 'rejected' | 'withdrawn'): Promise<void> {
  const { floor, database, controlUrl, signal, seed, number } = stage;
  const reference = `checked-${seed}-${number}`;
  const setBudget = (amount: string) => patiently(signal, () => database.query(`update erp.budgets set budget = $1 where cost_centre = '7060'`, [amount]));
  // Dear enough to wait for an approval, should the check have been quicker.
  const lines = [{ itemNumber: GLOVES.number, quantity: 30, unit: GLOVES.purchasingUom }];
  stage.tell(reference, () => 'leave');
  await setBudget('1000000');
  await setFault(controlUrl, 'erp', { kind: 'slow', delayMs: SLOW_MS }, { methods: ['GET'], pathIncludes: 'budgetaryControlBalances' }, signal);
  try {
    const portal = floor.portalOf(DESK.requester);
    floor.sent.requisition({ reference, story: end, ...DESK, lines: lines.map(({ itemNumber, quantity, unit }) => ({ item: itemNumber, quantity, unit })), expected: { answer: 'accepted', end, tiers: {} } });
    const { submitRequisition } = await portal.ask<{ submitRequisition: { number: string } }>(SUBMIT, {
      input: { reference, facility: DESK.facility, costCenter: DESK.costCentre, location: DESK.location, urgency: 'STANDARD', lines },
    });
    floor.sent.answered(reference, { answer: 'accepted', number: submitRequisition.number });
    await meanwhile(submitRequisition.number);
  } finally {
    await setFault(controlUrl, 'erp', { kind: 'none' }, {}, signal);
    await pause(2 * SLOW_MS, signal);
    await setBudget('250');
  }
}

/** What was quicker than its checking ends all the same. */
async function withdraw({ floor }: Stage, number: string): Promise<void> {
  try {
    await floor.portalOf(DESK.requester).ask(WITHDRAW, { number });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/** What the supplier said two days ago comes only now; it may come while anything else is awaited of it. */
const STALE: readonly { leadsTo: RegExp; behaviour: Behaviour; isHeld: boolean }[] = [
  { leadsTo: /supplier\.proposing on order\.acknowledged\.v1 if answerIsStale/, behaviour: 'price-higher-said-twice', isHeld: false },
  { leadsTo: /supplier\.rejecting on order\.acknowledged\.v1 if answerIsStale/, behaviour: 'reject-said-twice', isHeld: false },
  { leadsTo: /supplier\.(awaiting|silent) on order\.acknowledged\.v1 if answerIsStale/, behaviour: 'price-higher-said-twice', isHeld: true },
];
const PARTNER = masterData.suppliers.find((each) => each.channel === 'partner-rest')!.number;
const PARTNER_ITEM = masterData.items.find(({ supplier, status, contractPrice }) => supplier === PARTNER && status === 'active' && Number(contractPrice) < 200)!;
const STALE_DAYS = 2;
const SILENT_AFTER_MS = 12_000;

function stale({ leadsTo, behaviour, isHeld }: (typeof STALE)[number]): Scene {
  return { leadsTo, async play(stage) {
    const { networkUrl, signal, doors, number } = stage;
    const [each] = await planned(stage, behaviour, 'small', 1) as [PlannedRequisition];
    const requisition = { ...each, lines: [{ item: PARTNER_ITEM.number, supplier: PARTNER, quantity: 1, unit: PARTNER_ITEM.purchasingUom }] };
    stage.requisitions.set(each.reference, requisition);
    const work: { order?: string; mayGoOn: boolean } = { mayGoOn: false };
    stage.tell(each.reference, ({ kind, order }) => {
      if (kind === 'no-acknowledgement') return work.mayGoOn ? undefined : 'leave';
      if (kind !== 'supplier-proposal' && kind !== 'supplier-rejection') return undefined;
      work.order = order!.orderNumber!;
      return isHeld && kind === 'supplier-proposal' && work.mayGoOn ? { resolution: 'hold-to-order' } : work.mayGoOn ? undefined : 'leave';
    });
    const setPaused = (paused: boolean) => patiently(new AbortController().signal, () => toNetwork(networkUrl, `suppliers/${PARTNER}`, { paused }));
    const date = new Date(Date.now() - STALE_DAYS * 86_400_000).toISOString().slice(0, 10);
    const sayOld = (id: number) => patiently(signal, () => doors.partnerPortal(PARTNER).acknowledge(PARTNER, oldAnswer(id, work.order!, date), `old-answer-${id}`));
    await ask(stage.floor, [requisition]);
    try {
      if (!await until(stage, () => work.order !== undefined)) return;
      if (isHeld) {
        await setPaused(true);
        work.mayGoOn = true;
        await pause(2_000, signal);
      }
      await sayOld(900_000 + 2 * number);
      if (isHeld) {
        work.mayGoOn = false;
        await pause(SILENT_AFTER_MS, signal);
        await sayOld(900_001 + 2 * number);
      }
      await pause(3_000, signal);
    } finally {
      if (isHeld) await setPaused(false);
      work.mayGoOn = true;
    }
  } };
}

function oldAnswer(id: number, poNumber: string, date: string): Acknowledgement {
  return { kind: 'acknowledgement', id, date, status: 'confirmed', order: { poNumber } as Acknowledgement['order'], lines: [{ lineNumber: 1, decision: 'accept', promisedOn: null, reason: null } as Acknowledgement['lines'][number]] };
}

/** Left alone until somebody has booked something by hand, so that its clearing account is not zero in the end. */
const MISBOOKED: Scene = {
  leadsTo: /clearing-not-zero|unbalanced|post what is left/,
  async play(stage) {
    const orders = await planned(stage, 'price-higher-on-invoice', 'small', 2);
    await Promise.all(orders.map(async (each) => {
      const work: { order?: string; isBooked: boolean } = { isBooked: false };
      stage.tell(each.reference, ({ kind, order }) => {
        if (kind !== 'price-exception') return undefined;
        work.order = order!.orderNumber!;
        return work.isBooked ? { resolution: 'accept-price' } : 'leave';
      });
      await ask(stage.floor, [each]);
      if (await until(stage, () => work.order !== undefined)) await until(stage, () => bookByHand(stage, work.order!));
      work.isBooked = true;
    }));
  },
};

/** Two lines of one supplier: with one something happens that seldom does, while the other is still awaited. */
const WHILE_AWAITED: readonly { behaviour: Behaviour; leadsTo: RegExp }[] = [
  { behaviour: 'over-delivery-apart', leadsTo: /return-surplus if onlySurplus/ },
  { behaviour: 'invoice-near-duplicate', leadsTo: /suspect on is-duplicate/ },
  { behaviour: 'bill-malformed', leadsTo: /bills\.faulty/ },
];
const [FIRST, SECOND] = ['CON-3001', 'CON-3003'] as const;

/** Few items have a substitute. */
const SUBSTITUTED: Scene = {
  leadsTo: /tell clinicians|step change-order|supplier\.changing on order changed/,
  async play(stage) {
    await hurry(stage);
    const requisition = await plannedOf(stage, [[masterData.items.find(({ substitute, status }) => substitute && status === 'active')!.number, 'substitute']], 1);
    stage.tell(requisition.reference, inTurn('supplier-proposal', 'accept-proposal'));
    await ask(stage.floor, [requisition]);
  },
};

/** An old answer comes when the supplier has long agreed. */
const STALE_AGREED: Scene = {
  leadsTo: /supplier\.agreed on order\.acknowledged\.v1$/,
  async play(stage) {
    const { database, doors, number, signal } = stage;
    const requisition = await plannedOf(stage, [[PARTNER_ITEM.number, 'backorder']], 1);
    await ask(stage.floor, [requisition]);
    let order: string | undefined;
    await until(stage, async () => {
      const { rows } = await database.query<{ po: string }>('select o.po_number as po from network.orders o join network.acknowledgements a on a.order_id = o.id where o.reference = $1', [requisition.reference]);
      order = rows[0]?.po;
      return order !== undefined;
    });
    if (order === undefined) return;
    await pause(1_000, signal);
    const date = new Date(Date.now() - STALE_DAYS * 86_400_000).toISOString().slice(0, 10);
    await patiently(signal, () => doors.partnerPortal(PARTNER).acknowledge(PARTNER, oldAnswer(900_000 + 2 * number, order!, date), `old-answer-${number}`));
  },
};

const PAYING: Readonly<Record<string, string>> = {
  'quantity-exception': 'accept-quantity', 'invoice-not-entered': 'retry-invoice', 'goods-overdue': 'keep-waiting', 'no-acknowledgement': 'wait-for-answer', 'supplier-rejection': 'hold-to-order',
};

/** The supplier is paid before anything has left, and then rejects: the buyer holds to what is paid for. */
const PAID_AHEAD: Scene = {
  leadsTo: /hold-to-order if mustBeDelivered/,
  async play(stage) {
    const { database, networkUrl } = stage;
    // Also when the day comes to rest meanwhile: what nobody rejects would never leave.
    const { signal } = new AbortController();
    const orders = await planned(stage, 'bill-then-reject', 'small', 2);
    await Promise.all(orders.map(async (each) => {
      stage.tell(each.reference, ({ kind }) => {
        const resolution = PAYING[kind];
        return resolution ? { resolution } : undefined;
      });
      await ask(stage.floor, [each]);
      await until({ signal }, async () => (await database.query(
        `select 1 from network.orders o join network.invoices i on i.order_id = o.id join erp.invoices v on v.number = i.number
           join erp.payment_invoices p on p.invoice_id = v.id where o.reference = $1`, [each.reference])).rows.length > 0);
      const { rows } = await patiently(signal, () => database.query<{ po: string }>('select po_number as po from network.orders where reference = $1', [each.reference]));
      for (const { po } of rows) await patiently(signal, () => toNetwork(networkUrl, `orders/${po}/rejection`, {}));
    }));
  },
};

export const ORDER_SCENES: readonly Scene[] = [
  ...ODD_SUPPLIERS.map(({ behaviour, leadsTo, story = 'small', answer }): Scene => ({
    leadsTo,
    async play(stage) {
      await hurry(stage);
      const orders = await planned(stage, behaviour, story);
      if (answer) for (const { reference } of orders) stage.tell(reference, answer());
      await ask(stage.floor, orders);
    },
  })),
  ...WHILE_AWAITED.map(({ behaviour, leadsTo }): Scene => ({
    leadsTo,
    async play(stage) {
      await hurry(stage);
      await ask(stage.floor, [await plannedOf(stage, [[FIRST, behaviour], [SECOND, 'backorder']])]);
    },
  })),
  ...STALE.map(stale), STALE_AGREED, MISBOOKED, PAID_AHEAD, SUBSTITUTED,
];

export const CHECKING_SCENES: readonly Scene[] = [
  { leadsTo: /checking on withdraw/, play: (stage) => whileChecking(stage, (number) => withdraw(stage, number), 'withdrawn') },
  { leadsTo: /checking on refused$/, play: (stage) => whileChecking(stage, async (number) => {
    await patiently(stage.signal, () => stage.database.query(`update erp.budgets set budget = 0 where cost_centre = '7060'`));
    await pause(2 * SLOW_MS, stage.signal);
    await withdraw(stage, number);
  }, 'rejected') },
];
