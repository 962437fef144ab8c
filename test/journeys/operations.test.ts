import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { BusinessTransaction, ConsumerGroup, Evidence, Intervention, Life, LifeDetail, Move, MoveDetail, Replay, ReplayedEvent } from '#contracts/generated/experience/operations/v1.ts';
import type { RunningPlatform } from '../../commands/platform/platform.ts';
import { machineToken, signIn } from '../../sandbox/identity/sign-in.ts';
import { openIdentityState } from '../../sandbox/identity/state.ts';
import { eventually } from '../support/eventually.ts';
import { startJourney, type Journey } from '../support/journey.ts';

interface Answer<Body> {
  status: number;
  body: Body;
}

/** The whole platform, run by its operators through the door. */
describe('an operator of the platform', () => {
  let journey: Journey;
  let platform: RunningPlatform;
  let tokens: { nurse: string; operator: string; colleague: string; tooling: string };

  before(async () => {
    journey = await startJourney();
    platform = journey.platform;
    const state = openIdentityState(path.join(journey.home, 'identity'));
    const person = async (username: string, scope: string) => (await signIn({
      issuer: platform.urls.identity, clientId: 'portal', redirectUri: `${platform.urls.control}/signed-in`, username, password: state.passwordOf(username), scope,
    })).accessToken;
    tokens = {
      nurse: await person('nina.alvarez', 'openid portal'), operator: await person('ivan.petrov', 'openid portal operations'), colleague: await person('olga.marin', 'openid portal operations'),
      tooling: (await machineToken({ issuer: platform.urls.identity, clientId: 'operator', scope: 'operations', key: state.keyOf('operator') })).accessToken,
    };
  });
  after(() => journey?.end());

  async function send<Body>(method: 'GET' | 'POST', resource: string, body?: object, token = tokens.operator): Promise<Answer<Body>> {
    const response = await fetch(`${platform.urls.gateway}/operations/v1${resource}`, {
      method, headers: { 'authorization': `Bearer ${token}`, ...(body ? { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: await response.json() as Body };
  }
  const read = async <Body>(resource: string): Promise<Body> => {
    const { status, body } = await send<Body>('GET', resource);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const breakErp = (mode: object) => fetch(`${platform.urls.control}/faults/erp`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ mode }) });

  async function order(): Promise<{ number: string; life: Life }> {
    const response = await fetch(`${platform.urls.gateway}/portal/v1/graphql`, {
      method: 'POST', headers: { 'authorization': `Bearer ${tokens.nurse}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        query: 'mutation($input: RequisitionInput!) { submitRequisition(input: $input) { number } }',
        variables: { input: { reference: `ops-${crypto.randomUUID()}`, facility: 'MAIN', costCenter: '7010', lines: [{ itemNumber: 'IMP-1001', quantity: 1, unit: 'EA' }] } },
      }),
    });
    const { data } = await response.json() as { data: { submitRequisition: { number: string } } };
    const { number } = data.submitRequisition;
    const { items: [life] } = await read<{ items: Life[] }>(`/lives?kind=requisition&value=${number}`);
    assert.ok(life);
    return { number, life };
  }
  const reaches = (id: string, state: RegExp) => eventually(async () => {
    const life = await read<LifeDetail>(`/lives/${id}`);
    return state.test(life.state) && life;
  });

  test('finds an order by its requisition and sees its moves with steps and times', async () => {
    const { life } = await order();
    await reaches(life.id, /^approving/);
    const { items: moves } = await read<{ items: Move[] }>(`/moves?lifeId=${life.id}`);
    assert.deepEqual(moves.map(({ name, status }) => [name, status]), [['check-requisition', 'done']]);
    const { steps } = await read<MoveDetail>(`/moves/${moves[0]!.id}`);
    assert.ok(steps.length > 0 && steps.every(({ ms }) => ms >= 0));
  });

  test('sees what waits for a system that is away, and lets it run when the system is back', async () => {
    const { life } = await order();
    await reaches(life.id, /^approving/);
    await breakErp({ kind: 'down' });
    try {
      const { body: planned } = await send<Intervention>('POST', `/lives/${life.id}/force`, { state: 'ordering', reason: 'approved by telephone' });
      await send<Intervention>('POST', `/interventions/${planned.id}/confirm`, undefined, tokens.colleague);
      const waiting = await eventually(async () => (await read<{ items: Move[] }>(`/moves?lifeId=${life.id}&status=waiting`)).items.find((move) => !move.isRunning));
      const { troubles, failure } = await read<MoveDetail>(`/moves/${waiting.id}`);
      assert.deepEqual([waiting.name, troubles.length > 0, failure?.kind], ['place-order', true, 'unavailable']);
      const evidence = troubles.find((trouble) => trouble.evidence)?.evidence;
      assert.ok(evidence, JSON.stringify(troubles));
      const shown = await send<Evidence>('POST', `/evidence/${evidence}/read`, { reason: 'what did the ERP say?' });
      assert.deepEqual([shown.status, shown.body.mediaType], [200, 'application/json']);
      assert.match(shown.body.body, /purchaseRequisitions/);
      assert.doesNotMatch(shown.body.body, /[Aa]uthorization|Basic /);
      assert.equal((await send('POST', `/evidence/${evidence}/read`, { reason: 'a machine wants to know' }, tokens.tooling)).status, 403);
      assert.equal((await send('POST', `/evidence/${crypto.randomUUID()}/read`, { reason: 'to guess a number' })).status, 404);
      await breakErp({ kind: 'none' });
      assert.equal((await send<Intervention>('POST', `/moves/${waiting.id}/retry`, { reason: 'the ERP is back' })).status, 202);
      await reaches(life.id, /^open/);
    } finally {
      await breakErp({ kind: 'none' });
    }
  });

  test('moves an order to another state only together with somebody else', async () => {
    const { life } = await order();
    await reaches(life.id, /^approving/);
    const wish = { state: 'rejected', reason: 'ordered by mistake' };
    const { body: planned } = await send<Intervention>('POST', `/lives/${life.id}/force`, wish);
    assert.deepEqual([planned.status, planned.needsSecondPerson], ['planned', true]);
    assert.deepEqual(planned.plan?.does.slice(0, 1), ['The life goes from approving to rejected.']);
    const confirmedBy = (token: string) => send<Intervention & { code?: string }>('POST', `/interventions/${planned.id}/confirm`, undefined, token);
    const alone = await confirmedBy(tokens.operator);
    assert.deepEqual([alone.status, alone.body.code], [403, 'second-person-needed']);
    const machines = [await send<{ code?: string }>('POST', `/lives/${life.id}/force`, wish, tokens.tooling), await confirmedBy(tokens.tooling)];
    assert.deepEqual(machines.map(({ status, body }) => [status, body.code]), [[403, 'person-needed'], [403, 'person-needed']]);
    const { body: done } = await confirmedBy(tokens.colleague);
    assert.deepEqual([done.status, done.decidedBy], ['done', 'olga.marin']);
    const { status, timeline } = await reaches(life.id, /^rejected/);
    assert.equal(status, 'done');
    assert.equal(timeline.at(-1)?.actor, 'ivan.petrov and olga.marin');
  });

  test('learns what happened to a requisition: one timeline over all layers, found by any of its keys', async () => {
    const { number, life } = await order();
    await reaches(life.id, /^approving/);
    // Calls to vendors are noted beside the work.
    const { lives, related, entries } = await eventually(async () => {
      const found = await read<BusinessTransaction>(`/business-transactions?kind=requisition&value=${number}&limit=200`);
      return found.entries.items.some(({ kind }) => kind === 'vendor-call') && found;
    });
    assert.deepEqual(lives.map(({ id }) => id), [life.id]);
    const kinds = new Set(entries.items.map(({ kind }) => kind));
    for (const kind of ['transition', 'move', 'step', 'vendor-call', 'work-item'] as const) assert.ok(kinds.has(kind), kind);
    assert.deepEqual(entries.items.map(({ at }) => at), entries.items.map(({ at }) => at).toSorted());
    const reference = related.find(({ kind }) => kind === 'reference')!;
    const same = await read<BusinessTransaction>(`/business-transactions?kind=reference&value=${encodeURIComponent(reference.value)}`);
    assert.deepEqual(same.lives.map(({ id }) => id), [life.id]);
  });

  test('plans to deliver events again, sees that they were handled, and nothing happens twice', async () => {
    const { items: groups } = await read<{ items: ConsumerGroup[] }>('/consumer-groups');
    const group = groups.find(({ types }) => types.includes('order.refused.v1') || types.includes('order.approved.v1'))!;
    assert.ok(group, JSON.stringify(groups.map(({ name }) => name)));
    const range = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date(Date.now() + 60_000).toISOString() };
    const { status, body: asked } = await send<Replay>('POST', '/replays', { group: group.name, selection: { range }, reason: 'to see what it would do' });
    assert.equal(status, 202, JSON.stringify(asked));
    const planned = await eventually(async () => {
      const replay = await read<Replay>(`/replays/${asked.id}`);
      return replay.status === 'planned' && replay;
    });
    assert.deepEqual(planned.plan, { 'pass-over': planned.total });
    await send('POST', `/replays/${asked.id}/confirm`);
    await eventually(async () => (await read<Replay>(`/replays/${asked.id}`)).status === 'done');
    const { items } = await read<{ items: ReplayedEvent[] }>(`/replays/${asked.id}/events?limit=200`);
    assert.ok(items.length > 0 && items.every((event) => event.status === 'passed-over'));
    const absurd = await send<{ code: string; errors: { pointer: string }[] }>('POST', '/replays', { group: group.name, selection: { range: { from: range.to, to: range.from } }, reason: 'the wrong way round' });
    assert.deepEqual([absurd.status, absurd.body.code], [422, 'range-is-empty']);
    const stranger = await send<{ code: string }>('POST', '/replays', { group: 'nobody', selection: { deadLetters: {} }, reason: 'to nobody at all' });
    assert.deepEqual([stranger.status, stranger.body.code], [422, 'unknown-group']);
  });

  test('sees which systems are away and what is overdue', async () => {
    assert.deepEqual((await read<{ items: { state: string }[] }>('/dependencies')).items.filter(({ state }) => state !== 'closed'), []);
    assert.deepEqual((await read<{ items: unknown[] }>('/exceptions?state=open')).items, []);
    assert.deepEqual((await read<{ items: unknown[] }>('/dead-letters')).items, []);
  });

  test('is somebody with the scope, says why, and hears what is wrong', async () => {
    const nurse = await send<{ code: string }>('GET', '/moves', undefined, tokens.nurse);
    assert.deepEqual([nurse.status, nurse.body.code], [403, 'missing-scope']);
    const { life } = await order();
    const silent = await send<{ errors: { pointer: string }[] }>('POST', `/lives/${life.id}/force`, { state: 'rejected' });
    assert.deepEqual([silent.status, silent.body.errors[0]?.pointer], [400, '/reason']);
    const { body: nowhere } = await send<Intervention>('POST', `/lives/${life.id}/force`, { state: 'heaven', reason: 'to see what it says' });
    assert.deepEqual([nowhere.status, nowhere.failure?.code], ['refused', 'unknown-state']);
    const nothing = await send<{ status: number }>('GET', '/lives');
    assert.equal(nothing.status, 400);
  });
});
