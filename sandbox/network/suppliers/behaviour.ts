import { fraction } from './seeded.ts';

interface Share {
  perMille: number;
  meaning: string;
}

/** What suppliers do with an order line, and how often. The shares add up to 1000. */
export const BEHAVIOURS = {
  'deliver-in-full': { perMille: 745, meaning: 'accepts, ships everything at once, one invoice' },
  'short-shipment-two-invoices': { perMille: 45, meaning: 'ships a part, then the rest; invoices each shipment' },
  'short-shipment-one-invoice': { perMille: 25, meaning: 'ships a part, then the rest; invoices once, at the end' },
  // Few items have a substitute; for all others this becomes a delivery in full.
  substitute: { perMille: 60, meaning: "offers the item's substitute and waits for the buyer" },
  'price-higher-on-acknowledgement': { perMille: 20, meaning: 'acknowledges at a higher price and waits for the buyer' },
  'price-higher-on-invoice': { perMille: 25, meaning: 'acknowledges the price and invoices a higher one' },
  backorder: { perMille: 25, meaning: 'promises a later date, then delivers in full' },
  'reject-line': { perMille: 10, meaning: 'rejects the line' },
  'reject-order': { perMille: 5, meaning: 'rejects the whole order that holds the line' },
  'invoice-resent': { perMille: 15, meaning: 'sends the same invoice again under the same number' },
  'invoice-near-duplicate': { perMille: 15, meaning: 'sends the same invoice again under a near-identical number' },
  'over-delivery': { perMille: 6, meaning: 'ships a few too many, invoices what was ordered' },
  'over-delivery-billed': { perMille: 4, meaning: 'ships a few too many and invoices them' },
  // Never drawn; only who asks for them (`PUT /control/behaviours`) meets them.
  'price-higher-said-twice': { perMille: 0, meaning: 'acknowledges at a higher price, and says so again while it waits for the buyer' },
  'reject-said-twice': { perMille: 0, meaning: 'rejects the whole order, and says so again' },
  'reject-but-ship': { perMille: 0, meaning: 'rejects the whole order, and ships a part of it all the same' },
  'reject-but-bill': { perMille: 0, meaning: 'rejects the whole order, and invoices it all the same' },
  'bill-malformed': { perMille: 0, meaning: 'sends a second invoice, for lines that the order does not have' },
  'short-shipment-only': { perMille: 0, meaning: 'ships a part, invoices that, and nothing more of the rest' },
  'invoice-late': { perMille: 0, meaning: 'delivers in full, and invoices weeks later' },
  'over-delivery-apart': { perMille: 0, meaning: 'ships what was ordered, then a few more in a box of their own; invoices what was ordered' },
  'bill-then-reject': { perMille: 0, meaning: 'accepts, invoices everything and ships nothing; rejects when it thinks better of it (`PUT /control/orders/{number}/rejection`); delivers when the buyer holds to the order' },
  'two-invoices-alike': { perMille: 0, meaning: 'ships half and half; the invoices bear near-identical numbers and are both owed' },
} as const satisfies Record<string, Share>;

export type Behaviour = keyof typeof BEHAVIOURS;

export function isBehaviour(text: unknown): text is Behaviour {
  return typeof text === 'string' && Object.hasOwn(BEHAVIOURS, text);
}

/**
 * The behaviour for one line. It depends on the buyer's reference and the item, never on time or order of arrival, so
 * that the same day gives the same supplier troubles however fast it is run.
 */
export function behaviourOf(seed: number, reference: string, itemNumber: string): Behaviour {
  let left = fraction(seed, 'behaviour', reference, itemNumber) * 1000;
  for (const [name, { perMille }] of Object.entries(BEHAVIOURS)) {
    left -= perMille;
    if (left < 0) return name as Behaviour;
  }
  return 'deliver-in-full';
}

/** The order as a whole is refused. */
export function rejectsOrder(behaviour: Behaviour): boolean {
  return behaviour === 'reject-order' || behaviour === 'reject-said-twice' || behaviour === 'reject-but-ship' || behaviour === 'reject-but-bill';
}

/** What a behaviour needs in order to be possible; without it the line is simply delivered. */
export function possibleBehaviour(
  wanted: Behaviour,
  line: { quantity: string; isKnown: boolean; hasSubstitute: boolean },
): Behaviour {
  if (!line.isKnown) return 'reject-line';
  const divisible = Number.isInteger(Number(line.quantity)) && Number(line.quantity) >= 2;
  if (wanted === 'substitute' && !line.hasSubstitute) return 'deliver-in-full';
  if (wanted.startsWith('short-shipment') && !divisible) return 'deliver-in-full';
  if (wanted === 'two-invoices-alike' && !Number.isInteger(Number(line.quantity) / 2)) return 'deliver-in-full';
  return wanted;
}
