import { keyOf } from './mutation-key.ts';
import { given, orNull, pageIn } from './arguments.ts';
import type { FieldsOf, Mutations, Queries } from './nodes.ts';
import { urgencyIn, urgencyOf } from './urgency.ts';

export const requisitionQueries = {
  requisition: (_parent, { number }, { systems }) => orNull(systems.procureToPay.getRequisition({ requisitionNumber: number })),
  requisitions: (_parent, { mine, costCenter, ...page }, { person, systems }) =>
    systems.procureToPay.listRequisitions({ ...pageIn(page), ...given({ costCenter, requester: mine === false ? undefined : person.subject }) }),
} satisfies Pick<Queries, 'requisition' | 'requisitions'>;

export const requisitionMutations = {
  submitRequisition(_parent, { input }, { person, systems }) {
    const { urgency, lines, location, justification, neededBy, ...need } = input;
    const body = { ...need, lines, urgency: urgencyIn(urgency), ...given({ location, justification, neededBy }) };
    return systems.procureToPay.submitRequisition({ body }, { idempotencyKey: keyOf(person, 'submit-requisition', input.reference) });
  },
  withdrawRequisition: (_parent, { number }, { person, systems }) =>
    systems.procureToPay.withdrawRequisition({ requisitionNumber: number }, { idempotencyKey: keyOf(person, 'withdraw-requisition', number) }),
} satisfies Pick<Mutations, 'submitRequisition' | 'withdrawRequisition'>;

export const requisitionTypes = {
  Requisition: {
    costCenter: (requisition) => ({ code: requisition.costCenter }),
    urgency: (requisition) => urgencyOf(requisition.urgency),
  } satisfies FieldsOf<'Requisition'>,
};
