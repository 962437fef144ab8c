import Big from 'big.js';

/** The hospital's rules of approval, as its people know them by heart. The platform has its own copy in its configuration. */
export const PERSON_NEEDS_NO_APPROVAL_UP_TO = '250';

/** From the bottom; each further one when the amount is above the limit of the one before. */
export const TIERS: readonly { name: string; upTo: string }[] = [
  { name: 'manager', upTo: '5000' },
  { name: 'director', upTo: '25000' },
  { name: 'finance', upTo: '1000000' },
];

/**
 * Who has to approve.
 *
 * @param recent what the same person asked of the same cost centre within the last day
 */
export function tiersFor(total: string, recent: string): string[] {
  const alone = tiersOf(new Big(total));
  const together = tiersOf(new Big(total).plus(recent));
  return together.length > alone.length ? together : alone;
}

function tiersOf(total: Big): string[] {
  if (total.lte(PERSON_NEEDS_NO_APPROVAL_UP_TO)) return [];
  return TIERS.filter((_, index) => index === 0 || total.gt(TIERS[index - 1]!.upTo)).map((tier) => tier.name);
}
