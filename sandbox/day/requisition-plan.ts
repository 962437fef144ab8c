import Big from 'big.js';
import { createDice, type Dice } from '../ehr/day/random.ts';
import { behaviourOf, type Behaviour } from '../network/suppliers/behaviour.ts';
import { tiersFor } from './approval-policy.ts';
import { basketOf, type BasketLine, type Desk } from './baskets.ts';
import { basketFor, isRefused, MIX, placeOf, type AcceptedStory, type RefusedStory, type Story } from './stories.ts';

/** What one person will ask for, and what has to become of it. */
export interface PlannedRequisition {
  /** Stable: follows from seed and place in the plan. */
  reference: string;
  story: Story;
  requester: string;
  facility: string;
  costCentre: string;
  location: string;
  urgency: 'STANDARD' | 'EMERGENCY';
  justification?: string;
  lines: { item: string; supplier?: string; quantity: number; unit: string }[];
  expected: Expectation;
}

export type Expectation =
  /** Refused at once, with this code or, for what breaks the contract, this kind. */
  | { answer: 'refused'; code: string }
  /** Taken. `tiers` have to approve, per supplier, for each supplier's part is an order of its own. */
  | { answer: 'accepted'; end: 'ordered' | 'rejected' | 'withdrawn'; tiers: Record<string, string[]> };

const PER_PATIENT = 0.6;
const FEWEST = 8;

/** Who asks for what. Nobody here approves for the cost centre that they ask for. */
export const DESKS: readonly Desk[] = [
  { requester: 'nina.alvarez', facility: 'MAIN', costCentre: '7010', location: 'CATHLAB' },
  { requester: 'omar.reyes', facility: 'MAIN', costCentre: '7020', location: 'THEATRE' },
  { requester: 'rosa.diaz', facility: 'EAST', costCentre: '7050', location: 'CLINIC' },
  { requester: 'omar.reyes', facility: 'MAIN', costCentre: '7030', location: 'EPLAB' },
  { requester: 'tomas.novak', facility: 'MAIN', costCentre: '7010', location: 'CATHLAB' },
];

/** Cost centres whose manager has somebody to stand in for her. */
const DELEGATING = new Set(['7010', '7030']);
const STAND_IN = 'tomas.novak';

/** What was asked at a desk before, in USD: what is bought for sure, and what may come to nothing. */
interface Recent {
  certain: Big;
  uncertain: Big;
}

/** Everything people will ask for on this day, in the order in which each of them does. */
export function planRequisitions(seed: number, patients: number): PlannedRequisition[] {
  const dice = createDice(seed ^ 0x52_45_51);
  const count = Math.max(FEWEST, Math.round(patients * PER_PATIENT));
  const asked = Array.from({ length: count }, (_, index) => ({ story: MIX[index % MIX.length]!, desk: deskFor(index) }));
  const recent = new Map<Desk, Recent>();
  return asked
    .sort((one, other) => placeOf(one.story) - placeOf(other.story))
    .map(({ story, desk }, index) => {
      const reference = `day-${seed}-r${String(index + 1).padStart(4, '0')}`;
      if (isRefused(story)) return refused(dice, desk, story, reference);
      const before = recent.get(desk) ?? { certain: new Big(0), uncertain: new Big(0) };
      const drawn = draw(dice, desk, story, before);
      const isBought = story !== 'rejected' && story !== 'withdrawn' && drawn.basket.every((line) => CERTAIN.has(behaviourOf(seed, reference, line.item)));
      const certainty = isBought ? 'certain' : 'uncertain';
      recent.set(desk, { ...before, [certainty]: before[certainty].plus(amountOf(drawn.basket)) });
      return accepted(desk, reference, drawn);
    });
}

/** What a supplier does with a line that leads to goods whatever a buyer decides. */
const CERTAIN = new Set<Behaviour>([
  'deliver-in-full', 'short-shipment-two-invoices', 'short-shipment-one-invoice', 'price-higher-on-invoice', 'backorder', 'invoice-resent', 'invoice-near-duplicate', 'over-delivery', 'over-delivery-billed',
]);

interface Drawn {
  story: AcceptedStory;
  basket: BasketLine[];
  tiers: string[];
}

const MOST_DRAWS = 40;

/** A basket that needs the same approvals whether or not what may come to nothing still counts along: timing must not decide. */
function draw(dice: Dice, desk: Desk, story: AcceptedStory, { certain, uncertain }: Recent): Drawn {
  // The last one needs every tier there is, whatever was asked before.
  for (const wanted of [story, 'manager', 'director', 'finance'] as const) {
    for (let draws = 0; draws < MOST_DRAWS; draws += 1) {
      const basket = basketFor(dice, desk, wanted);
      const total = amountOf(basket).toFixed(2);
      const tiers = tiersFor(total, certain.toFixed(2));
      if (tiers.join() !== tiersFor(total, certain.plus(uncertain).toFixed(2)).join()) continue;
      return { story: storyTold(story, tiers, tiersFor(total, '0')), basket, tiers };
    }
  }
  throw new RangeError(`No basket at ${desk.costCentre} would surely need the same approvals`);
}

/** What the amounts really make of a story: above one tier the same person could not decide twice, for instance. */
function storyTold(story: AcceptedStory, tiers: readonly string[], alone: readonly string[]): AcceptedStory {
  if (story === 'small' || story === 'split') return tiers.length === 0 ? story : alone.length === 0 ? 'split' : 'manager';
  const needsOne = story === 'escalated';
  const needsAny = needsOne || story === 'delegated';
  return (needsOne && tiers.length !== 1) || (needsAny && tiers.length === 0) ? 'manager' : story;
}

/** Desks in turn; the turn moves on with each round of the mix, so that every story comes to every desk. */
function deskFor(index: number): Desk {
  const story = MIX[index % MIX.length]!;
  const desk = DESKS[(index + Math.floor(index / MIX.length)) % DESKS.length]!;
  // Two halves of one need come from one person; a stand-in does not approve for themselves.
  if (story === 'split') return DESKS[Math.floor(index / MIX.length) % DESKS.length]!;
  if (story === 'delegated' && (!DELEGATING.has(desk.costCentre) || desk.requester === STAND_IN)) return DESKS[0]!;
  return desk;
}

function accepted(desk: Desk, reference: string, { story, basket, tiers }: Drawn): PlannedRequisition {
  const isEmergency = story === 'emergency';
  return {
    ...requisitionOf(desk, reference, story, basket),
    ...(isEmergency ? { urgency: 'EMERGENCY' as const, justification: 'A patient is on the table and the shelf is empty.' } : {}),
    expected: {
      answer: 'accepted', end: story === 'rejected' || story === 'withdrawn' ? story : 'ordered',
      // The amount of the whole decides, although each supplier's part is approved by itself.
      tiers: isEmergency ? {} : Object.fromEntries(basket.map((line) => [line.supplier, tiers])),
    },
  };
}

type Fault = Partial<Omit<PlannedRequisition, 'expected'>> & { code: string };

function refused(dice: Dice, desk: Desk, story: RefusedStory, reference: string): PlannedRequisition {
  const right = requisitionOf(desk, reference, story, basketOf(dice, desk, 1, 40, 400));
  const { code, ...wrong } = faultOf(story, right);
  return { ...right, ...wrong, expected: { answer: 'refused', code } };
}

function faultOf(story: RefusedStory, right: Omit<PlannedRequisition, 'expected'>): Fault {
  const line = right.lines[0]!;
  const withLine = (change: Partial<PlannedRequisition['lines'][number]>) => ({ lines: [{ ...line, ...change }] });
  switch (story) {
    case 'unknown-item': return { code: 'unknown-item', ...withLine({ item: 'XYZ-0000' }) };
    case 'inactive-item': return { code: 'item-inactive', ...withLine({ item: 'INS-1202', quantity: 1, unit: 'EA' }) };
    case 'closed-cost-centre': return { code: 'cost-center-closed', costCentre: '7999', facility: 'MAIN', requester: 'nina.alvarez' };
    case 'cost-centre-elsewhere': return { code: 'cost-center-elsewhere', costCentre: '7010', facility: 'EAST', requester: 'rosa.diaz' };
    case 'unknown-unit': return { code: 'unknown-unit', ...withLine({ unit: 'ZZ' }) };
    case 'wrong-unit': return { code: 'wrong-unit', ...withLine({ unit: line.unit === 'PK' ? 'CA' : 'PK' }) };
    // Maternity has 250 USD for the year.
    case 'over-budget': return { code: 'budget-exceeded', requester: 'june.park', facility: 'MAIN', costCentre: '7060', location: 'MATERNITY', ...withLine({ item: 'DEV-2604', quantity: 1, unit: 'BX' }) };
    case 'negative-quantity': return { code: 'invalid-request', ...withLine({ quantity: -2 }) };
    case 'overlong-text': return { code: 'invalid-request', justification: 'very '.repeat(60) };
    case 'emergency-without-reason': return { code: 'justification-needed', urgency: 'EMERGENCY' };
    case 'foreign-facility': return { code: 'facility-not-yours', requester: 'nina.alvarez', facility: 'EAST', costCentre: '7050', location: 'CLINIC' };
  }
}

function requisitionOf(desk: Desk, reference: string, story: Story, basket: readonly BasketLine[]): Omit<PlannedRequisition, 'expected'> {
  return { ...desk, reference, story, urgency: 'STANDARD', lines: basket.map(({ item, supplier, quantity, unit }) => ({ item, supplier, quantity, unit })) };
}

function amountOf(basket: readonly BasketLine[]): Big {
  return basket.reduce((sum, line) => sum.plus(line.amount), new Big(0));
}
