import assert from 'node:assert/strict';
import type { Database } from '#chassis/storage/database.ts';
import { definitionOf } from '../../../../process-apis/procure-to-pay/definition.ts';
import type { Order } from '../../../../process-apis/procure-to-pay/order.ts';
import type { Systems } from '../../../../process-apis/procure-to-pay/systems.ts';
import { walkThrough, type WalkedLife } from '../../chart-walk.ts';
import { noteSettings } from '../../recording.ts';
import { answer, bill, billed, delivery, sampleOrder, samplePolicy } from '../samples.ts';

const policy = samplePolicy();
noteSettings('procure-to-pay', policy);
const clock = { now: () => new Date('2026-11-20T10:00:00Z') };
export const definition = definitionOf({ systems: {} as Systems, database: {} as Database, clock, policy });
/** All parts of the life are told in this one walk, which remembers where it has been. */
export const walk = walkThrough(definition);
export type Life = WalkedLife<Order>;

export const failure = (code?: string) => ({ failure: { kind: 'refused', code, detail: 'The ERP says no.' }, moveId: '11111111-1111-4111-8111-111111111111' });
export const path = (...names: string[]) => names.map((name) => ({ name, owner: name === 'finance' ? 'role:chief-financial-officer' : `role:department-${name}/7010` }));
export const checked = (life: Life, facts: object = {}) => life.when('accepted', { supplierNumber: 'SUP-1', lines: life.context.lines, path: [], split: false, ...facts });
export const placed = (life: Life) => life.when('placed', { erpRequisitionNumber: 'PR-1', orderNumber: 'PO-1' });
/** An order of ten pieces at 100.00, placed and open. */
export const open = (order: Partial<Order> = {}) => placed(checked(walk.begin(sampleOrder(order))));
export const acknowledged = (life: Life, ...lines: Parameters<typeof answer>) => life.given('order.acknowledged.v1', { document: answer(...lines) });
export const delivered = (life: Life, reference: string, quantity: number) => life.given('delivered', { delivery: delivery(reference, [1, quantity]) });
export const stocked = (life: Life) => life.when('goods received', { lines: life.context.delivery!.lines, receiptNumber: `R-${life.context.delivery!.reference}` });
export const received = (life: Life, reference: string, quantity: number) => stocked(delivered(life, reference, quantity));
export const invoiced = (life: Life, number: string, quantity: number, unitPrice = '100.00') => life.given('invoice.received.v1', { document: bill(number, [billed(1, quantity, unitPrice)]) });
export const paid = (life: Life) => life.when('invoice entered').when('invoice paid');
export const closed = () => paid(invoiced(received(acknowledged(open(), { line: 1, outcome: 'accepted' }), 'D-1', 10), 'I-1', 10)).when('settled');

export const inState = (life: Life, ...parts: string[]) => {
  for (const part of parts) assert.ok(life.state.split(' + ').includes(part), `${part} in ${life.state}`);
  return life;
};
