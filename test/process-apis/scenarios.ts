import { eventually } from '../support/eventually.ts';
import type { Hospital } from './hospital/hospital.ts';
import { ownItem } from './hospital/master-data.ts';
import { newcomer } from './hospital/people.ts';
import { billedInFull, newStory, type Story } from './hospital/story.ts';
import { billed } from './procure-to-pay/samples.ts';

/** What is different in each run of a scenario, to be taken out before runs are compared. */
export type Names = Record<string, string>;

/** A story from its first event to its last state. It takes its own item, so that runs beside it do not matter. */
export type Scenario = (hospital: Hospital, run: string) => Promise<Names>;

let items = 0;

function itemOf(hospital: Hospital, shelves: Record<string, number>, rules: Parameters<typeof ownItem>[1] = []): string {
  const item = `OWN-${String(items += 1).padStart(4, '0')}`;
  ownItem(item, rules);
  for (const [location, quantity] of Object.entries(shelves)) hospital.erp.stock.set(`MAIN/${location}/${item}/`, quantity);
  return item;
}

const atLab = (source: 'supplier' | 'transfer', sourceLocation?: string) => ({ location: 'CATHLAB', reorderPoint: 5, maximum: 5, source, ...(sourceLocation ? { sourceLocation } : {}) });
const consumed = (hospital: Hospital, useId: string, state: string) => eventually(async () => {
  const { consumption } = await hospital.as('sofia', () => hospital.consumption.getConsumption({ consumptionId: useId }));
  if (consumption.state !== state) throw new Error(`use stands at ${consumption.state}`);
  return consumption;
});
const decideUse = async (hospital: Hospital, story: Story, useId: string, kind: string, resolution: string) => {
  const item = await eventually(async () => (await hospital.as('sofia', () => hospital.consumption.listWorkItems({ kind, limit: 200 }))).items.find((each) => each.facts?.['use'] === useId));
  await hospital.inRun(story.run, () => hospital.as('sofia', () => hospital.consumption.resolveWorkItem({ workItemId: item.id, body: { resolution } })));
};

export const scenarios: Record<string, Scenario> = {
  async 'a use is replaced by a substitute, of which more comes than was ordered'(hospital, run) {
    const story = newStory(hospital, run);
    const item = itemOf(hospital, { CATHLAB: 50 }, [atLab('supplier')]);
    const use = await story.use({ itemNumber: item, quantity: 10 });
    const placed = await story.until((await story.orderFor(`use:${use.id}`)).id, 'open.');
    await story.acknowledge(placed, [{ line: 1, outcome: 'changed', unitPrice: '111.00' }], `${run}-A1`);
    await story.decide('ben', placed.id, 'supplier-proposal', 'hold-to-order');
    await story.until(placed.id, 'supplier.awaiting');
    await story.acknowledge(placed, [{ line: 1, outcome: 'substituted', substituteItemNumber: 'IMP-2', unitPrice: '33.3333' }], `${run}-A2`);
    await story.decide('ben', placed.id, 'supplier-proposal', 'accept-proposal');
    const changed = await story.until(placed.id, 'supplier.agreed');
    await story.deliver(changed, [{ line: 1, quantity: 3.003 }], `${run}-D1`);
    await eventually(async () => (await story.until(placed.id, 'goods.awaiting')).lines[0]!.receivedQuantity > 0);
    await story.deliver(changed, [{ line: 1, quantity: 7.997 }], `${run}-D2`);
    await story.decide('ben', placed.id, 'over-receipt', 'accept-surplus');
    const received = await story.until(placed.id, 'goods.complete');
    await story.bill(received, [billed(1, 11, '33.4333', { itemNumber: 'IMP-2' })], { number: `${run}-I1` });
    await story.until(placed.id, 'closed');
    return { [use.id]: 'USE', [item]: 'ITEM', [placed.orderNumber!]: 'ORDER', [placed.requisitionNumber]: 'REQUISITION' };
  },

  async 'a use is refilled from the stores, and the stores from a supplier who rejects the order'(hospital, run) {
    const story = newStory(hospital, run);
    const item = itemOf(hospital, { CATHLAB: 5, STORES: 5 }, [atLab('transfer', 'STORES'), { location: 'STORES', reorderPoint: 5, maximum: 5, source: 'supplier' }]);
    const use = await story.use({ itemNumber: item, quantity: 2 });
    const placed = await story.until((await story.orderFor(`use:${use.id}/STORES`)).id, 'open.');
    await story.acknowledge(placed, [{ line: 1, outcome: 'rejected' }], `${run}-A1`);
    await story.decide('ben', placed.id, 'supplier-rejection', 'cancel-order');
    await story.until(placed.id, 'cancelled');
    return { [use.id]: 'USE', [item]: 'ITEM', [placed.orderNumber!]: 'ORDER', [placed.requisitionNumber]: 'REQUISITION' };
  },

  async 'a use of more than the books hold is counted, and turns out to be an error'(hospital, run) {
    const story = newStory(hospital, run);
    const item = itemOf(hospital, { CATHLAB: 1 });
    const use = await story.use({ itemNumber: item, quantity: 3 });
    await decideUse(hospital, story, use.id, 'stock-does-not-suffice', 'adjust-stock');
    await consumed(hospital, use.id, 'done');
    await story.withdrawUse(use.id);
    await consumed(hospital, use.id, 'withdrawn');
    return { [use.id]: 'USE', [item]: 'ITEM' };
  },

  async 'a person asks, the delivery stays short and the buyer ends it'(hospital, run) {
    const story = newStory(hospital, run);
    const who = newcomer();
    const { id, reference } = await story.ask(who, { lines: [{ itemNumber: 'LST-1', quantity: 3, unit: 'EA' }] });
    const placed = await story.until(id, 'open.');
    await story.deliver(placed, [{ line: 1, quantity: 2 }], `${run}-D1`);
    await eventually(async () => (await story.until(id, 'goods.awaiting')).lines[0]!.receivedQuantity > 0);
    // The days until it is overdue pass at once.
    await hospital.database.query(`update chassis.timers set due_at = '2000-01-01' where life_id = $1 and id like '%goodsLimit%'`, [id]);
    await hospital.database.query(`select pg_notify('callosum', 'timers')`);
    await story.decide('ben', id, 'goods-overdue', 'end-delivery');
    const cut = await story.until(id, 'goods.complete');
    await story.bill(cut, billedInFull(cut), { number: `${run}-I1` });
    await story.until(id, 'closed');
    return { [reference]: 'REFERENCE', [who.subject]: 'NEWCOMER', [placed.orderNumber!]: 'ORDER', [placed.requisitionNumber]: 'REQUISITION' };
  },
};
