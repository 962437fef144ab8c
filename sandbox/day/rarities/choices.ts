import { fraction } from '../../network/suppliers/seeded.ts';
import { behaviourOf, type Behaviour } from '../../network/suppliers/behaviour.ts';
import { choose, isApproval, type Choice, type Knowledge, type WorkItem } from '../choices.ts';
import type { Told } from './scene.ts';

export interface RareKnowledge extends Omit<Knowledge, 'choose' | 'decided'> {
  /** How long an approval or a review may wait until it goes further up. */
  silenceMs: number;
  /** What suppliers were told to do, by requisition reference. */
  behaviours: ReadonlyMap<string, Behaviour>;
  /** What the supplier says on the telephone: whether anything of an order has left, or is about to. */
  isOnItsWay(orderNumber: string): Promise<boolean>;
  /** Whether an invoice of the order was sent back. */
  wasRefused(orderNumber: string): boolean;
  /** What a story wants to be done with its own orders; `leave` when it is to wait. */
  asTold(item: WorkItem): Told;
}

/** Ways out that a sensible person seldom takes, with how often of a hundred; the rest is decided as on any day. */
const SELDOM: Readonly<Record<string, readonly (readonly [resolution: string, perCent: number])[]>> = {
  'order-not-placed': [['cancel-order', 35]],
  'no-acknowledgement': [['cancel-order', 10]],
  'supplier-proposal': [['hold-to-order', 30], ['cancel-order', 15]],
  'order-not-changed': [['hold-to-order', 40]],
  'order-not-cancelled': [['keep-order', 40]],
  'goods-overdue': [['cancel-order', 5], ['end-delivery', 60]],
  'goods-not-received': [['discard-delivery', 35]],
  'invoice-not-entered': [['refuse-invoice', 35]],
  'demand-refused': [['give-up', 40]],
  'clearing-not-zero': [['write-off', 50]],
  'identifiers-differ': [['ignore', 30]],
  'place-without-cost-center': [['ignore', 50]],
  'use-not-in-ehr': [['ignore', 50]],
  'stock-does-not-suffice': [['retry', 40]],
};

/** Decides so that every way out of every kind of work is taken now and then, and the books still have to agree. */
export function rareChoices(knowledge: RareKnowledge): (item: WorkItem, person: string) => Promise<Choice | undefined> {
  const { seed, silenceMs, behaviours } = knowledge;
  const firstSeen = new Map<string, number>();
  const asked = new Map<string, string[]>();

  /** The same draw for the same work, another one when it comes again. */
  function draw(item: WorkItem): number {
    const what = `${item.kind} ${subjectOf(item)}`;
    const ids = asked.get(what) ?? [];
    if (!ids.includes(item.id)) asked.set(what, [...ids, item.id]);
    // Who holds to an order once does so again: the second proposal may have crossed the first answer.
    return fraction(seed, what, item.kind === 'supplier-proposal' ? 0 : asked.get(what)!.indexOf(item.id)) * 100;
  }

  /** Some say nothing until the limits of everybody further up have passed as well. */
  function isSilent(item: WorkItem): boolean {
    if (item.kind === 'payment-approval') return false;
    const what = `${item.kind} ${subjectOf(item)}`;
    const since = firstSeen.get(what) ?? Date.now();
    firstSeen.set(what, since);
    return fraction(seed, 'silent', subjectOf(item)) < 0.2 && Date.now() - since < 3.5 * silenceMs;
  }

  /** A supplier that says things twice is heard out. */
  function waitsForMore(item: WorkItem): boolean {
    if (!['supplier-proposal', 'supplier-rejection'].includes(item.kind) || !behaviours.get(subjectOf(item))?.endsWith('said-twice')) return false;
    const since = firstSeen.get(subjectOf(item)) ?? Date.now();
    firstSeen.set(subjectOf(item), since);
    return Date.now() - since < 2 * silenceMs;
  }

  async function seldom(item: WorkItem): Promise<Choice | undefined> {
    let left = draw(item);
    for (const [resolution, perCent] of SELDOM[item.kind] ?? []) {
      left -= perCent;
      if (left < 0) return item.resolutions.includes(resolution) && await isHarmless(item, resolution) ? { resolution } : undefined;
    }
    return undefined;
  }

  /** What has left a supplier comes, whatever is decided meanwhile: nobody cuts an order short then. */
  async function isHarmless({ order }: WorkItem, resolution: string): Promise<boolean> {
    return resolution !== 'end-delivery' || !order?.orderNumber || !await knowledge.isOnItsWay(order.orderNumber);
  }

  /** An invoice that was sent back never comes again; all others do, later or sooner. */
  function ofUnbilled(item: WorkItem): Choice {
    const isRefused = knowledge.wasRefused(item.order?.orderNumber ?? '');
    const isClerk = item.kind === 'invoice-missing';
    if (isRefused || (isClerk && draw(item) < 40)) {
      const wanted = isClerk ? 'expect-no-invoice' : 'write-off-accrual';
      if (item.resolutions.includes(wanted)) return { resolution: wanted };
    }
    return { resolution: 'wait-for-invoice' };
  }

  return async (item, person) => {
    const told = knowledge.asTold(item);
    if (told === 'leave') return undefined;
    if (told && item.resolutions.includes(told.resolution)) return told;
    if (isApproval(item)) return isSilent(item) ? undefined : choose(item, person, { ...knowledge, mayStaySilent: false });
    if (item.kind === 'invoice-missing' || item.kind === 'accrual-write-off') return ofUnbilled(item);
    if (item.kind === 'over-receipt') return ofSurplus(item, knowledge);
    // Left alone, the stores are asked again when their time has come.
    if (item.kind === 'stores-ran-out' && draw(item) < 50) return undefined;
    if (waitsForMore(item)) return undefined;
    if (item.kind === 'suspected-duplicate' && behaviours.get(subjectOf(item)) === 'two-invoices-alike') return { resolution: 'is-genuine' };
    if (item.kind === 'quantity-exception' && behaviours.get(subjectOf(item)) === 'reject-but-bill') return { resolution: 'refuse-invoice' };
    const choice = await seldom(item) ?? choose(item, person, knowledge);
    return choice && await isHarmless(item, choice.resolution) ? choice : undefined;
  };
}

/** What the supplier will not bill goes back; the other kind is kept or not. */
function ofSurplus(item: WorkItem, { seed, behaviours }: RareKnowledge): Choice {
  const { order, resolutions } = item;
  const isBilled = order?.lines.some((line) => (behaviours.get(order.reference) ?? behaviourOf(seed, order.reference, line.item.number)) === 'over-delivery-billed') ?? false;
  const isKept = isBilled && fraction(seed, 'surplus', order?.reference ?? '') < 0.6 && resolutions.includes('accept-surplus');
  return { resolution: isKept ? 'accept-surplus' : 'return-surplus' };
}

function subjectOf({ order, facts, id }: WorkItem): string {
  return order?.reference ?? String(facts?.['use'] ?? id);
}
