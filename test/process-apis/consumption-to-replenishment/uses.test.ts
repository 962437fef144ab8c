import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';
import { eventually } from '../../support/eventually.ts';
import { balanceOf, stockValueMoved } from '../hospital/erp-books.ts';
import { startHospital, type Hospital } from '../hospital/hospital.ts';
import type { PersonName } from '../hospital/people.ts';
import { finish, newStory, problemOf } from '../hospital/story.ts';

describe('a use that the EHR announces', () => {
  let hospital: Hospital;
  before(async () => { hospital = await startHospital({ refillMs: 500 }); });
  after(() => hospital.stop());

  const read = (useId: string) => hospital.as('sofia', () => hospital.consumption.getConsumption({ consumptionId: useId }));
  const until = ({ id }: Use, state: string) => eventually(async () => {
    const { consumption } = await read(id);
    if (consumption.state !== state) throw new Error(`it stands at ${consumption.state}`);
    return consumption;
  });
  const workOf = ({ id }: Use, kind: string) => eventually(async () => {
    const { items } = await hospital.as('sofia', () => hospital.consumption.listWorkItems({ kind, limit: 200 }));
    return items.find((item) => item.facts?.['use'] === id);
  });
  const decide = async (by: PersonName, use: Use, kind: string, resolution: string, values?: Record<string, string>) => {
    const item = await workOf(use, kind);
    return hospital.as(by, () => hospital.consumption.resolveWorkItem({ workItemId: item.id, body: { resolution, ...(values ? { values } : {}) } }));
  };
  const issues = ({ id }: Use) => hospital.erp.movements.filter((movement) => movement.reference.startsWith(id));
  const onShelf = (location: string, itemNumber: string, lot = '') => hospital.erp.stock.get(`MAIN/${location}/${itemNumber}/${lot}`);

  test('twice is taken from stock once', async () => {
    const use = await newStory(hospital).use();
    await hospital.tell('supply.used.v1', use.id, { use });
    await until(use, 'done');
    assert.equal(issues(use).length, 1);
  });

  test('with a device identifier alone is found by it', async () => {
    const use = await newStory(hospital).use({ itemNumber: undefined, kind: 'device', quantity: 1, tracking: { deviceIdentifier: '09521234567890', serial: 'S-1' } });
    assert.equal((await until(use, 'done')).itemNumber, 'IMP-1');
  });

  test('with a code that nobody knows waits for the analyst, and the next one with this code does not', async () => {
    const itemCode = { system: 'urn:hospital:supplies', code: 'EHR-1' };
    const use = await newStory(hospital).use({ itemNumber: undefined, itemCode });
    const item = await workOf(use, 'missing-item-mapping');
    assert.deepEqual([item.owner, item.facts?.['code']], ['role:supply-chain-analyst', 'EHR-1']);
    assert.deepEqual(await problemOf(decide('sofia', use, 'missing-item-mapping', 'map-item')), { kind: 'refused', code: 'item-number-needed', pointers: ['/values/itemNumber'] });
    assert.equal((await problemOf(decide('ben', use, 'missing-item-mapping', 'map-item', { itemNumber: 'IMP-1' }))).code, 'not-owner');
    await decide('sofia', use, 'missing-item-mapping', 'map-item', { itemNumber: 'NO-1' });
    assert.equal((await eventually(async () => { const next = await workOf(use, 'missing-item-mapping'); return next.id === item.id ? undefined : next; })).facts?.['problem'], 'The item master does not know item NO-1 either.');
    hospital.erp.stock.set('MAIN/CATHLAB/IMP-2/', 10);
    await decide('sofia', use, 'missing-item-mapping', 'map-item', { itemNumber: 'IMP-2' });
    await until(use, 'done');
    const next = await newStory(hospital).use({ itemNumber: undefined, itemCode });
    assert.equal((await until(next, 'done')).itemNumber, 'IMP-2');
    const known = await newStory(hospital).use({ itemCode });
    assert.equal((await until(known, 'done')).itemNumber, 'IMP-1');
  });

  test('whose identifiers contradict each other waits for the analyst, who may ignore it', async () => {
    const use = await newStory(hospital).use({ itemNumber: 'IMP-2', tracking: { deviceIdentifier: '09521234567890' } });
    assert.match(String((await workOf(use, 'identifiers-differ')).facts?.['problem']), /IMP-2.*IMP-1/);
    await decide('sofia', use, 'identifiers-differ', 'ignore');
    await until(use, 'ignored');
    assert.deepEqual(issues(use), []);
  });

  test('from a place that bears no cost waits until the EHR names a right one', async () => {
    const use = await newStory(hospital).use({ department: 'GARDEN' });
    await workOf(use, 'place-without-cost-center');
    hospital.ehr.uses.set(use.id, { ...use, department: 'CATHLAB' });
    await decide('sofia', use, 'place-without-cost-center', 'retry');
    assert.equal((await until(use, 'done')).costCenter, '7010');
  });

  test('of more than the books hold is counted, and the books end where the shelf does', async () => {
    const before = onShelf('CATHLAB', 'IMP-1')!;
    hospital.erp.stock.set('MAIN/CATHLAB/IMP-1/', 1);
    const use = await newStory(hospital).use({ quantity: 3 });
    assert.deepEqual((await workOf(use, 'stock-does-not-suffice')).resolutions, ['retry', 'adjust-stock']);
    await decide('sofia', use, 'stock-does-not-suffice', 'adjust-stock');
    await until(use, 'done');
    assert.equal(onShelf('CATHLAB', 'IMP-1'), 0);
    assert.deepEqual(issues(use).map(({ kind, quantity }) => [kind, quantity]), [['issue', 3]]);
    assert.deepEqual(hospital.erp.movements.filter((movement) => movement.kind === 'adjustment').map((movement) => movement.quantity), [2]);
    hospital.erp.stock.set('MAIN/CATHLAB/IMP-1/', before);
  });

  test('entered in error before it was taken from stock ends without a trace in the books', async () => {
    const use = await newStory(hospital).use({ itemNumber: 'NO-9' });
    await workOf(use, 'missing-item-mapping');
    await newStory(hospital).withdrawUse(use.id);
    await until(use, 'withdrawn');
    assert.deepEqual(issues(use), []);
    assert.deepEqual((await hospital.as('sofia', () => hospital.consumption.listWorkItems({ mine: true, limit: 200 }))).items.filter((item) => item.facts?.['use'] === use.id), []);
  });

  test('entered in error afterwards is put back, and its cost is taken off the case', async () => {
    const cost = () => balanceOf(hospital.erp, '5100').balance;
    const [shelf, before] = [onShelf('CATHLAB', 'IMP-1'), cost()];
    const use = await newStory(hospital).use({ quantity: 2 });
    await until(use, 'done');
    assert.notEqual(cost(), before);
    await newStory(hospital).withdrawUse(use.id);
    await until(use, 'withdrawn');
    assert.deepEqual([onShelf('CATHLAB', 'IMP-1'), cost()], [shelf, before]);
  });

  test('without a lot goes back, when entered in error, to the lot that it was taken from', async () => {
    hospital.erp.stock.set('MAIN/CATHLAB/LOT-1/L-7', 3);
    const use = await newStory(hospital).use({ itemNumber: 'LOT-1', quantity: 2, tracking: { deviceIdentifier: '00000000000000' } });
    await until(use, 'done');
    assert.equal(onShelf('CATHLAB', 'LOT-1', 'L-7'), 1);
    await newStory(hospital).withdrawUse(use.id);
    await until(use, 'withdrawn');
    assert.deepEqual([onShelf('CATHLAB', 'LOT-1', 'L-7'), onShelf('CATHLAB', 'LOT-1')], [3, undefined]);
    assert.deepEqual(hospital.erp.movements.at(-1)?.tracking, { deviceIdentifier: '00000000000000', lot: 'L-7' });
  });

  test('entered in error while it was being taken from stock is put back all the same', async () => {
    const shelf = onShelf('CATHLAB', 'IMP-1');
    const story = newStory(hospital);
    const use = await story.use({ quantity: 2 });
    await story.withdrawUse(use.id);
    await until(use, 'withdrawn');
    assert.equal(onShelf('CATHLAB', 'IMP-1'), shelf);
  });

  test('brings the place to its reorder point: it is refilled from the stores, which order in whole boxes, once', async () => {
    // 21 gloves at the laboratory and 130 in the stores; reorder points are 20 and 100, lots 30 and 105.
    const gloves = (quantity: number) => newStory(hospital).use({ itemNumber: 'GLV-1', quantity });
    const first = await gloves(1);
    const { requisitionReference } = await until(first, 'done');
    assert.equal(requisitionReference, 'reorder:MAIN/STORES/GLV-1/1');
    assert.deepEqual([onShelf('CATHLAB', 'GLV-1'), onShelf('STORES', 'GLV-1')], [50, 100]);
    const order = await newStory(hospital).orderFor(requisitionReference);
    const placed = await newStory(hospital).until(order.id, 'open.');
    assert.deepEqual(placed.lines.map(({ quantity, unit }) => [quantity, unit]), [[11, 'BX']]);
    assert.deepEqual([placed.costCenter, hospital.erp.orders.find((each) => each.number === placed.orderNumber)?.facility], ['7090', 'MAIN']);

    // While the boxes are on their way the stores do not order again, however often they refill.
    await until(await gloves(30), 'done');
    assert.deepEqual([onShelf('CATHLAB', 'GLV-1'), onShelf('STORES', 'GLV-1')], [50, 70]);
    await finish(newStory(hospital), placed);
    assert.equal(onShelf('STORES', 'GLV-1'), 180);
    await eventually(async () => (await hospital.database.query(`select 1 from consumption_to_replenishment.demands where reference = $1 and not open`, [requisitionReference])).length === 1);

    // Ninety more, and the stores are at 90: they order their second lot.
    for (let round = 0; round < 3; round += 1) await until(await gloves(30), 'done');
    assert.deepEqual([onShelf('CATHLAB', 'GLV-1'), onShelf('STORES', 'GLV-1')], [50, 90]);
    await newStory(hospital).orderFor('reorder:MAIN/STORES/GLV-1/2');
  });

  test('empties the stores: the place waits for its refill and gets it when there is some again', async () => {
    hospital.erp.stock.set('MAIN/STORES/GLV-1/', 5);
    const use = await newStory(hospital).use({ itemNumber: 'GLV-1', quantity: 40 });
    const item = await workOf(use, 'stores-ran-out');
    assert.match(String(item.facts?.['problem']), /too little of item GLV-1 at STORES/);
    hospital.erp.stock.set('MAIN/STORES/GLV-1/', 500);
    await until(use, 'done');
    assert.equal(onShelf('CATHLAB', 'GLV-1'), 40);
    assert.equal(onShelf('STORES', 'GLV-1'), 470);
  });

  test('lets the stores ask again for a lot that was given up: no other use would, where nothing is left', async () => {
    const lots = async () => (await hospital.database.query<{ reference: string; open: boolean }>(
      `select reference, open from consumption_to_replenishment.demands where item_number = 'GLV-1' and location = 'STORES' order by at`)).map(({ reference, open }) => `${reference.split('/').at(-1)} ${open}`);
    const giveUp = (number: number) => hospital.database.query('update consumption_to_replenishment.demands set open = false where reference = $1', [`reorder:MAIN/STORES/GLV-1/${number}`]);
    await giveUp(2);
    hospital.erp.stock.set('MAIN/STORES/GLV-1/', 0);
    const use = await newStory(hospital).use({ itemNumber: 'GLV-1', quantity: 30 });
    await workOf(use, 'stores-ran-out');
    await eventually(async () => (await lots()).join() === '1 false,2 false,3 true');
    await giveUp(3);
    await newStory(hospital).orderFor('reorder:MAIN/STORES/GLV-1/4');
    assert.deepEqual(await lots(), ['1 false', '2 false', '3 false', '4 true']);
    hospital.erp.stock.set('MAIN/STORES/GLV-1/', 500);
    await until(use, 'done');
    assert.deepEqual(await lots(), ['1 false', '2 false', '3 false', '4 true']);
  });

  test('is listed once, page by page', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await hospital.as('sofia', () => hospital.consumption.listConsumptions({ limit: 2, ...(cursor ? { cursor } : {}) }));
      seen.push(...page.items.map((each) => each.id));
      cursor = page.next;
    } while (cursor);
    assert.deepEqual([seen.length, new Set(seen).size], [hospital.ehr.uses.size, hospital.ehr.uses.size]);
  });

  test('leaves as much on the stock account as was moved', () => {
    assert.ok(hospital.erp.movements.length > 10);
    assert.equal(balanceOf(hospital.erp, '1310').balance, stockValueMoved(hospital.erp));
  });
});
