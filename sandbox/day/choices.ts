import { itemByNumber, masterData } from '../hospital/master-data.ts';
import { behaviourOf } from '../network/suppliers/behaviour.ts';
import { fraction } from '../network/suppliers/seeded.ts';
import type { PlannedRequisition } from './requisition-plan.ts';

/** What waits for a person, as the portal shows it. */
export interface WorkItem {
  id: string;
  process: 'PROCURE_TO_PAY' | 'CONSUMPTION_TO_REPLENISHMENT';
  kind: string;
  owner: string;
  facts: Record<string, string | number | boolean> | null;
  resolutions: string[];
  order: { id: string; reference: string; orderNumber: string | null; supplier?: { number: string } | null; lines: { line: number; item: { number: string } }[] } | null;
}

export interface Choice {
  resolution: string;
  note?: string;
  values?: Record<string, string>;
}

/** What a person knows besides the page: the plan, and what a supplier says on the telephone. */
export interface Knowledge {
  seed: number;
  requisitions: ReadonlyMap<string, PlannedRequisition>;
  /** Whether an approver can afford to stay silent until the limit: where limits are an hour, a day would not end. */
  mayStaySilent: boolean;
  /** Decides in the place of `choose`, where a day is to see more than the sensible ways out. */
  choose?: (item: WorkItem, person: string) => Promise<Choice | undefined>;
  /** Told of every decision that the platform took. */
  decided?: (item: WorkItem, choice: Choice) => void;
}

const STAND_IN = 'tomas.novak';

/**
 * What somebody decides. It hangs on seed, reference and kind of the work, never on time, so that the same day comes to
 * the same end however fast it is run.
 *
 * @returns undefined when the person leaves it for another
 */
export function choose(item: WorkItem, person: string, knowledge: Knowledge): Choice | undefined {
  const choice = isApproval(item) ? approve(item, person, knowledge) : person === STAND_IN ? undefined : resolve(item, knowledge);
  return choice && item.resolutions.includes(choice.resolution) ? choice : undefined;
}

export const isApproval = ({ kind }: Pick<WorkItem, 'kind'>) => kind === 'approval' || kind === 'emergency-review' || kind === 'payment-approval';

function approve(item: WorkItem, person: string, { seed, requisitions, mayStaySilent }: Knowledge): Choice | undefined {
  const reference = item.order?.reference ?? '';
  const story = requisitions.get(reference)?.story;
  const isFirstTier = item.owner.startsWith('role:department-manager');
  if (story === 'withdrawn' || (story === 'escalated' && isFirstTier && mayStaySilent)) return undefined;
  if ((story === 'delegated' && isFirstTier) !== (person === STAND_IN)) return undefined;
  if (item.kind === 'payment-approval') return { resolution: 'approve-payment' };
  if (item.kind === 'emergency-review') {
    return fraction(seed, 'review', reference) < 0.8 ? { resolution: 'confirm-emergency' } : { resolution: 'object-to-emergency', note: 'The shelf was not empty.' };
  }
  return story === 'rejected' ? { resolution: 'reject', note: 'Not this year.' } : { resolution: 'approve', note: 'Needed.' };
}

function resolve(item: WorkItem, knowledge: Knowledge): Choice | undefined {
  const simple = SIMPLE[item.kind];
  if (simple) return { resolution: item.resolutions.find((each) => simple.includes(each)) ?? simple[0]! };
  return SEEDED[item.kind]?.(item, knowledge);
}

/** Kinds with one sensible way out; the first that is offered. */
const SIMPLE: Readonly<Record<string, readonly string[]>> = {
  'supplier-rejection': ['cancel-order', 'accept-proposal'],
  'no-acknowledgement': ['wait-for-answer', 'keep-waiting'],
  'goods-overdue': ['keep-waiting'],
  'invoice-missing': ['wait-for-invoice', 'keep-waiting'],
  'invoice-faulty': ['refuse-invoice'],
  'invoice-after-closing': ['refuse-invoice'],
  'suspected-duplicate': ['is-duplicate'],
  'order-not-placed': ['retry'],
  'order-not-changed': ['retry-change', 'retry'],
  'order-not-cancelled': ['retry-cancellation', 'retry'],
  'goods-not-received': ['retry-receipt', 'retry'],
  'invoice-not-entered': ['retry-invoice', 'retry'],
  'demand-refused': ['check-again'],
  'clearing-not-zero': ['retry'],
  'place-without-cost-center': ['retry'],
  'use-not-in-ehr': ['retry'],
  'stores-ran-out': ['retry'],
  'move-failed': ['retry', 'retry-undo'],
};

const SEEDED: Readonly<Record<string, (item: WorkItem, knowledge: Knowledge) => Choice>> = {
  // Cancelling is offered while nothing has come, which only an order of one line can be sure of.
  'supplier-proposal': ({ order, resolutions }, { seed }) => {
    const draw = fraction(seed, 'proposal', order?.reference ?? '');
    const isSingle = order?.lines.length === 1;
    if (isSingle && draw < 0.1) return { resolution: 'cancel-order' };
    return { resolution: isSingle && draw < 0.25 && resolutions.includes('hold-to-order') ? 'hold-to-order' : 'accept-proposal' };
  },
  // What the supplier will not bill, nobody could ever match: it goes back.
  'over-receipt': ({ order }, { seed }) => {
    const isBilled = order?.lines.some((line) => behaviourOf(seed, heard(order.reference, line.item.number), line.item.number) === 'over-delivery-billed') ?? false;
    return { resolution: isBilled && fraction(seed, 'surplus', order?.reference ?? '') < 0.6 ? 'accept-surplus' : 'return-surplus' };
  },
  'price-exception': ({ order }, { seed }) => ({ resolution: fraction(seed, 'price', order?.reference ?? '') < 0.75 ? 'accept-price' : 'refuse-invoice' }),
  'quantity-exception': ({ order }, { seed }) => ({ resolution: fraction(seed, 'quantity', order?.reference ?? '') < 0.5 ? 'accept-quantity' : 'refuse-invoice' }),
  // One answer for a code and not for a use: the platform may ask once or each time.
  'missing-item-mapping': ({ facts }, { seed }) => fraction(seed, 'mapping', String(facts?.['code'] ?? facts?.['itemNumberInEhr'] ?? '')) < 0.8
    ? { resolution: 'map-item', values: { itemNumber: MEANT_BY_THE_UNKNOWN_CODE } } : { resolution: 'ignore' },
  'identifiers-differ': ({ facts }) => ({ resolution: 'map-item', values: { itemNumber: String(facts?.['itemNumberInEhr']) } }),
  'stock-does-not-suffice': ({ facts }) => ({ resolution: /on.?hand|stock|lot|serial|negative/i.test(String(facts?.['problem'] ?? '')) ? 'adjust-stock' : 'retry' }),
};

/** The reference as it reaches the supplier of an item: X12 has separators and no colon in its texts. */
function heard(reference: string, item: string): string {
  const supplier = masterData.suppliers.find((each) => each.number === itemByNumber(item)?.supplier);
  return supplier?.channel === 'x12' ? reference.replaceAll(/[^A-Za-z0-9 .,&/_#+()-]/g, '-') : reference;
}

/** What theatre staff mean by the code that nobody put into the item master. */
export const MEANT_BY_THE_UNKNOWN_CODE = 'DEV-2103';
