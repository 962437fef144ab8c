import { randomUUID } from 'node:crypto';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import { consumptionToReplenishment } from '#contracts/generated/process/consumption-to-replenishment/v1.ts';
import { hireToRetire, type PersonAtWork } from '#contracts/generated/process/hire-to-retire/v1.ts';
import { procureToPay, type Order, type ProcureToPayOperations, type Requisition, type WorkItem } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { erp, type CostCenter, type Item, type Supplier } from '#contracts/generated/system/erp/v1.ts';
import { hcm } from '#contracts/generated/system/hcm/v1.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type { AnyApiModule } from '#chassis/deployable/api-module.ts';
import { fakeApi, type SeenCall } from '../fake-api.ts';

/** What the APIs below the portal hold in a test, and what was asked of them. */
export interface HospitalBelow {
  modules: AnyApiModule[];
  seen: SeenCall[];
  orders: Order[];
  workItems: WorkItem[];
  people: PersonAtWork[];
  /** Thrown by the ERP for every item, when set. */
  itemFailure?: Error;
}

const AT = '2026-11-20T08:00:00Z';

export function anOrder(more: Partial<Order> = {}): Order {
  return {
    id: randomUUID(), requisitionNumber: 'R-1', reference: 'cath-42', orderNumber: 'PO-1', state: 'open.goods.awaiting + open.bills.awaiting', supplierNumber: 'S-1',
    facility: 'MAIN', costCenter: '7010', requester: 'nina.alvarez', urgency: 'standard', currency: 'USD', total: '120.00', updatedAt: AT,
    lines: [1, 2].map((line) => ({ line, itemNumber: `I-${line}`, quantity: 2, unit: 'EA', unitPrice: '30.00', receivedQuantity: 0, invoicedQuantity: 0 })),
    ...more,
  };
}

export function aWorkItem(more: Partial<WorkItem> = {}): WorkItem {
  return {
    id: randomUUID(), process: 'procure-to-pay', subjectId: randomUUID(), kind: 'approval', owner: 'role:department-manager/7010', status: 'open', title: 'Approve 120.00 USD',
    facts: { total: '120.00' }, resolutions: ['approve', 'reject'], openedAt: AT, ...more,
  };
}

export function hospitalBelow(): HospitalBelow {
  const below: HospitalBelow = { modules: [], seen: [], orders: [], workItems: [], people: [] };
  const requisitionOf = (order: Order): Requisition => ({
    number: order.requisitionNumber, reference: order.reference, facility: order.facility, costCenter: order.costCenter, requester: order.requester, urgency: order.urgency,
    submittedAt: AT, currency: order.currency, total: order.total, orders: [order],
  });
  const found = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new ApiError('not-found', 'There is no such thing.');
    return thing;
  };

  const workOf = (name: string) => ({
    listWorkItems: async ({ kind, limit = 50, cursor }: { kind?: string; limit?: number; cursor?: string }) => pageOf(below.workItems.filter((each) => each.process === name && (!kind || each.kind === kind)), limit, cursor),
    getWorkItem: async ({ workItemId }: { workItemId: string }) => found(below.workItems.find((each) => each.process === name && each.id === workItemId)),
    resolveWorkItem: async ({ workItemId, body }: { workItemId: string; body: { resolution: string; note?: string } }, { principal }: { principal: Principal }) => resolved(found(below.workItems.find((each) => each.id === workItemId)), body, principal.subject),
  });

  const process: Partial<Implementation<ProcureToPayOperations>> = {
    submitRequisition: async ({ body }, { principal }) => {
      if (body.costCenter === 'CLOSED') throw new ApiError('refused', 'The cost centre is closed.', { code: 'cost-center-closed', errors: [{ pointer: '/costCenter', detail: 'is closed' }] });
      const order = anOrder({ reference: body.reference, requester: principal.subject, urgency: body.urgency ?? 'standard', requisitionNumber: `R-${below.orders.length + 1}` });
      below.orders.push(order);
      return requisitionOf(order);
    },
    getRequisition: async ({ requisitionNumber }) => requisitionOf(found(below.orders.find((order) => order.requisitionNumber === requisitionNumber))),
    listRequisitions: async ({ requester }) => ({ items: below.orders.filter((order) => !requester || order.requester === requester).map(requisitionOf) }),
    withdrawRequisition: async ({ requisitionNumber }) => requisitionOf(found(below.orders.find((order) => order.requisitionNumber === requisitionNumber))),
    getOrder: async ({ orderId }) => found(below.orders.find((order) => order.id === orderId)),
    listOrders: async ({ limit = 50 }) => ({ items: below.orders.slice(0, limit) }),
    getOrderTimeline: async () => ({ entries: [{ at: AT, event: 'placed', state: 'open', actor: 'platform', detail: { order: 'PO-1' } }] }),
    receiveGoods: async ({ orderId }) => found(below.orders.find((order) => order.id === orderId)),
    ...workOf('procure-to-pay'),
    createDelegation: async ({ body }, { principal }) => ({ id: randomUUID(), by: principal.subject, ...body }),
  };
  below.modules.push(
    fakeApi(procureToPay, process, below.seen),
    fakeApi(consumptionToReplenishment, {
      listConsumptions: async () => ({ items: [{ id: 'use-1', state: 'done', kind: 'device', facility: 'MAIN', quantity: 1, cost: '12.50', currency: 'USD', recordedAt: AT, updatedAt: AT }] }),
      ...workOf('consumption-to-replenishment'),
    }, below.seen),
    fakeApi(hireToRetire, {
      listPeople: async ({ standing }) => ({ items: below.people.filter((each) => !standing || each.standing === standing) }),
      getPerson: async ({ personId }) => ({
        person: found(below.people.find((each) => each.personId === personId)), withheld: [{ target: 'clinical', right: 'MAIN/ED/nurse', because: 'credential-expired', credential: 'RN' }], questions: [],
        timeline: [{ at: AT, event: 'reviewed', state: 'record.known' }],
      }),
      listRightsHeld: async ({ personId, at }) => ({ items: [{ personId, target: 'directory', right: at ? 'staff' : 'nurses', givenAt: AT, givenBecause: 'worker.changed.v1/1' }] }),
      getRevocation: async ({ personId }) => ({ personId, isComplete: false, systems: [{ target: 'badges', isConfirmed: false }] }),
      getPolicy: async () => ({ rules: [{ name: 'Everybody', rights: [{ target: 'directory', right: 'staff' }] }] }),
      ...workOf('hire-to-retire'),
    }, below.seen),
    fakeApi(hcm, {
      getWorker: async ({ workerId }) => ({ workerId, personId: 'P-1', name: { given: 'Rosa', family: 'Diaz' }, employments: [], assignments: [], version: '1' }),
    }, below.seen),
    fakeApi(erp, {
      getItem: async ({ itemNumber }) => {
        if (below.itemFailure) throw below.itemFailure;
        if (!itemNumber.startsWith('I-')) throw new ApiError('not-found', 'There is no such item.');
        return item(itemNumber);
      },
      getSupplier: async ({ supplierNumber }): Promise<Supplier> => ({ number: supplierNumber, name: `Supplier ${supplierNumber}`, status: 'active', currency: 'USD', paymentTermsDays: 30 }),
      getCostCenter: async ({ costCenter }): Promise<CostCenter> => ({ code: costCenter, name: 'Catheterisation laboratory', facilities: ['MAIN'], status: 'open' }),
      listStockBalances: async ({ facility = 'MAIN' }) => ({ items: [{ facility, location: 'CATHLAB', itemNumber: 'I-1', quantity: 3, unit: 'EA', tracking: { lot: 'L1' } }] }),
    }, below.seen),
  );
  return below;
}

export function callsOf(below: HospitalBelow): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation } of below.seen) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

function item(number: string): Item {
  return {
    number, description: `Item ${number}`, category: 'Stents', status: 'active', stockingUnit: 'EA', purchasingUnit: 'BX', unitsPerPurchasingUnit: 10, currency: 'USD', listPrice: '300.00',
    tracking: { lot: true, serial: false, expiry: true }, deviceIdentifiers: ['00844588018923'], expenseAccount: '6100',
  };
}

function pageOf(items: WorkItem[], limit: number, cursor: string | undefined): { items: WorkItem[]; next?: string } {
  const start = Number(cursor ?? 0);
  return { items: items.slice(start, start + limit), ...(items.length > start + limit ? { next: String(start + limit) } : {}) };
}

function resolved(item: WorkItem, { resolution, note }: { resolution: string; note?: string }, by: string): WorkItem {
  return { ...item, status: 'resolved', resolution, resolvedBy: by, resolvedAt: AT, ...(note ? { note } : {}) };
}
