import type { BasketLine, Desk } from './baskets.ts';
import { basketOf } from './baskets.ts';
import type { Dice } from '../ehr/day/random.ts';

/** What a person asks for and what is to become of it. */
export type Story = AcceptedStory | RefusedStory;

export type AcceptedStory =
  | 'small' | 'split' | 'manager' | 'director' | 'finance' | 'several-suppliers' | 'emergency'
  /** The approver says no. */
  | 'rejected'
  /** The requester thinks again before anybody has decided. */
  | 'withdrawn'
  /** The first approver stays silent until the limit, and whoever is above decides. */
  | 'escalated'
  /** Approved by whom the manager has asked to stand in. */
  | 'delegated';

export type RefusedStory =
  | 'unknown-item' | 'inactive-item' | 'closed-cost-centre' | 'cost-centre-elsewhere' | 'unknown-unit' | 'wrong-unit' | 'over-budget'
  | 'negative-quantity' | 'overlong-text' | 'emergency-without-reason' | 'foreign-facility';

/** The day's mix: read round and round, the first ones also on the smallest day. */
export const MIX: readonly Story[] = [
  'manager', 'unknown-item', 'escalated', 'rejected', 'several-suppliers', 'emergency', 'over-budget', 'small',
  'director', 'split', 'split', 'wrong-unit', 'delegated', 'finance', 'closed-cost-centre', 'withdrawn', 'negative-quantity', 'small',
  'unknown-unit', 'several-suppliers', 'overlong-text', 'manager', 'emergency-without-reason', 'inactive-item', 'director', 'small',
  'manager', 'cost-centre-elsewhere', 'several-suppliers', 'foreign-facility', 'manager', 'small', 'several-suppliers', 'manager',
];

interface Basket {
  suppliers: number;
  least: number;
  most: number;
}

/**
 * Amounts in USD, and the order in which one person asks: first what stays below the limits, for what was asked before
 * counts along.
 */
const ACCEPTED: Readonly<Record<AcceptedStory, Basket & { place: number }>> = {
  small: { place: 0, suppliers: 1, least: 40, most: 120 },
  split: { place: 1, suppliers: 1, least: 130, most: 220 },
  escalated: { place: 2, suppliers: 1, least: 260, most: 700 },
  delegated: { place: 3, suppliers: 1, least: 260, most: 700 },
  manager: { place: 4, suppliers: 1, least: 300, most: 1200 },
  'several-suppliers': { place: 5, suppliers: 3, least: 600, most: 1800 },
  emergency: { place: 6, suppliers: 1, least: 200, most: 1500 },
  director: { place: 7, suppliers: 1, least: 5200, most: 9000 },
  finance: { place: 8, suppliers: 1, least: 26000, most: 60000 },
  // What is not bought counts along only until that is known, so nothing comes after it.
  rejected: { place: 9, suppliers: 1, least: 300, most: 700 },
  withdrawn: { place: 10, suppliers: 1, least: 300, most: 700 },
};

export function isRefused(story: Story): story is RefusedStory {
  return !(story in ACCEPTED);
}

export const placeOf = (story: Story) => isRefused(story) ? 11 : ACCEPTED[story].place;

export const basketFor = (dice: Dice, desk: Desk, story: AcceptedStory): BasketLine[] => basketOf(dice, desk, ACCEPTED[story].suppliers, ACCEPTED[story].least, ACCEPTED[story].most);
