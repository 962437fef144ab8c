import { cursorOf, positionOf, type Page } from '#chassis/contract/page.ts';
import { ApiError, asApiError } from '#chassis/errors/failures.ts';
import type { Process } from '#contracts/generated/experience/portal/graph.ts';
import type { Resolution, WorkItem } from '#contracts/generated/process/procure-to-pay/v1.ts';
import type { GraphContext, Systems } from '../context.ts';
import { given, orNull, pageIn } from './arguments.ts';
import { keyOf } from './mutation-key.ts';
import type { FieldsOf, Mutations, Queries } from './nodes.ts';

/** Each process that lets people decide, and the client to it. */
const WORK = {
  PROCURE_TO_PAY: 'procureToPay',
  CONSUMPTION_TO_REPLENISHMENT: 'consumptionToReplenishment',
  HIRE_TO_RETIRE: 'hireToRetire',
} as const satisfies Record<Process, keyof Systems>;

/** What approving and rejecting are called in each kind of decision. */
const DECISIONS: Record<string, { process: Process; approve: string; reject?: string }> = {
  'approval': { process: 'PROCURE_TO_PAY', approve: 'approve', reject: 'reject' },
  'emergency-review': { process: 'PROCURE_TO_PAY', approve: 'confirm-emergency', reject: 'object-to-emergency' },
  'payment-approval': { process: 'PROCURE_TO_PAY', approve: 'approve-payment' },
  'approve-rights': { process: 'HIRE_TO_RETIRE', approve: 'approve', reject: 'refuse' },
};

type WorkApi = Pick<Systems['procureToPay'], 'listWorkItems' | 'getWorkItem' | 'resolveWorkItem'>;

function workOf(process: Process, systems: Systems): WorkApi {
  return systems[WORK[process]];
}

function processOf(item: WorkItem): Process {
  return item.process.replaceAll('-', '_').toUpperCase() as Process;
}

/** One list of work items below. */
interface Source {
  process: Process;
  filters: { kind?: string; owner?: string; mine?: boolean };
}

export const workItemQueries = {
  approvals: (_parent, page, { systems, processes }) =>
    inSequence(Object.entries(DECISIONS).filter(([, { process }]) => processes.includes(process)).map(([kind, { process }]) => ({ process, filters: { kind, mine: true } })), page, systems),
  workItems: (_parent, { process, kind, owner, mine, ...page }, { systems, processes }) =>
    inSequence((process ? [process] : processes).map((each) => ({ process: each, filters: given({ kind, owner, mine: mine ?? true }) })), page, systems),
} satisfies Pick<Queries, 'approvals' | 'workItems'>;

export const workItemMutations = {
  approve: (_parent, { workItemId, note }, context) => decide('approve', workItemId, note, context),
  reject: (_parent, { workItemId, note }, context) => decide('reject', workItemId, note, context),
  resolve: (_parent, { workItemId, process, resolution, note, values }, context) =>
    resolve(process, workItemId, { resolution, ...given({ note, values }) }, context),
  delegateApprovals: (_parent, { to, from, until }, { person, systems }) =>
    systems.procureToPay.createDelegation({ body: { to, from, until } }, { idempotencyKey: keyOf(person, 'delegate-approvals', to, from, until) }),
} satisfies Pick<Mutations, 'approve' | 'reject' | 'resolve' | 'delegateApprovals'>;

export const workItemTypes = {
  WorkItem: {
    process: processOf,
    order: (item, _args, { load }) => processOf(item) === 'PROCURE_TO_PAY' ? orNull(load.orders.load(item.subjectId)) : null,
  } satisfies FieldsOf<'WorkItem'>,
};

/** Lists one after the other as if they were one. The cursor says which list it is in and where. */
async function inSequence(sources: readonly Source[], page: { first?: number | null; after?: string | null }, systems: Systems): Promise<Page<WorkItem>> {
  const { limit, cursor } = pageIn(page);
  const { list, place } = placeIn(cursor, sources.length);
  const items: WorkItem[] = [];
  let inner = place;
  for (let index = list; index < sources.length; index += 1) {
    const { process, filters } = sources[index]!;
    const found = await workOf(process, systems).listWorkItems({ ...filters, status: 'open', limit: limit - items.length, ...(inner ? { cursor: inner } : {}) });
    items.push(...found.items);
    if (found.next) return { items, next: cursorOf([String(index), found.next]) };
    if (items.length === limit && index + 1 < sources.length) return { items, next: cursorOf([String(index + 1), '']) };
    inner = undefined;
  }
  return { items };
}

function placeIn(cursor: string | undefined, lists: number): { list: number; place: string | undefined } {
  const [list = '0', place] = positionOf(cursor) ?? [];
  if (!/^\d$/.test(list) || Number(list) >= lists) {
    throw new ApiError('invalid-request', 'The cursor is not one of ours.', { errors: [{ pointer: 'parameter:after', detail: 'is not a cursor of this list' }] });
  }
  return { list: Number(list), place: place || undefined };
}

/** Approves or rejects, whichever process the work item is of and whatever it calls that. */
async function decide(decision: 'approve' | 'reject', workItemId: string, note: string | null | undefined, context: GraphContext): Promise<WorkItem> {
  for (const process of context.processes) {
    const item = await workOf(process, context.systems).getWorkItem({ workItemId }).catch(unlessNotFound);
    if (!item) continue;
    const resolution = DECISIONS[item.kind]?.[decision];
    if (!resolution) throw new ApiError('refused', `This work item cannot be decided by ${decision}; its ways out are: ${item.resolutions.join(', ')}.`, { code: 'not-an-approval' });
    return resolve(process, workItemId, { resolution, ...given({ note }) }, context);
  }
  throw new ApiError('not-found', 'There is no such work item.');
}

function resolve(process: Process, workItemId: string, body: Resolution, { person, systems }: GraphContext): Promise<WorkItem> {
  return workOf(process, systems).resolveWorkItem({ workItemId, body }, { idempotencyKey: keyOf(person, 'resolve-work-item', process, workItemId, body.resolution) });
}

function unlessNotFound(thrown: unknown): undefined {
  if (asApiError(thrown).kind !== 'not-found') throw thrown;
}
