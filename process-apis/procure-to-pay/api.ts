import { defineApi } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { timelineOf } from '#chassis/lifecycle/timeline.ts';
import { workItemsOf, type Authority, type WorkItem } from '#chassis/lifecycle/work-items.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { procureToPay } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { procurementNetwork } from '#contracts/generated/system/procurement-network/v1.ts';
import { definitionOf, PROCESS } from './definition.ts';
import { createDelegation, listDelegations, ownersOf, standsInFor } from './delegations.ts';
import { demands, supplierDocuments } from './messages.ts';
import type { Order } from './order.ts';
import { Policy } from './policy.ts';
import { takeDelivery } from './receiving.ts';
import { MIGRATIONS } from './requisitions.ts';
import { submitForPerson, type NeedIn, type SubmitDeps } from './submit.ts';
import { listOrders, listRequisitions, mayUse, readOrder, readRequisition } from './views.ts';
import { watchesOf } from './watches.ts';

/** Requisitions and orders for people and portals, and the life of each order behind them. */
export const procureToPayApi = defineApi<EventData>()({
  contract: procureToPay,
  settings: Policy,
  migrations: MIGRATIONS,
  create(platform, policy) {
    const { database, lives, moves, clock } = platform;
    const systems = { erp: platform.connect(erp), network: platform.connect(procurementNetwork), ehr: platform.connect(ehr) };
    const definition = definitionOf({ systems, database, clock, policy });
    lives.register(definition);
    moves.register(PROCESS, definition.tier, Object.values(definition.moves).map((binding) => binding.move), async (tx, lifeId, outcome) => {
      await lives.apply(tx, lifeId, { ...outcome, at: clock.now().toISOString() });
    });
    const deps: SubmitDeps = { systems, database, lives, clock, policy };
    platform.subscribe(supplierDocuments(lives, platform.events));
    platform.subscribe(demands(deps));
    const work = workItemsOf(PROCESS, { database, lives, moves, clock }, {
      owners: ownersOf,
      actsFor: (principal) => standsInFor(database, clock, principal),
      check: nobodyDecidesTheirOwn,
    });
    const personally = (principal: Principal) => {
      if (principal.kind !== 'user') throw new ApiError('forbidden', 'Only a person may do this.', { code: 'person-needed' });
      return principal.subject;
    };

    /** Takes back what is not ordered yet; what is ordered already stays. Who asks again, having heard no answer, gets the same one. */
    async function withdraw(requisitionNumber: string, by: string): Promise<void> {
      await database.transaction(async (tx) => {
        let withdrawn = 0;
        for (const id of await lives.find(tx, PROCESS, 'requisition', requisitionNumber)) {
          const { accepted, state } = await lives.apply(tx, id, { type: 'withdraw', by, at: clock.now().toISOString() }, by);
          if (accepted || state === 'withdrawn') withdrawn += 1;
        }
        if (withdrawn === 0) throw new ApiError('refused', 'It is ordered, or decided, already.', { code: 'too-late-to-withdraw' });
      });
    }

    return {
      watches: watchesOf(policy.watches),
      operations: {
        async submitRequisition({ body }, { principal }) {
          const need: NeedIn = { ...body, requester: personally(principal), origin: 'person' };
          requireFacility(principal, body.facility);
          if (body.urgency === 'emergency' && !body.justification) {
            throw new ApiError('refused', 'An emergency needs a justification.', { code: 'justification-needed', errors: [{ pointer: '/justification', detail: 'is required for an emergency' }] });
          }
          const row = await submitForPerson(deps, need);
          return readRequisition(database, row.number, principal);
        },
        listRequisitions: (query, { principal }) => listRequisitions(database, query, principal),
        getRequisition: ({ requisitionNumber }, { principal }) => readRequisition(database, requisitionNumber, principal),
        async withdrawRequisition({ requisitionNumber }, { principal }) {
          const requisition = await readRequisition(database, requisitionNumber, principal);
          if (requisition.requester !== personally(principal)) throw new ApiError('forbidden', 'Only who asked may withdraw.', { code: 'not-requester' });
          await withdraw(requisitionNumber, principal.subject);
          return readRequisition(database, requisitionNumber, principal);
        },
        listOrders: (query, { principal }) => listOrders(database, query, principal),
        getOrder: ({ orderId }, { principal }) => readOrder(database, orderId, principal),
        async getOrderTimeline({ orderId }, { principal }) {
          await readOrder(database, orderId, principal);
          return { entries: await timelineOf(database, orderId) };
        },
        async receiveGoods({ orderId, body }, { principal }) {
          await readOrder(database, orderId, principal);
          const delivery = { ...body, by: personally(principal) };
          await database.transaction((tx) => takeDelivery(tx, deps, orderId, delivery));
          return readOrder(database, orderId, principal);
        },
        listDelegations: (query, { principal }) => listDelegations(database, query, principal),
        createDelegation: ({ body }, { principal }) => createDelegation(database, clock, body, principal),
        listWorkItems: (query, { principal }) => work.list(query, principal),
        getWorkItem: ({ workItemId }, { principal }) => work.get(workItemId, principal),
        async resolveWorkItem({ workItemId, body }, { principal }) {
          personally(principal);
          return work.resolve(workItemId, body, principal);
        },
      },
    };
  },
});

function requireFacility(principal: Principal, facility: string): void {
  if (!mayUse(principal, facility)) throw new ApiError('forbidden', 'You do not work at this facility.', { code: 'facility-not-yours', errors: [{ pointer: '/facility', detail: 'is not one of yours' }] });
}

/** Decisions that make the order dearer belong to approvers too, once they are more than the buyer may accept. */
const DECISIONS: Record<string, (owner: string) => boolean> = {
  'approval': () => true,
  'emergency-review': () => true,
  'payment-approval': () => true,
  'supplier-proposal': (owner) => owner !== 'role:buyer',
  'over-receipt': (owner) => owner !== 'role:buyer',
};

/** Nobody approves, reviews or pays what they asked for themselves, whomever they stand in for, nor has it done in their place. */
function nobodyDecidesTheirOwn(item: WorkItem, context: unknown, principal: Principal, { inPlaceOf }: Authority): void {
  const order = context as Order;
  const isTheirs = order.requester === principal.subject || order.requester === inPlaceOf;
  if (isTheirs && DECISIONS[item.kind]?.(item.owner)) throw new ApiError('forbidden', 'Nobody approves their own request.', { code: 'own-request' });
  const decidedBefore = item.kind === 'approval' && order.approvals.some(({ decision, by }) => decision === 'approved' && (by === principal.subject || by === inPlaceOf));
  if (decidedBefore) throw new ApiError('forbidden', 'Each tier is decided by another person.', { code: 'same-approver' });
}
