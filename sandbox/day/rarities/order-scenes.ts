import { createDice } from '../../ehr/day/random.ts';
import { itemByNumber } from '../../hospital/master-data.ts';
import type { Behaviour } from '../../network/suppliers/behaviour.ts';
import { patiently } from '../patience.ts';
import { Refusal } from '../portal.ts';
import { DESKS, type PlannedRequisition } from '../requisition-plan.ts';
import { basketFor, type AcceptedStory } from '../stories.ts';
import { ask } from '../staff/requesters.ts';
import { pause, setFault } from './refusals.ts';
import type { Scene, Stage } from './scene.ts';
import { tell } from './waves.ts';

/** What suppliers do, and where that leads. */
const ODD_SUPPLIERS: readonly { behaviour: Behaviour; leadsTo: RegExp; story?: AcceptedStory }[] = [
  { behaviour: 'price-higher-said-twice', leadsTo: /proposing on order\.acknowledged/ },
  { behaviour: 'reject-said-twice', leadsTo: /rejecting on order\.acknowledged/ },
  { behaviour: 'reject-but-ship', leadsTo: /rejecting on accept-proposal/ },
  { behaviour: 'reject-but-bill', leadsTo: /cancelled on invoice|waitingForGoods/ },
  { behaviour: 'bill-malformed', leadsTo: /faulty|disputed|closed\.quiet on invoice\.received\.v1$/ },
  { behaviour: 'two-invoices-alike', leadsTo: /suspect on is-genuine/ },
  { behaviour: 'short-shipment-two-invoices', leadsTo: /end-delivery|shortening|step shorten/ },
  { behaviour: 'short-shipment-one-invoice', leadsTo: /goods\.overdue|bills\.missing|bills\.unbilled/ },
  { behaviour: 'over-delivery-billed', leadsTo: /surplus|raise ordered|quantityException/ },
  { behaviour: 'over-delivery', leadsTo: /return-surplus$/ },
  { behaviour: 'substitute', leadsTo: /tell clinicians|step change-order|supplier\.changing|notChanged/ },
  { behaviour: 'price-higher-on-acknowledgement', leadsTo: /supplier\.(proposing|insisting)|step repeat|cancellation|step cancel-order|supplier\.notChanged/ },
  { behaviour: 'price-higher-on-invoice', leadsTo: /priceException|see invoice released|bills\.missing on expect|unbilled|write-off|post what is left/ },
  { behaviour: 'invoice-near-duplicate', leadsTo: /suspect on is-duplicate/ },
  { behaviour: 'invoice-resent', leadsTo: /lateInvoiceIsDuplicate/ },
  { behaviour: 'reject-order', leadsTo: /cancel-order|cancelled|supplier\.rejecting/ },
  { behaviour: 'backorder', leadsTo: /goods\.overdue|supplier\.silent/ },
  { behaviour: 'deliver-in-full', leadsTo: /approvingPayment|paymentNeedsApproval/, story: 'finance' },
  { behaviour: 'deliver-in-full', leadsTo: /review\./, story: 'emergency' },
  { behaviour: 'deliver-in-full', leadsTo: /approving on (reject|withdraw)/, story: 'rejected' },
  { behaviour: 'deliver-in-full', leadsTo: /approving on withdraw/, story: 'withdrawn' },
  { behaviour: 'deliver-in-full', leadsTo: /notPlaced|undo create|ordering on place|notReceived|receive-goods\.failed|notEntered|enter-invoice\.failed/ },
];

const AT_ONCE = 3;

function planned({ seed, number, networkUrl, behaviours, signal, requisitions }: Stage, behaviour: Behaviour, story: AcceptedStory): Promise<PlannedRequisition[]> {
  return Promise.all(Array.from({ length: AT_ONCE }, async (_, index): Promise<PlannedRequisition> => {
    const desk = DESKS[(number + index) % DESKS.length]!;
    const reference = `rare-${seed}-${number}-${index}`;
    const basket = basketFor(createDice(seed * 7_919 + number * 13 + index), desk, story);
    behaviours.set(reference, behaviour);
    await patiently(signal, () => tell(networkUrl, reference, behaviour));
    const requisition: PlannedRequisition = {
      ...desk, reference, story, urgency: story === 'emergency' ? 'EMERGENCY' : 'STANDARD', ...(story === 'emergency' ? { justification: 'A patient is on the table and the shelf is empty.' } : {}),
      lines: basket.map(({ item, supplier, quantity, unit }) => ({ item, supplier, quantity: behaviour === 'two-invoices-alike' ? quantity + quantity % 2 : quantity, unit })),
      expected: { answer: 'accepted', end: story === 'rejected' || story === 'withdrawn' ? story : 'ordered', tiers: {} },
    };
    requisitions.set(reference, requisition);
    return requisition;
  }));
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

export const ORDER_SCENES: readonly Scene[] = ODD_SUPPLIERS.map(({ behaviour, leadsTo, story = 'small' }) => ({
  leadsTo,
  async play(stage) { await ask(stage.floor, await planned(stage, behaviour, story)); },
}));

export const CHECKING_SCENES: readonly Scene[] = [
  { leadsTo: /checking on withdraw/, play: (stage) => whileChecking(stage, (number) => withdraw(stage, number), 'withdrawn') },
  { leadsTo: /checking on refused$/, play: (stage) => whileChecking(stage, async (number) => {
    await patiently(stage.signal, () => stage.database.query(`update erp.budgets set budget = 0 where cost_centre = '7060'`));
    await pause(2 * SLOW_MS, stage.signal);
    await withdraw(stage, number);
  }, 'rejected') },
];
