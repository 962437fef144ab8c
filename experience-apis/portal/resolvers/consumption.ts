import { given, pageIn, requireFacility } from './arguments.ts';
import type { Queries } from './nodes.ts';

export const consumptionQueries = {
  consumptions(_parent, { facility, state, ...page }, { person, systems }) {
    if (facility) requireFacility(person, facility);
    return systems.consumptionToReplenishment.listConsumptions({ ...pageIn(page), ...given({ facility, state }) });
  },
} satisfies Pick<Queries, 'consumptions'>;
