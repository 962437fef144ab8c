import type { AnyMachineSnapshot } from 'xstate';
import type { LifeDefinition } from '#chassis/lifecycle/life.ts';
import type { Order } from '../../../../process-apis/procure-to-pay/order.ts';
import type { History } from './history.ts';

/** What people say to each kind of work item, the first that is offered: the same in every order of events. */
const ANSWERS: Record<string, (minds: History['minds']) => readonly string[]> = {
  'demand-refused': () => ['give-up'],
  'approval': () => ['approve'],
  'order-not-placed': () => ['retry'],
  'order-not-changed': () => ['hold-to-order'],
  'order-not-cancelled': () => ['keep-order'],
  'no-acknowledgement': () => ['wait-for-answer'],
  'supplier-proposal': ({ acceptsProposal }) => [acceptsProposal ? 'accept-proposal' : 'hold-to-order'],
  'supplier-rejection': () => ['accept-proposal', 'cancel-order', 'hold-to-order'],
  'goods-overdue': () => ['end-delivery', 'cancel-order', 'keep-waiting'],
  'over-receipt': ({ keepsSurplus }) => keepsSurplus ? ['accept-surplus', 'return-surplus'] : ['return-surplus'],
  'goods-not-received': () => ['discard-delivery'],
  'invoice-missing': () => ['expect-no-invoice', 'wait-for-invoice'],
  'accrual-write-off': () => ['write-off-accrual'],
  'invoice-faulty': () => ['refuse-invoice'],
  'suspected-duplicate': ({ believesTwins }) => [believesTwins ? 'is-genuine' : 'is-duplicate'],
  'price-exception': ({ paysMore }) => [paysMore ? 'accept-price' : 'refuse-invoice'],
  'quantity-exception': () => ['refuse-invoice'],
  'invoice-not-entered': () => ['refuse-invoice'],
  'payment-approval': () => ['approve-payment'],
  'emergency-review': () => ['confirm-emergency'],
  'clearing-not-zero': () => ['write-off'],
  'invoice-after-closing': () => ['refuse-invoice'],
};

export function answerTo(kind: string, resolutions: readonly string[], minds: History['minds']): string {
  const resolution = ANSWERS[kind]!(minds).find((each) => resolutions.includes(each));
  if (!resolution) throw new Error(`nobody knows what to say to ${kind}, which offers ${resolutions.join(', ')}`);
  return resolution;
}

/** Waiting on is what happens anyway; whoever only waits decides nothing. */
const WAITING = ['wait-for-answer', 'keep-waiting', 'wait-for-invoice'];

export function decisionOn(definition: LifeDefinition<Order>, snapshot: AnyMachineSnapshot, { minds }: History): { kind: string; resolution: string } | undefined {
  if (snapshot.status !== 'active') return undefined;
  const open = Object.values(snapshot.getMeta() as Record<string, { workItem?: string } | undefined>).flatMap((meta) => meta?.workItem ?? []);
  return open.flatMap((kind) => {
    const { resolutions } = definition.workItems[kind]!(snapshot.context as Order, new Date(0));
    return { kind, resolution: answerTo(kind, resolutions, minds) };
  }).toSorted((left, right) => Number(WAITING.includes(left.resolution)) - Number(WAITING.includes(right.resolution)))[0];
}
