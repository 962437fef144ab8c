import { given, orNull, pageIn } from './arguments.ts';
import { keyOf } from './mutation-key.ts';
import type { FieldsOf, Mutations, Queries } from './nodes.ts';
import { urgencyOf } from './urgency.ts';

export const orderQueries = {
  order: (_parent, { id }, { load }) => orNull(load.orders.load(id)),
  orders: (_parent, { state, supplierNumber, orderNumber, ...page }, { systems }) =>
    systems.procureToPay.listOrders({ ...pageIn(page), ...given({ state, supplierNumber, orderNumber }) }),
} satisfies Pick<Queries, 'order' | 'orders'>;

export const orderMutations = {
  receiveGoods(_parent, { orderId, input }, { person, systems }) {
    const { reference, receivedOn, shipNoticeNumber, lines } = input;
    const body = {
      reference, receivedOn, ...given({ shipNoticeNumber }),
      lines: lines.map(({ line, quantity, ...tracking }) => ({ line, quantity, ...tracked(tracking) })),
    };
    return systems.procureToPay.receiveGoods({ orderId, body }, { idempotencyKey: keyOf(person, 'receive-goods', orderId, reference) });
  },
} satisfies Pick<Mutations, 'receiveGoods'>;

export const orderTypes = {
  Order: {
    supplier: (order) => ({ number: order.supplierNumber }),
    costCenter: (order) => ({ code: order.costCenter }),
    urgency: (order) => urgencyOf(order.urgency),
    reasons: (order) => order.reasons ?? [],
    approvals: (order) => order.approvals ?? [],
    invoices: (order) => order.invoices ?? [],
    timeline: (order, _args, { load }) => load.timelines.load(order.id),
  } satisfies FieldsOf<'Order'>,
  OrderLine: {
    item: (line) => ({ number: line.itemNumber }),
  } satisfies FieldsOf<'OrderLine'>,
  // Number and code are known without asking: whoever wants no more than them needs no answer from below.
  Supplier: {
    name: async ({ number }, _args, { load }) => (await load.suppliers.load(number)).name,
  } satisfies FieldsOf<'Supplier'>,
  CostCenter: {
    name: async ({ code }, _args, { load }) => (await load.costCenters.load(code)).name,
  } satisfies FieldsOf<'CostCenter'>,
};

function tracked(tracking: object): { tracking?: object } {
  const known = given(tracking);
  return Object.keys(known).length > 0 ? { tracking: known } : {};
}
