import { consumptionQueries } from './consumption.ts';
import type { Mutations, Queries } from './nodes.ts';
import { orderMutations, orderQueries, orderTypes } from './orders.ts';
import { peopleQueries, peopleTypes } from './people.ts';
import { personQueries, personTypes } from './person.ts';
import { requisitionMutations, requisitionQueries, requisitionTypes } from './requisitions.ts';
import { scalars } from './scalars.ts';
import { stockQueries, stockTypes } from './stock.ts';
import { workItemMutations, workItemQueries, workItemTypes } from './work-items.ts';

/** How the graph is answered: every entry and every field that the APIs below do not answer by themselves. */
export const resolvers = {
  ...scalars,
  ...personTypes, ...requisitionTypes, ...orderTypes, ...workItemTypes, ...stockTypes, ...peopleTypes,
  Query: { ...personQueries, ...requisitionQueries, ...orderQueries, ...workItemQueries, ...stockQueries, ...consumptionQueries, ...peopleQueries } satisfies Queries,
  Mutation: { ...requisitionMutations, ...orderMutations, ...workItemMutations } satisfies Mutations,
};
