import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { person, startExperience, supplierClient, type ExperiencePlatform } from '../experience-platform.ts';
import { ask } from './graph-client.ts';
import { anOrder, aWorkItem, callsOf, hospitalBelow } from './hospital-below.ts';

describe('a person at the portal', () => {
  const below = hospitalBelow();
  const nina = person('nina.alvarez');
  let platform: ExperiencePlatform;
  before(async () => { platform = await startExperience({ below: below.modules }); });
  after(() => platform.stop());
  beforeEach(() => {
    below.seen.length = 0;
    below.orders.length = 0;
    below.workItems.length = 0;
    below.people.length = 0;
    below.itemFailure = undefined;
  });

  test('is who the token says', async () => {
    const { body } = await ask(platform, nina, '{ me { id name roles facilities } }');
    assert.deepEqual(body.data, { me: { id: 'nina.alvarez', name: 'Nina Alvarez', roles: ['requester'], facilities: ['MAIN'] } });
  });

  test('is known as themselves to the APIs below', async () => {
    await ask(platform, nina, '{ orders { items { id } } }');
    const [{ call }] = below.seen as [typeof below.seen[number]];
    assert.equal(call.principal.kind, 'user');
    assert.equal(call.principal.subject, 'nina.alvarez');
    assert.equal(call.principal.service, 'experience-apis');
    assert.deepEqual(call.principal.bindings, { costCenters: '7010' });
  });

  test('asks for goods once, however often the request is repeated', async () => {
    const mutation = 'mutation ($input: RequisitionInput!) { submitRequisition(input: $input) { number urgency costCenter { code name } orders { requester } } }';
    const input = { reference: 'cath-42', facility: 'MAIN', costCenter: '7010', urgency: 'EMERGENCY', justification: 'Case at noon', lines: [{ itemNumber: 'I-1', quantity: 2, unit: 'EA' }] };
    const answers = [await ask(platform, nina, mutation, { input }), await ask(platform, nina, mutation, { input })];
    assert.deepEqual(answers[0]!.body.data, { submitRequisition: { number: 'R-1', urgency: 'EMERGENCY', costCenter: { code: '7010', name: 'Catheterisation laboratory' }, orders: [{ requester: 'nina.alvarez' }] } });
    assert.deepEqual(answers[1]!.body.data, answers[0]!.body.data);
    assert.equal(callsOf(below)['submitRequisition'], 1);
    assert.equal((below.seen[0]!.input['body'] as { urgency: string }).urgency, 'emergency');

    const changed = await ask(platform, nina, mutation, { input: { ...input, lines: [{ itemNumber: 'I-2', quantity: 1, unit: 'EA' }] } });
    assert.equal(changed.body.errors?.[0]?.extensions.problem.code, 'idempotency-key-reused');
    const somebodyElse = await ask(platform, person('omar.reyes'), mutation, { input });
    assert.equal(somebodyElse.body.errors, undefined);
  });

  test('sees a refusal as the same problem that the REST API would send', async () => {
    const mutation = 'mutation ($input: RequisitionInput!) { submitRequisition(input: $input) { number } }';
    const { status, headers, body } = await ask(platform, nina, mutation, { input: { reference: 'closed', facility: 'MAIN', costCenter: 'CLOSED', lines: [{ itemNumber: 'I-1', quantity: 1, unit: 'EA' }] } });
    assert.equal(status, 200);
    const [error] = body.errors!;
    assert.equal(error!.message, 'The cost centre is closed.');
    assert.equal(error!.extensions.code, 'REFUSED');
    assert.deepEqual(error!.extensions.problem, {
      type: '/problems/refused', title: 'A business rule refuses this', status: 422, detail: 'The cost centre is closed.', correlationId: headers.get('correlation-id'),
      code: 'cost-center-closed', errors: [{ pointer: '/costCenter', detail: 'is closed' }],
    });
  });

  test('learns nothing of an unexpected error but that there was one', async () => {
    below.itemFailure = new Error('connection string postgres://secret@host');
    const { body } = await ask(platform, nina, '{ item(number: "I-1") { description } }');
    assert.deepEqual(body.data, { item: null });
    assert.equal(body.errors?.[0]?.message, 'An unexpected error occurred.');
    assert.equal(body.errors?.[0]?.extensions.code, 'INTERNAL');
    assert.ok(!JSON.stringify(body).includes('secret'));
  });

  test('gets null for what is not there, and keeps the rest of the answer', async () => {
    const { body } = await ask(platform, nina, '{ item(number: "X-9") { number } order(id: "5a2d1f5e-6f43-4a0c-9a3e-0b5d0f1f7a11") { id } me { id } }');
    assert.deepEqual(body.data, { item: null, order: null, me: { id: 'nina.alvarez' } });
    assert.equal(body.errors, undefined);
  });

  test('still sees orders and the numbers of their items while the ERP is down', async () => {
    below.orders.push(anOrder());
    below.itemFailure = new ApiError('unavailable', 'The ERP is away.');
    const { body } = await ask(platform, nina, '{ orders { items { orderNumber lines { item { number } } supplier { number } } } }');
    assert.equal(body.errors, undefined);
    assert.deepEqual(body.data, { orders: { items: [{ orderNumber: 'PO-1', lines: [{ item: { number: 'I-1' } }, { item: { number: 'I-2' } }], supplier: { number: 'S-1' } }] } });
  });

  test('reads each thing once per request, however often the graph meets it', async () => {
    below.orders.push(...Array.from({ length: 20 }, (_, index) => anOrder({ supplierNumber: `S-${index % 3}` })));
    const { body } = await ask(platform, nina, `{ orders(first: 20) { items {
      supplier { number name } costCenter { name } timeline { event } lines { line item { number description category } } } } }`);
    assert.equal(body.errors, undefined);
    assert.deepEqual(callsOf(below), { listOrders: 1, getSupplier: 3, getCostCenter: 1, getItem: 2, getOrderTimeline: 20 });
  });

  test('sees approvals of all kinds as one list, page by page', async () => {
    const kinds = ['approval', 'approval', 'emergency-review', 'payment-approval', 'payment-approval', 'goods-overdue'];
    below.workItems.push(...kinds.map((kind) => aWorkItem({ kind })));
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { body }: Awaited<ReturnType<typeof ask>> = await ask(platform, nina, 'query ($after: String) { approvals(first: 2, after: $after) { items { kind process } next } }', { after });
      assert.equal(body.errors, undefined);
      const { items, next } = body.data!['approvals'] as { items: { kind: string }[]; next: string | null };
      seen.push(...items.map((item) => item.kind));
      after = next;
    } while (after);
    assert.deepEqual(seen, kinds.slice(0, 5));
    assert.ok(below.seen.every(({ input }) => input['mine'] === true && input['status'] === 'open'));
  });

  test('is told when a cursor is not of the list', async () => {
    const other = Buffer.from(JSON.stringify(['7', ''])).toString('base64url');
    for (const after of ['nonsense', other, Buffer.from('["-1",""]').toString('base64url'), Buffer.from('{}').toString('base64url')]) {
      const { body } = await ask(platform, nina, 'query ($after: String) { approvals(after: $after) { items { id } } }', { after });
      assert.equal(body.errors?.[0]?.extensions.code, 'INVALID_REQUEST', after);
    }
    assert.equal(below.seen.length, 0);
  });

  test('sees the work items of every process, with the order that waits', async () => {
    const order = anOrder();
    below.orders.push(order);
    below.workItems.push(aWorkItem({ subjectId: order.id }), aWorkItem({ process: 'consumption-to-replenishment', kind: 'unknown-item', subjectId: 'use-1' }));
    const { body } = await ask(platform, nina, '{ workItems(first: 10) { items { process kind order { orderNumber } } next } }');
    assert.deepEqual(body.data, { workItems: { items: [
      { process: 'PROCURE_TO_PAY', kind: 'approval', order: { orderNumber: 'PO-1' } },
      { process: 'CONSUMPTION_TO_REPLENISHMENT', kind: 'unknown-item', order: null },
    ], next: null } });
  });

  test('approves and rejects by the words of the work item, wherever it lives', async () => {
    const [approval, review, payment, other] = [aWorkItem(), aWorkItem({ kind: 'emergency-review' }), aWorkItem({ kind: 'payment-approval' }), aWorkItem({ kind: 'unknown-item', process: 'consumption-to-replenishment' })];
    below.workItems.push(approval, review, payment, other);
    const { body } = await ask(platform, nina, `mutation { a: approve(workItemId: "${approval.id}", note: "fine") { resolution resolvedBy note } b: reject(workItemId: "${review.id}", note: "no emergency") { resolution }
      c: approve(workItemId: "${payment.id}") { resolution } d: resolve(workItemId: "${other.id}", process: CONSUMPTION_TO_REPLENISHMENT, resolution: "map", values: { item: "I-1", count: 2 }) { resolution } }`);
    assert.equal(body.errors, undefined);
    assert.deepEqual(body.data, { a: { resolution: 'approve', resolvedBy: 'nina.alvarez', note: 'fine' }, b: { resolution: 'object-to-emergency' }, c: { resolution: 'approve-payment' }, d: { resolution: 'map' } });
    assert.deepEqual(below.seen.findLast(({ operation }) => operation === 'resolveWorkItem')!.input['body'], { resolution: 'map', values: { item: 'I-1', count: 2 } });
  });

  test('cannot reject what can only be approved, nor approve what is no approval', async () => {
    const [payment, other] = [aWorkItem({ kind: 'payment-approval', resolutions: ['approve-payment'] }), aWorkItem({ kind: 'goods-overdue', resolutions: ['keep-waiting'] })];
    below.workItems.push(payment, other);
    for (const mutation of [`reject(workItemId: "${payment.id}", note: "no")`, `approve(workItemId: "${other.id}")`]) {
      const { body } = await ask(platform, nina, `mutation { ${mutation} { id } }`);
      assert.equal(body.errors?.[0]?.extensions.problem.code, 'not-an-approval');
    }
    const { body } = await ask(platform, nina, 'mutation { approve(workItemId: "5a2d1f5e-6f43-4a0c-9a3e-0b5d0f1f7a11") { id } }');
    assert.equal(body.errors?.[0]?.extensions.code, 'NOT_FOUND');
    assert.equal(callsOf(below)['resolveWorkItem'], undefined);
  });

  test('records goods at the dock with what makes them traceable', async () => {
    const order = anOrder();
    below.orders.push(order);
    const { body } = await ask(platform, nina, `mutation ($id: ID!, $input: GoodsReceivedInput!) { receiveGoods(orderId: $id, input: $input) { id } }`,
      { id: order.id, input: { reference: 'dock-1', receivedOn: '2026-11-20', lines: [{ line: 1, quantity: 2, lot: 'L1', expiresOn: '2027-01-31' }, { line: 2, quantity: 1 }] } });
    assert.equal(body.errors, undefined);
    assert.deepEqual(below.seen[0]!.input['body'], { reference: 'dock-1', receivedOn: '2026-11-20', lines: [{ line: 1, quantity: 2, tracking: { lot: 'L1', expiresOn: '2027-01-31' } }, { line: 2, quantity: 1 }] });
  });

  test('sees stock, uses and delegations', async () => {
    const { body } = await ask(platform, nina, `{ stock(facility: "MAIN") { items { item { number description } quantity lot serial } }
      consumptions(facility: "MAIN") { items { id state cost } } }`);
    assert.deepEqual(body.data, {
      stock: { items: [{ item: { number: 'I-1', description: 'Item I-1' }, quantity: 3, lot: 'L1', serial: null }] },
      consumptions: { items: [{ id: 'use-1', state: 'done', cost: '12.50' }] },
    });
    const delegated = await ask(platform, nina, 'mutation { delegateApprovals(to: "tomas.novak", from: "2026-11-20T08:00:00Z", until: "2026-11-27T08:00:00Z") { by to } }');
    assert.deepEqual(delegated.body.data, { delegateApprovals: { by: 'nina.alvarez', to: 'tomas.novak' } });
  });

  test('sees nothing of a facility where they do not work', async () => {
    const { body } = await ask(platform, nina, '{ consumptions(facility: "EAST") { items { id } } }');
    assert.equal(body.errors?.[0]?.extensions.problem.code, 'facility-not-yours');
    const stock = await ask(platform, nina, '{ stock(facility: "EAST") { items { quantity } } }');
    assert.equal(stock.body.errors?.[0]?.extensions.code, 'FORBIDDEN');
    assert.equal(below.seen.length, 0);
  });

  test('is a person: a partner or a service is turned away', async () => {
    const { status, body } = await ask(platform, supplierClient('S-1'), '{ me { id } }');
    assert.equal(status, 403);
    assert.equal(body.code, 'person-needed');
  });

  test('sees people at work with their names, what they have and lack, and what is proven of leavers', async () => {
    below.people.push(
      { personId: 'P-1', workerIds: ['W-1'], standing: 'on-leave', facility: 'MAIN', costCenter: '7010', steps: [{ target: 'clinical', state: 'taking', excess: ['MAIN/ED/nurse'] }], isAtRisk: true, updatedAt: '2026-11-20T08:00:00Z' },
      { personId: 'P-2', standing: 'left', steps: [], updatedAt: '2026-11-20T08:00:00Z' },
    );
    const { body } = await ask(platform, nina, `{ people { items { id name standing isAtRisk costCenter { name } steps { target state excess lacking } withheld { right because } rights { items { right } } revocation { isComplete systems { target isConfirmed } } timeline { event } } }
      personAtWork(id: "P-1") { name rights(at: "2026-11-20T08:00:00Z") { items { right } } } nobody: personAtWork(id: "P-9") { name } accessPolicy { name needs rights { target right } } }`);
    assert.equal(body.errors, undefined, JSON.stringify(body.errors));
    const common = { withheld: [{ right: 'MAIN/ED/nurse', because: 'credential-expired' }], rights: { items: [{ right: 'nurses' }] }, timeline: [{ event: 'reviewed' }] };
    assert.deepEqual(body.data, {
      people: { items: [
        { id: 'P-1', name: 'Rosa Diaz', standing: 'ON_LEAVE', isAtRisk: true, costCenter: { name: 'Catheterisation laboratory' }, steps: [{ target: 'clinical', state: 'taking', excess: ['MAIN/ED/nurse'], lacking: [] }], revocation: null, ...common },
        { id: 'P-2', name: null, standing: 'LEFT', isAtRisk: false, costCenter: null, steps: [], revocation: { isComplete: false, systems: [{ target: 'badges', isConfirmed: false }] }, ...common },
      ] },
      personAtWork: { name: 'Rosa Diaz', rights: { items: [{ right: 'staff' }] } }, nobody: null,
      accessPolicy: [{ name: 'Everybody', needs: [], rights: [{ target: 'directory', right: 'staff' }] }],
    });
    const { body: left } = await ask(platform, nina, '{ people(standing: LEFT) { items { id } } }');
    assert.deepEqual(left.data, { people: { items: [{ id: 'P-2' }] } });
  });

  test('agrees to rights of others as to anything else', async () => {
    const item = aWorkItem({ process: 'hire-to-retire', kind: 'approve-rights', resolutions: ['approve', 'refuse'] });
    below.workItems.push(item);
    const { body } = await ask(platform, nina, 'mutation ($id: ID!) { reject(workItemId: $id, note: "no") { process resolution order { id } } }', { id: item.id });
    assert.deepEqual(body.data, { reject: { process: 'HIRE_TO_RETIRE', resolution: 'refuse', order: null } });
  });
});
