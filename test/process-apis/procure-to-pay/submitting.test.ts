import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { NewRequisition } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { startHospital, type Hospital } from '../hospital/hospital.ts';
import { newcomer, type PersonName } from '../hospital/people.ts';
import { finish, newStory, problemOf } from '../hospital/story.ts';

describe('a person who asks for goods', () => {
  let hospital: Hospital;
  before(async () => { hospital = await startHospital(); });
  after(() => hospital.stop());

  const body = (changes: Partial<NewRequisition> = {}): NewRequisition =>
    ({ reference: randomUUID(), facility: 'MAIN', costCenter: '7010', location: 'CATHLAB', urgency: 'standard', lines: [{ itemNumber: 'IMP-1', quantity: 2, unit: 'EA' }], ...changes });
  const submit = (changes: Partial<NewRequisition> = {}, by: PersonName = 'nina') => hospital.as(by, () => hospital.procure.submitRequisition({ body: body(changes) }));
  const line = (changes: object) => ({ lines: [{ itemNumber: 'IMP-1', quantity: 2, unit: 'EA', ...changes }] });

  const refusals: [title: string, changes: Partial<NewRequisition>, kind: string, code: string | undefined, pointer: string][] = [
    ['an unknown item', line({ itemNumber: 'NO-1' }), 'refused', 'unknown-item', '/lines/0/itemNumber'],
    ['an item that is given up', line({ itemNumber: 'OLD-1' }), 'refused', 'item-inactive', '/lines/0/itemNumber'],
    ['a closed cost centre', { costCenter: '7999' }, 'refused', 'cost-center-closed', '/costCenter'],
    ['an unknown cost centre', { costCenter: '0000' }, 'refused', 'unknown-cost-center', '/costCenter'],
    ['a negative quantity', line({ quantity: -1 }), 'invalid-request', undefined, '/lines/0/quantity'],
    ['no quantity', line({ quantity: 0 }), 'invalid-request', undefined, '/lines/0/quantity'],
    ['an unknown unit', line({ unit: 'ZZ' }), 'refused', 'unknown-unit', '/lines/0/unit'],
    ['a unit that the item is not bought by', line({ unit: 'BX' }), 'refused', 'wrong-unit', '/lines/0/unit'],
    ['more than the budget', { costCenter: '7060', ...line({ quantity: 3 }) }, 'refused', 'budget-exceeded', '/costCenter'],
    ['an over-long justification', { justification: 'x'.repeat(241) }, 'invalid-request', undefined, '/justification'],
    ['a state that a requester cannot set', { status: 'approved' } as object, 'invalid-request', undefined, '/status'],
    ['an emergency without a reason', { urgency: 'emergency' }, 'refused', 'justification-needed', '/justification'],
    ['a facility that is not theirs', { facility: 'EAST' }, 'forbidden', 'facility-not-yours', '/facility'],
  ];
  for (const [title, changes, kind, code, pointer] of refusals) {
    test(`is told at once what is wrong with ${title}`, async () => {
      const reference = randomUUID();
      assert.deepEqual(await problemOf(submit({ reference, ...changes })), { kind, code, pointers: [pointer] });
      assert.deepEqual((await hospital.as('nina', () => hospital.procure.listRequisitions({ reference }))).items, []);
    });
  }

  test('is told of all faults together', async () => {
    const problem = await problemOf(submit({ costCenter: '7999', lines: [{ itemNumber: 'NO-1', quantity: 1, unit: 'EA' }, { itemNumber: 'IMP-1', quantity: 1, unit: 'BX' }] }));
    assert.deepEqual(problem.pointers, ['/costCenter', '/lines/0/itemNumber', '/lines/1/unit']);
  });

  test('gets the same requisition when asking again with the same reference, however the fields are ordered', async () => {
    const first = await submit({ reference: 'same-need' });
    const again = await hospital.as('nina', () => hospital.procure.submitRequisition({
      body: { lines: [{ unit: 'EA', quantity: 2, itemNumber: 'IMP-1' }], urgency: 'standard', location: 'CATHLAB', costCenter: '7010', facility: 'MAIN', reference: 'same-need' },
    }));
    assert.deepEqual([again.number, again.orders.map((order) => order.id)], [first.number, first.orders.map((order) => order.id)]);
  });

  test('gets one requisition when the same is sent many times at once', async () => {
    const reference = randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit({ reference })));
    assert.equal(new Set(answers.map((answer) => answer.number)).size, 1);
    const lives = await hospital.database.query(`select 1 from chassis.life_keys where kind = 'reference' and value = $1`, [reference]);
    assert.equal(lives.length, 1);
  });

  test('gets the first answer again even when the need would be refused by now', async () => {
    const first = await submit({ reference: 'budgeted', costCenter: '7060' }, 'june');
    const { BUDGETS } = await import('../hospital/master-data.ts');
    const available = BUDGETS[0]!.available;
    try {
      BUDGETS[0]!.available = '0.00';
      assert.equal((await submit({ reference: 'budgeted', costCenter: '7060' }, 'june')).number, first.number);
    } finally {
      BUDGETS[0]!.available = available;
    }
  });

  test('cannot use a reference for another need, nor that of somebody else', async () => {
    await submit({ reference: 'mine' });
    const conflict = { kind: 'conflict', code: 'reference-used', pointers: ['/reference'] };
    assert.deepEqual(await problemOf(submit({ reference: 'mine', ...line({ quantity: 3 }) })), conflict);
    assert.deepEqual(await problemOf(submit({ reference: 'mine' }, 'maya')), conflict);
  });

  test('gets one order for each supplier, placed and paid on its own', async () => {
    const story = newStory(hospital);
    const reference = randomUUID();
    await story.ask(newcomer(), { reference, lines: [{ itemNumber: 'IMP-1', quantity: 1, unit: 'EA' }, { itemNumber: 'GLV-1', quantity: 2, unit: 'BX' }, { itemNumber: 'IMP-2', quantity: 1, unit: 'EA' }] });
    const { items: [requisition] } = await hospital.as('nina', () => hospital.procure.listRequisitions({ reference }));
    assert.equal(requisition!.total, '246.00');
    assert.deepEqual(requisition!.orders.map((order) => [order.supplierNumber, order.lines.map((each) => each.line)]).toSorted(), [['SUP-1', [1, 3]], ['SUP-2', [2]]]);
    for (const order of requisition!.orders) await finish(story, await story.until(order.id, 'open.'));
  });

  test('may withdraw until it is ordered, and nobody else may', async () => {
    const story = newStory(hospital);
    const order = await story.ask('nina', line({ quantity: 30 }));
    await story.until(order.id, 'approving');
    const withdraw = (by: PersonName) => hospital.as(by, () => hospital.procure.withdrawRequisition({ requisitionNumber: order.requisitionNumber }));
    assert.deepEqual((await problemOf(withdraw('maya'))).code, 'not-requester');
    const withdrawn = await withdraw('nina');
    assert.deepEqual(withdrawn.orders.map((each) => [each.state, each.reasons?.map((reason) => reason.code)]), [['withdrawn', ['withdrawn']]]);
    // Who heard no answer asks again.
    assert.deepEqual((await withdraw('nina')).orders.map((each) => each.state), ['withdrawn']);
    assert.deepEqual((await hospital.as('maya', () => hospital.procure.listWorkItems({ kind: 'approval', mine: true }))).items.filter((item) => item.subjectId === order.id), []);
  });

  test('is not seen by people of another facility', async () => {
    const order = await newStory(hospital).ask('nina');
    assert.equal((await problemOf(hospital.as('rosa', () => hospital.procure.getOrder({ orderId: order.id })))).kind, 'not-found');
    assert.equal((await problemOf(hospital.as('rosa', () => hospital.procure.getRequisition({ requisitionNumber: order.requisitionNumber })))).kind, 'not-found');
    assert.deepEqual((await hospital.as('rosa', () => hospital.procure.listOrders({}))).items, []);
  });

  test('is a person, and no program', async () => {
    assert.deepEqual((await problemOf(hospital.procure.submitRequisition({ body: body() }))).code, 'person-needed');
  });

  test('is told that a cursor is not one of ours', async () => {
    for (const position of ['["yesterday","1"]', '["2026-11-20T10:00:00Z"]', '{}', 'null']) {
      const cursor = Buffer.from(position).toString('base64url');
      for (const list of ['listOrders', 'listRequisitions', 'listWorkItems', 'listDelegations'] as const) {
        if (list === 'listRequisitions' && position.startsWith('["2026')) continue;
        assert.equal((await problemOf(hospital.as('ben', () => hospital.procure[list]({ cursor })))).kind, 'invalid-request', `${list} ${position}`);
      }
    }
  });

  test('finds every order once, page by page, also those that began in the same moment', async () => {
    await submit({ lines: [{ itemNumber: 'IMP-1', quantity: 1, unit: 'EA' }, { itemNumber: 'GLV-1', quantity: 1, unit: 'BX' }] });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await hospital.as('ben', () => hospital.procure.listOrders({ limit: 1, ...(cursor ? { cursor } : {}) }));
      seen.push(...page.items.map((order) => order.id));
      cursor = page.next;
    } while (cursor);
    const [{ count }] = await hospital.database.query<{ count: number }>(`select count(*)::int as count from chassis.lives where process = 'procure-to-pay'`) as [{ count: number }];
    assert.deepEqual([seen.length, new Set(seen).size], [count, count]);
  });
});
