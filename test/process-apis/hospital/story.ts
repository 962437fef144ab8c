import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Order, NewRequisition, WorkItem } from '#contracts/generated/process/procure-to-pay/v1.ts';
import type { AcknowledgementLine, SupplierInvoiceLine } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { sampleUse } from '../consumption-to-replenishment/samples.ts';
import { bill, billed } from '../procure-to-pay/samples.ts';
import { balanceOf } from './erp-books.ts';
import type { Hospital } from './hospital.ts';
import type { Somebody } from './people.ts';

/** One story of the hospital: everything in it bears the same correlation id. */
export interface Story {
  readonly run: string;
  /** A person asks for pieces of an item; answers the order that comes of it. */
  ask(by: Somebody, changes?: Partial<NewRequisition>): Promise<Order>;
  use(changes?: Partial<Use>): Promise<Use>;
  withdrawUse(useId: string): Promise<void>;
  acknowledge(order: Order, lines: AcknowledgementLine[], number?: string): Promise<void>;
  /** The supplier sends an invoice; answers its number. */
  bill(order: Order, lines: SupplierInvoiceLine[], changes?: { number?: string; supplierNumber?: string; eventId?: string }): Promise<string>;
  deliver(order: Order, lines: { line: number; quantity: number; tracking?: { lot?: string } }[], reference?: string): Promise<Order>;
  /** Waits until the order stands there, and answers it. */
  until(orderId: string, state: string): Promise<Order>;
  /** Waits for a work item of this kind. */
  work(orderId: string, kind: string): Promise<WorkItem>;
  /** A person decides a work item as soon as it is there. */
  decide(by: Somebody, orderId: string, kind: string, resolution: string, note?: string): Promise<WorkItem>;
  /** The order that a requisition with this reference became. */
  orderFor(reference: string): Promise<Order>;
}

let runs = 0;

export function newStory(hospital: Hospital, run = `story-${String(runs += 1).padStart(4, '0')}`): Story {
  const { procure } = hospital;
  const inRun = <T>(work: () => T) => hospital.inRun(run, work);
  const read = (orderId: string) => inRun(() => hospital.as('ben', () => procure.getOrder({ orderId })));

  async function work(orderId: string, kind: string): Promise<WorkItem> {
    return patiently(async () => {
      const { items } = await hospital.as('ben', () => procure.listWorkItems({ kind, limit: 200 }));
      return items.find((item) => item.subjectId === orderId);
    });
  }

  return {
    run,
    async ask(by, changes = {}) {
      const body: NewRequisition = { reference: `${run}/${randomUUID().slice(0, 8)}`, facility: 'MAIN', costCenter: '7010', location: 'CATHLAB', urgency: 'standard', lines: [{ itemNumber: 'IMP-1', quantity: 2, unit: 'EA' }], ...changes };
      const requisition = await inRun(() => hospital.as(by, () => procure.submitRequisition({ body })));
      return requisition.orders[0]!;
    },
    async use(changes = {}) {
      const use = sampleUse({ id: `SupplyDelivery/${randomUUID()}`, ...changes });
      hospital.ehr.uses.set(use.id, use);
      await inRun(() => hospital.tell('supply.used.v1', use.id, { use }));
      return use;
    },
    async withdrawUse(useId) {
      hospital.ehr.uses.set(useId, { ...hospital.ehr.uses.get(useId)!, status: 'entered-in-error' });
      await inRun(() => hospital.tell('supply.use-withdrawn.v1', useId, { useId, withdrawnAt: new Date().toISOString() }));
    },
    async acknowledge({ orderNumber, supplierNumber }, lines, number = `ACK-${randomUUID().slice(0, 8)}`) {
      await inRun(() => hospital.tell('order.acknowledged.v1', orderNumber!, { orderNumber: orderNumber!, supplierNumber, number, acknowledgedAt: new Date().toISOString(), lines }));
    },
    async bill({ orderNumber, supplierNumber }, lines, { number = `INV-${randomUUID().slice(0, 8)}`, supplierNumber: sender = supplierNumber, eventId } = {}) {
      await inRun(() => hospital.tell('invoice.received.v1', orderNumber!, bill(number, lines, { orderNumber: orderNumber!, supplierNumber: sender }), eventId));
      return number;
    },
    deliver: ({ id }, lines, reference = `D-${randomUUID().slice(0, 8)}`) => inRun(() => hospital.as('dora', () => procure.receiveGoods({ orderId: id, body: { reference, receivedOn: '2026-11-21', lines } }))),
    until: (orderId, state) => patiently(async () => {
      const order = await read(orderId);
      if (!order.state.includes(state)) throw new Error(`it stands at ${order.state}`);
      return order;
    }),
    work,
    async decide(by, orderId, kind, resolution, note) {
      const item = await work(orderId, kind);
      return inRun(() => hospital.as(by, () => procure.resolveWorkItem({ workItemId: item.id, body: { resolution, ...(note ? { note } : {}) } })));
    },
    orderFor: (reference) => patiently(async () => {
      const { items } = await hospital.as('ben', () => procure.listRequisitions({ reference }));
      return items[0]?.orders[0];
    }),
  };
}

/** Many stories run at once, and each look is a request. */
function patiently<T>(look: () => Promise<T | undefined>): Promise<T> {
  return eventually(async () => (await sleep(50), look()));
}

/** All lines of an order, as they were ordered and at the ordered price. */
export function billedInFull(order: Order): SupplierInvoiceLine[] {
  return order.lines.map((line) => billed(line.line, line.quantity, line.unitPrice, { itemNumber: line.itemNumber, unit: line.unit }));
}

export const inFull = (order: Order) => order.lines.map(({ line, quantity }) => ({ line, quantity }));

/** Receives, bills and pays what is open of an order. */
export async function finish(story: Story, order: Order): Promise<Order> {
  await story.deliver(order, inFull(order));
  await story.bill(order, billedInFull(order));
  return story.until(order.id, 'closed');
}

/** What an order must leave in the ledger: nothing received and unbilled, nothing billed and unpaid. */
export function assertCleared(hospital: Hospital, orderNumber: string): void {
  assert.equal(balanceOf(hospital.erp, '2150', orderNumber).balance, '0.00', `clearing account of ${orderNumber}`);
  assert.equal(balanceOf(hospital.erp, '2010', orderNumber).balance, '0.00', `payables of ${orderNumber}`);
}

/** The problem that a call is answered with. */
export async function problemOf(call: Promise<unknown>): Promise<{ kind: string; code: string | undefined; pointers: string[] }> {
  const thrown = await call.then(() => assert.fail('was not refused'), (error: unknown) => error as { kind: string; code?: string; errors?: { pointer: string }[] });
  return { kind: thrown.kind, code: thrown.code, pointers: (thrown.errors ?? []).map((fault) => fault.pointer) };
}
