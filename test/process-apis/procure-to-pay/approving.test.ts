import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startHospital, type Hospital } from '../hospital/hospital.ts';
import { newcomer, type PersonName } from '../hospital/people.ts';
import { newStory, problemOf } from '../hospital/story.ts';

const pieces = (quantity: number) => ({ lines: [{ itemNumber: 'IMP-1', quantity, unit: 'EA' }] });

describe('an order that needs approval', () => {
  let hospital: Hospital;
  before(async () => { hospital = await startHospital(); });
  after(() => hospital.stop());

  const approve = async (by: PersonName, orderId: string, resolution = 'approve') => {
    const item = await newStory(hospital).work(orderId, 'approval');
    return hospital.as(by, () => hospital.procure.resolveWorkItem({ workItemId: item.id, body: { resolution, note: 'Seen.' } }));
  };

  test('is placed when its manager has approved, who is named in the trace', async () => {
    const story = newStory(hospital);
    const order = await story.ask(newcomer(), pieces(30));
    await approve('maya', order.id);
    const placed = await story.until(order.id, 'open.');
    assert.deepEqual(placed.approvals?.map(({ tier, decision, by, note }) => ({ tier, decision, by, note })), [{ tier: 'manager', decision: 'approved', by: 'maya', note: 'Seen.' }]);
    const { entries } = await hospital.as('ben', () => hospital.procure.getOrderTimeline({ orderId: order.id }));
    assert.deepEqual(entries.filter((entry) => entry.actor).map((entry) => [entry.event, entry.actor]), [['started', order.requester], ['approve', 'maya']]);
  });

  test('is approved by each tier, and by another person in each', async () => {
    const story = newStory(hospital);
    const order = await story.ask(newcomer(), pieces(60));
    // Helen is manager and director of the cost centre at once.
    await approve('helen', order.id);
    await story.until(order.id, 'approving');
    assert.deepEqual(await problemOf(approve('helen', order.id)), { kind: 'forbidden', code: 'same-approver', pointers: [] });
    assert.equal((await problemOf(approve('maya', order.id))).code, 'not-owner');
    assert.equal((await story.until(order.id, 'approving')).approvals?.length, 1);
  });

  test('is approved by nobody who asked for it', async () => {
    const order = await newStory(hospital).ask('maya', pieces(30));
    assert.deepEqual(await problemOf(approve('maya', order.id)), { kind: 'forbidden', code: 'own-request', pointers: [] });
    await approve('helen', order.id);
    await newStory(hospital).until(order.id, 'open.');
  });

  test('is not approved by the manager of another cost centre, nor from another facility, nor by anybody else', async () => {
    const order = await newStory(hospital).ask(newcomer(), pieces(30));
    for (const stranger of ['david', 'grace', 'rosa', 'ben', 'june'] as const) {
      assert.equal((await problemOf(approve(stranger, order.id))).code, 'not-owner', stranger);
    }
  });

  test('is rejected with the reason, and nothing is bought', async () => {
    const story = newStory(hospital);
    const order = await story.ask(newcomer(), pieces(30));
    await approve('maya', order.id, 'reject');
    const rejected = await story.until(order.id, 'rejected');
    assert.deepEqual(rejected.reasons, [{ code: 'rejected', detail: 'Seen.' }]);
    assert.deepEqual(hospital.erp.orders.filter((each) => each.reference.startsWith(order.reference)), []);
  });

  test('is decided once: a second decision comes too late, the same again is the same', async () => {
    const order = await newStory(hospital).ask(newcomer(), pieces(30));
    const item = await newStory(hospital).work(order.id, 'approval');
    const resolve = (by: PersonName, resolution: string) => hospital.as(by, () => hospital.procure.resolveWorkItem({ workItemId: item.id, body: { resolution } }));
    assert.equal((await problemOf(resolve('maya', 'retry'))).code, 'unknown-resolution');
    const first = await resolve('maya', 'approve');
    assert.equal(first.status, 'resolved');
    assert.deepEqual(await resolve('maya', 'approve'), first);
    assert.equal((await problemOf(resolve('helen', 'reject'))).code, 'already-decided');
  });

  test('in several parts, each under the limit, goes to who would have approved the whole, and says why', async () => {
    const story = newStory(hospital);
    const june = newcomer('7020');
    const first = await story.ask(june, { costCenter: '7020', ...pieces(2) });
    assert.deepEqual((await story.until(first.id, 'open.')).approvals?.map((approval) => approval.decision), ['automatic']);
    const second = await story.ask(june, { costCenter: '7020', ...pieces(2) });
    const item = await story.work(second.id, 'approval');
    assert.deepEqual([item.owner, item.facts?.['split'], item.facts?.['tier']], ['role:department-manager/7020', true, 'manager']);
    await approve('david', second.id, 'reject');
    await story.until(second.id, 'rejected');
    // What was rejected is not bought, and does not count.
    const third = await story.ask(june, { costCenter: '7020', lines: [{ itemNumber: 'GLV-1', quantity: 2, unit: 'BX' }] });
    await story.until(third.id, 'open.');
  });

  test('in one requisition for several suppliers goes by the whole of it', async () => {
    const story = newStory(hospital);
    const order = await story.ask(newcomer(), { lines: [{ itemNumber: 'IMP-1', quantity: 49, unit: 'EA' }, { itemNumber: 'GLV-1', quantity: 10, unit: 'BX' }] });
    const { orders } = await hospital.as('ben', () => hospital.procure.getRequisition({ requisitionNumber: order.requisitionNumber }));
    for (const each of orders) {
      await approve('helen', each.id);
      assert.equal((await story.until(each.id, 'approving')).approvals?.length, 1);
    }
  });

  describe('while its approver is away', () => {
    const delegate = (by: PersonName, to: PersonName, from: Date, until: Date) => hospital.as(by, () => hospital.procure.createDelegation({ body: { to, from: from.toISOString(), until: until.toISOString() } }));
    const [yesterday, tomorrow] = [new Date(Date.now() - 86_400_000), new Date(Date.now() + 86_400_000)];

    test('is approved by the delegate, in whose place is written down', async () => {
      const story = newStory(hospital);
      const order = await story.ask(newcomer(), pieces(30));
      const item = await story.work(order.id, 'approval');
      const mine = async () => (await hospital.as('tomas', () => hospital.procure.listWorkItems({ mine: true, limit: 200 }))).items.some((each) => each.id === item.id);
      assert.equal(await mine(), false);
      assert.equal((await problemOf(approve('tomas', order.id))).code, 'not-owner');
      await delegate('maya', 'tomas', yesterday, tomorrow);
      assert.equal(await mine(), true);
      await approve('tomas', order.id);
      const [approval] = (await story.until(order.id, 'open.')).approvals!;
      assert.deepEqual([approval?.by, approval?.inPlaceOf], ['tomas', 'maya']);
    });

    test('is not approved by a delegate of the one who asked', async () => {
      const order = await newStory(hospital).ask('maya', pieces(30));
      assert.equal((await problemOf(approve('tomas', order.id))).code, 'own-request');
    });

    test('is not approved before or after the delegation, nor by a delegate of a delegate', async () => {
      await delegate('david', 'nina', tomorrow, new Date(tomorrow.getTime() + 1_000));
      await delegate('tomas', 'june', yesterday, tomorrow);
      const theirs = await newStory(hospital).ask(newcomer('7020'), { costCenter: '7020', ...pieces(30) });
      assert.equal((await problemOf(approve('nina', theirs.id))).code, 'not-owner');
      const ours = await newStory(hospital).ask(newcomer(), pieces(30));
      assert.equal((await problemOf(approve('june', ours.id))).code, 'not-owner');
    });

    test('cannot be delegated to oneself, nor for no time', async () => {
      assert.deepEqual(await problemOf(delegate('maya', 'maya', yesterday, tomorrow)), { kind: 'refused', code: 'delegation-to-self', pointers: ['/to'] });
      assert.deepEqual(await problemOf(delegate('maya', 'tomas', tomorrow, yesterday)), { kind: 'refused', code: 'delegation-empty', pointers: ['/until'] });
      const { items } = await hospital.as('tomas', () => hospital.procure.listDelegations({}));
      assert.deepEqual(items.map(({ by, to }) => `${by} to ${to}`).toSorted(), ['maya to tomas', 'tomas to june']);
    });
  });
});
