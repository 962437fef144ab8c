import type { Urgency } from '#contracts/generated/experience/portal/graph.ts';
import type { Order } from '#contracts/generated/process/procure-to-pay/v1.ts';

const NAMES = { STANDARD: 'standard', EMERGENCY: 'emergency' } as const satisfies Record<Urgency, Order['urgency']>;

export function urgencyIn(urgency: Urgency | null | undefined): Order['urgency'] {
  return NAMES[urgency ?? 'STANDARD'];
}

export function urgencyOf(urgency: Order['urgency']): Urgency {
  return urgency === 'emergency' ? 'EMERGENCY' : 'STANDARD';
}
