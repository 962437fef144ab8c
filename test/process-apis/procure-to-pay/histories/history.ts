import fc from 'fast-check';
import type { AcknowledgementLine } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Delivery, Order, OrderAcknowledgement, ShipNotice, SupplierInvoice } from '../../../../process-apis/procure-to-pay/order.ts';
import { bill, billed, sampleLine, sampleOrder } from '../samples.ts';

/** One thing that comes from outside, once or many times. Those with an id are events of the log. */
export type Happening =
  | { type: 'order.acknowledged.v1'; id: string; document: Pick<OrderAcknowledgement, 'number' | 'acknowledgedAt' | 'lines'> }
  | { type: 'shipment.announced.v1'; id: string; number: string }
  | { type: 'invoice.received.v1'; id: string; document: Pick<SupplierInvoice, 'number' | 'lines' | 'total'> }
  | { type: 'delivered'; id: string; delivery: Delivery };

/** All that happens to one order from outside, in the order in which it usually would. */
export interface History {
  orderId: string;
  orderNumber: string;
  urgency: Order['urgency'];
  lines: { quantity: number }[];
  happenings: Happening[];
  minds: { acceptsProposal: boolean; keepsSurplus: boolean; believesTwins: boolean; paysMore: boolean };
}

/** The first order in the books of the ERP. */
const ORDER_NUMBER = 'PO-000001';
const PRICE = '100.00';

export function needOf({ orderId, urgency, lines }: History): Order {
  return sampleOrder({
    orderId, urgency, origin: 'demand', requester: 'replenishment', location: 'CATHLAB', ...(urgency === 'emergency' ? { justification: 'A patient waits.' } : {}),
    supplierNumber: 'SUP-1', lines: lines.map(({ quantity }, index) => sampleLine({ line: index + 1, quantity, unitPrice: '0' })),
  });
}

export function documentOf({ orderNumber }: History, happening: Exclude<Happening, { type: 'delivered' }>): OrderAcknowledgement | ShipNotice | SupplierInvoice {
  const of = { supplierNumber: 'SUP-1', orderNumber };
  if (happening.type === 'order.acknowledged.v1') return { ...of, ...happening.document };
  if (happening.type === 'shipment.announced.v1') return { ...of, number: happening.number, shippedAt: '2026-11-21T08:00:00Z', lines: [{ line: 1, itemNumber: 'IMP-1', quantity: 1, unit: 'EA' }] };
  return bill(happening.document.number, happening.document.lines, { ...of, total: happening.document.total });
}

export function acknowledgement(number: string, lines: AcknowledgementLine[], day = '2026-11-20'): Happening {
  return { type: 'order.acknowledged.v1', id: `event of ${number}`, document: { number, acknowledgedAt: `${day}T09:00:00Z`, lines } };
}

export function invoice(number: string, quantities: readonly [line: number, quantity: number][], { price = PRICE, id = `event of ${number}`, itemNumber = 'IMP-1' } = {}): Happening {
  const { lines, total } = bill(number, quantities.map(([line, quantity]) => billed(line, quantity, price, { itemNumber })));
  return { type: 'invoice.received.v1', id, document: { number, lines, total } };
}

export function delivered(reference: string, quantities: readonly [line: number, quantity: number][]): Happening {
  return { type: 'delivered', id: reference, delivery: { reference, receivedOn: '2026-11-21', by: 'somebody', lines: quantities.map(([line, quantity]) => ({ line, quantity })) } };
}

export const shipment = (number: string): Happening => ({ type: 'shipment.announced.v1', id: `event of ${number}`, number });

/** A quantity in parts of at least one each. */
const parts = (quantity: number) => fc.array(fc.integer({ min: 1, max: quantity }), { maxLength: 2 }).map((cuts) => {
  const points = [...new Set([0, ...cuts.filter((cut) => cut < quantity), quantity])].toSorted((left, right) => left - right);
  return points.slice(1).map((point, index) => point - points[index]!);
});

/** All lines in parts: the n-th part of each together. */
const inParts = (lines: readonly { quantity: number }[]) => fc.tuple(...lines.map(({ quantity }) => parts(quantity))).map((byLine) =>
  Array.from({ length: Math.max(...byLine.map((each) => each.length)) }, (_, part) => byLine.flatMap((each, index): [number, number][] => each[part] === undefined ? [] : [[index + 1, each[part]]])));

const minds = fc.record({ acceptsProposal: fc.boolean(), keepsSurplus: fc.boolean(), believesTwins: fc.boolean(), paysMore: fc.boolean() });
const lines = fc.array(fc.record({ quantity: fc.integer({ min: 1, max: 12 }) }), { minLength: 1, maxLength: 2 });
const urgency = fc.constantFrom<Order['urgency'][]>('standard', 'standard', 'emergency');

/** An answer that leaves the order as it is, or none. */
const agreeing = (count: number) => fc.option(fc.array(fc.constantFrom<AcknowledgementLine['outcome'][]>('accepted', 'backordered'), { minLength: count, maxLength: count }).map((outcomes) =>
  acknowledgement('ACK-1', outcomes.map((outcome, index) => ({ line: index + 1, outcome, promisedOn: '2026-12-01' })))), { nil: undefined });

/** What a supplier may send that is wrong or twice. */
const oddities = (whole: readonly { quantity: number }[], partial: readonly [number, number][]) => fc.subarray<Happening>([
  // The same invoice once more under another event, as from another channel.
  invoice('I-1', partial, { id: 'I-1 once more' }),
  invoice('X-1', [[9, 1]]),
  invoice('X-2', [[1, whole[0]!.quantity]], { price: '0.00' }),
]);

interface Plan {
  lines: { quantity: number }[];
  goods: [number, number][][];
  bills: [number, number][][];
}

const plans: fc.Arbitrary<Plan> = lines.chain((ordered) => fc.record({ lines: fc.constant(ordered), goods: inParts(ordered), bills: inParts(ordered) }));

const goodsOf = ({ goods }: Plan) => goods.map((quantities, index) => delivered(`D-${index + 1}`, quantities));
const billsOf = ({ bills }: Plan, price = PRICE) => bills.map((quantities, index) => invoice(`I-${index + 1}`, quantities, { price }));

/** Orders of which everything comes and everything is billed, at whatever prices: nothing in them takes another way when it comes at another time. */
export const straightHistories: fc.Arbitrary<History> = plans.chain((plan) => fc.record({
  minds, urgency, answer: agreeing(plan.lines.length), notices: fc.integer({ min: 0, max: 2 }), odd: oddities(plan.lines, plan.bills[0]!),
  price: fc.constantFrom(PRICE, PRICE, '101.00', '99.00', '130.00'),
}).map(({ answer, notices, odd, price, ...rest }): History => ({
  ...rest, orderId: '4a4e4ad8-93ad-4dd0-8f5c-111111111111', orderNumber: ORDER_NUMBER, lines: plan.lines,
  happenings: [
    ...(answer ? [answer] : []), ...Array.from({ length: notices }, (_, index) => shipment(`ASN-${index + 1}`)), ...goodsOf(plan), ...billsOf(plan, price),
    ...odd.map((each) => each.id === 'I-1 once more' && each.type === 'invoice.received.v1' ? invoice('I-1', plan.bills[0]!, { price, id: each.id }) : each),
  ],
})));

type AnsweredLine = AcknowledgementLine & { quantity?: number };

const answeredLine = (quantity: number, line: number) => fc.constantFrom<AnsweredLine[]>(
  { line, outcome: 'accepted' }, { line, outcome: 'changed', unitPrice: '101.00' }, { line, outcome: 'changed', unitPrice: '140.00' }, { line, outcome: 'changed', quantity: Math.max(1, quantity - 1) },
  { line, outcome: 'substituted', substituteItemNumber: 'IMP-2', unitPrice: '100.00' }, { line, outcome: 'rejected' },
);
const answersTo = (ordered: readonly { quantity: number }[]) => fc.tuple(...ordered.map(({ quantity }, index) => answeredLine(quantity, index + 1)));

/** The supplier ships and bills what it has answered, or what was ordered when it was held to that. */
export const answeredHistories: fc.Arbitrary<History & { first: Happening[] }> = fc.record({ minds, urgency, ordered: lines })
  .chain(({ ordered, ...rest }) => answersTo(ordered).chain((answer) => {
    const isHarmless = answer.every(({ outcome, quantity, unitPrice }) => outcome === 'accepted' || outcome === 'changed' && quantity === undefined && unitPrice === '101.00');
    const isTaken = isHarmless || rest.minds.acceptsProposal;
    const expected = ordered.map(({ quantity }, index) => {
      const line = answer[index]!;
      const now = isTaken ? line : { line: line.line, outcome: 'accepted' as const };
      return { line: line.line, quantity: now.outcome === 'rejected' ? 0 : ('quantity' in now ? now.quantity : undefined) ?? quantity, price: ('unitPrice' in now ? now.unitPrice : undefined) ?? PRICE, itemNumber: now.outcome === 'substituted' ? 'IMP-2' : 'IMP-1' };
    }).filter(({ quantity }) => quantity > 0);
    const shipped: fc.Arbitrary<(typeof expected)[]> = expected.length === 0 ? fc.constant([]) : inParts(expected).map((goods) => goods.map((quantities) => quantities.map(([index, quantity]) => ({ ...expected[index - 1]!, quantity }))));
    return fc.record({ goods: shipped, bills: shipped }).map(({ goods, bills }): History & { first: Happening[] } => ({
      ...rest, orderId: '4a4e4ad8-93ad-4dd0-8f5c-111111111111', orderNumber: ORDER_NUMBER, lines: ordered, first: [acknowledgement('ACK-1', answer)],
      happenings: [
        ...goods.map((part, index) => delivered(`D-${index + 1}`, part.map(({ line, quantity }): [number, number] => [line, quantity]))),
        ...bills.map((part, index): Happening => {
          const { lines: billedLines, total } = bill(`I-${index + 1}`, part.map(({ line, quantity, price, itemNumber }) => billed(line, quantity, price, { itemNumber })));
          return { type: 'invoice.received.v1', id: `event of I-${index + 1}`, document: { number: `I-${index + 1}`, lines: billedLines, total } };
        }),
      ],
    }));
  }));

/** A supplier that answers several times, each time at another hour, before it ships anything. */
export const talkativeHistories: fc.Arbitrary<History> = fc.record({ minds, urgency, lines }).chain((about) => fc.array(answersTo(about.lines), { minLength: 2, maxLength: 4 }).map((answers): History => ({
  ...about, orderId: '4a4e4ad8-93ad-4dd0-8f5c-111111111111', orderNumber: ORDER_NUMBER, happenings: answers.map((answer, index) => acknowledgement(`ACK-${index + 1}`, answer, `2026-11-2${index}`)),
})));

/** A supplier that changes the price a little and does not wait to hear that we take note of it. */
export const hastyHistories: fc.Arbitrary<History> = fc.record({ minds, urgency, quantity: fc.integer({ min: 1, max: 12 }) }).map(({ quantity, ...about }): History => ({
  ...about, orderId: '4a4e4ad8-93ad-4dd0-8f5c-111111111111', orderNumber: ORDER_NUMBER, lines: [{ quantity }],
  happenings: [acknowledgement('ACK-1', [{ line: 1, outcome: 'changed', unitPrice: '101.00' }]), delivered('D-1', [[1, quantity]]), invoice('I-1', [[1, quantity]], { price: '101.00' })],
}));

/** Whatever may come: second thoughts of the supplier, too much, too little, twice, alike, never. */
export const crookedHistories: fc.Arbitrary<History> = plans.chain((plan) => fc.record({
  minds, urgency, answers: fc.array(answersTo(plan.lines), { maxLength: 3 }), odd: oddities(plan.lines, plan.bills[0]!),
  missing: fc.subarray(['goods', 'bill', 'first goods', 'first bill']), surplus: fc.integer({ min: 0, max: 4 }), twin: fc.boolean(), price: fc.constantFrom(PRICE, '101.00', '130.00'), item: fc.constantFrom('IMP-1', 'IMP-1', 'IMP-2'),
}).map(({ answers, odd, missing, surplus, twin, price, item, ...rest }): History => {
  const goods = goodsOf(plan).slice(missing.includes('first goods') ? 1 : 0, missing.includes('goods') ? -1 : undefined);
  const bills = plan.bills.map((quantities, index) => invoice(`I-${index + 1}`, quantities, { price, itemNumber: item })).slice(missing.includes('first bill') ? 1 : 0, missing.includes('bill') ? -1 : undefined);
  return {
    ...rest, orderId: '4a4e4ad8-93ad-4dd0-8f5c-111111111111', orderNumber: ORDER_NUMBER, lines: plan.lines,
    happenings: [
      ...answers.map((answer, index) => acknowledgement(`ACK-${index + 1}`, answer, `2026-11-2${index}`)), ...goods, ...(surplus > 0 ? [delivered('D-surplus', [[1, surplus]])] : []), ...bills,
      ...(twin ? [invoice('I-01', plan.bills[0]!, { price, itemNumber: item })] : []), ...odd,
    ],
  };
}));

/** Everything ten times, in any order; or what comes to the dock once, for a clerk who was answered does not report it again. */
export function deliveriesOf({ happenings }: History, times = 10): fc.Arbitrary<Happening[]> {
  return fc.constantFrom(1, times).chain((atDock) => {
    const all = happenings.flatMap((happening) => Array.from({ length: happening.type === 'delivered' ? atDock : times }, () => happening));
    return fc.shuffledSubarray(all, { minLength: all.length });
  });
}
