import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { businessTransaction, type HistoryEntry, type TransactionQuery } from '#chassis/history/business-transaction.ts';
import { noteMessages } from '#chassis/history/inbound-messages.ts';
import { createVendorHttp, type VendorHttp } from '#chassis/http/vendor-http.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { contextFrom, runInContext } from '#chassis/telemetry/context.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { deliverParcels, parcelEvents, parcelIsSigned, type Parcel } from './sample-deliveries.ts';

const person = (facilities: string[] = []): Principal => ({ kind: 'user', subject: 'olga', service: 'test', scopes: [], roles: [], facilities, bindings: {} });

describe('what happened to a parcel', () => {
  let file: TestDatabase;
  let probe: Probe;
  let vendor: Server;
  let http: VendorHttp;
  const ids: Record<string, string> = {};

  async function send(parcel: string, more: Partial<Parcel> = {}): Promise<void> {
    const { platform } = probe;
    await runInContext({ ...contextFrom(undefined, undefined), correlationId: `run-of-${parcel}` }, async () => {
      ids[parcel] = (await probe.tx((tx) => platform.lives.start(tx, 'delivery', { parcel, customer: 'C-1', facility: 'NORTH', ...more }, { identity: parcel }))).id;
    });
    await eventually(async () => (await platform.database.query(`select from chassis.lives where id = $1 and state = 'delivering'`, [ids[parcel]])).length > 0);
  }
  const ask = (query: TransactionQuery, facilities?: string[]) => businessTransaction(probe.platform.database, query, person(facilities));
  const of = (parcel: string) => ({ key: { kind: 'parcel', value: parcel } });
  const shown = (entries: readonly HistoryEntry[]) => entries.map(({ kind, what, outcome }) => [kind, what, outcome].filter((part) => part !== undefined).join(' '));

  before(async () => {
    file = await createTestDatabase();
    vendor = createServer((_request, response) => { response.end('{}'); });
    await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
    probe = await startProbe(file.url, (platform) => {
      const { log, metrics, calls } = platform;
      http = createVendorHttp({ adapter: 'vans', baseUrl: `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`, log, metrics, calls });
      deliverParcels(platform, (path) => http.exchange({ method: 'POST', path }));
    }, { eventSchemas: parcelEvents, watches: [parcelIsSigned] });
    await send('P-1');
    await send('P-2');
    await send('P-3', { facility: 'SOUTH', customer: 'C-3' });
    await noteMessages(probe.platform.database, [{ api: 'post', id: 'M-1', kind: 'slip', outcome: 'rejected', problem: 'it has no signature', keys: ['parcel:P-1'], facility: 'NORTH', correlationId: 'run-of-the-post' }]);
    await eventually(async () => (await probe.platform.database.query('select from chassis.vendor_calls')).length === 6);
    await eventually(async () => (await probe.platform.database.query('select from chassis.business_exceptions')).length === 3);
  });
  after(async () => {
    await http.close();
    await probe.stop();
    vendor.close();
    await file.drop();
  });

  test('is one timeline of lives, moves, steps, failures, work, events, messages, vendor calls and what was missed', async () => {
    const { lives, more, entries, related } = await ask(of('P-1'));
    assert.deepEqual([lives.map(({ id, process, state, facility }) => [id, process, state, facility]), more], [[[ids['P-1'], 'delivery', 'delivering', 'NORTH']], false]);
    assert.deepEqual(shown(entries.items).toSorted(), [
      'event expectation.missed.v1', 'event parcel.sent.v1', 'exception probe.parcel-signed open', 'message post slip rejected', 'move send done', 'step hand over done', 'step pack done',
      'transition sent delivering', 'transition started packing', 'trouble send unavailable', 'vendor-call vans POST /boxes/{} ok', 'vendor-call vans POST /vans/{} ok', 'watch probe.parcel-signed missed', 'work-item signature opened',
    ]);
    assert.deepEqual(entries.items.map(({ at }) => at), entries.items.map(({ at }) => at).toSorted());
    assert.deepEqual(related.map(({ kind, value }) => `${kind}:${value}`).filter((key) => !key.startsWith('exception:')), ['customer:C-1', 'slip:S-P-1']);
    const move = entries.items.find((entry) => entry.kind === 'move')!;
    assert.deepEqual([move.process, move.lifeId, move.correlationId, move.detail?.['attempt']], ['delivery', ids['P-1'], 'run-of-P-1', 2]);
    for (const entry of entries.items.filter(({ kind }) => ['step', 'trouble', 'vendor-call'].includes(kind))) assert.equal(entry.moveId, move.moveId);
    assert.deepEqual(entries.items.filter(({ kind }) => kind === 'vendor-call').map(({ detail }) => detail?.['step']), ['pack', 'hand-over']);
    const trouble = entries.items.find((entry) => entry.kind === 'trouble')!;
    assert.deepEqual([trouble.detail?.['attempt'], trouble.detail?.['step']], [1, 'hand over']);
  });

  test('is found by any key of its own, by its correlation id and by its life, and says the same', async () => {
    const first = shown((await ask(of('P-1'))).entries.items).filter((entry) => !entry.startsWith('message'));
    for (const query of [{ key: { kind: 'slip', value: 'S-P-1' } }, { correlationId: 'run-of-P-1' }, { lifeId: ids['P-1']! }]) {
      assert.deepEqual(shown((await ask(query)).entries.items).filter((entry) => !entry.startsWith('message')), first);
    }
  });

  test('leaves out what others have in common with it, and a shared key shows all who have it', async () => {
    const { entries } = await ask(of('P-1'));
    assert.ok(entries.items.every((entry) => entry.lifeId === undefined || entry.lifeId === ids['P-1']));
    assert.deepEqual((await ask({ key: { kind: 'customer', value: 'C-1' } })).lives.map(({ id }) => id).toSorted(), [ids['P-1'], ids['P-2']].toSorted());
    assert.deepEqual(await ask(of('P-9')), { lives: [], more: false, related: [], entries: { items: [] } });
  });

  test('comes page by page, each entry once and in the same order', async () => {
    const { entries: { items } } = await ask(of('P-1'));
    const paged: HistoryEntry[] = [];
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const { entries } = await ask({ ...of('P-1'), limit: 3, ...(cursor ? { cursor } : {}) });
      paged.push(...entries.items);
      cursor = entries.next;
    }
    assert.deepEqual(paged, items);
    await assert.rejects(ask({ ...of('P-1'), cursor: 'forged' }), { kind: 'invalid-request' });
  });

  test('comes whole, page by page, also where there is no life and more happened in one moment than a page has', async () => {
    const { database } = probe.platform;
    await database.query(
      `insert into chassis.events (id, type, source, subject, data, correlation_id, traceparent, keys, at)
       select gen_random_uuid(), 'parcel.sent.v1', 't', 's', '{}', 'c', 't', '{pallet:1}', now() - (n / 60) * interval '1 minute' from generate_series(1, 130) as n`);
    await noteMessages(database, Array.from({ length: 130 }, (_, n) => ({ api: 'post', id: `L-${n}`, kind: 'slip', outcome: 'rejected' as const, keys: ['pallet:1'], facility: n % 2 ? 'NORTH' : 'SOUTH', correlationId: 'c' })));
    const seen = async (facilities: string[]) => {
      const entries: HistoryEntry[] = [];
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const page = (await ask({ key: { kind: 'pallet', value: '1' }, limit: 20, ...(cursor ? { cursor } : {}) }, facilities)).entries;
        entries.push(...page.items);
        cursor = page.next;
      }
      return new Set(entries.map(({ eventId, detail }) => eventId ?? detail?.['messageId'])).size;
    };
    assert.equal(await seen([]), 260);
    assert.equal(await seen(['NORTH']), 65);
  });

  test('is hidden from those who work elsewhere, by whatever they ask for it', async () => {
    const south = ['SOUTH'];
    assert.deepEqual((await ask(of('P-1'), south)), { lives: [], more: false, related: [], entries: { items: [] } });
    assert.deepEqual((await ask({ correlationId: 'run-of-P-1' }, south)).entries.items, []);
    assert.deepEqual((await ask({ lifeId: ids['P-1']! }, south)).entries.items, []);
    const { lives, entries } = await ask(of('P-3'), south);
    assert.deepEqual(lives.map(({ id }) => id), [ids['P-3']]);
    assert.deepEqual(shown(entries.items), shown((await ask(of('P-3'))).entries.items));
  });

  test('is shown to whoever works for some facilities where it names none', async () => {
    await send('P-4', { facility: undefined, customer: 'C-4' });
    assert.deepEqual((await ask(of('P-4'), ['SOUTH'])).lives.map(({ id }) => id), [ids['P-4']]);
  });

  test('says which groups have trouble with its events, and who intervened', async () => {
    const { database } = probe.platform;
    const [sent] = await database.query<{ id: string }>(`select id from chassis.events where type = 'parcel.sent.v1' and keys @> array['parcel:P-2']`);
    await database.query(`insert into chassis.consumer_groups (name) values ('invoicing')`);
    await database.query(
      `insert into chassis.troubled_events (consumer, event_id, xid, seq, type, source, subject, data, correlation_id, traceparent, keys, at, attempts, status, failure)
       select 'invoicing', id, xid, seq, type, source, subject, data, correlation_id, traceparent, keys, at, 3, 'dead', '{"kind":"internal","detail":"No."}' from chassis.events where id = $1`, [sent!.id]);
    await database.query(
      `insert into chassis.interventions (id, kind, process, life_id, params, reason, status, stops_at_plan, asked_by) values ($1, 'force-life', 'delivery', $2, '{}', 'It was signed for on paper.', 'asked', false, 'paul')`, [randomUUID(), ids['P-2']]);
    const { entries: { items } } = await ask(of('P-2'));
    assert.deepEqual(items.find((entry) => entry.what === 'parcel.sent.v1')?.deliveries, [{ group: 'invoicing', status: 'dead', attempts: 3, failure: { kind: 'internal', detail: 'No.' } }]);
    const dismiss = (reason: string) => database.query(
      `insert into chassis.dismissed_events (consumer, event_id, type, subject, keys, correlation_id, failure, at, dismissed_by, reason)
       select consumer, event_id, type, subject, keys, correlation_id, failure, at, 'ann', $2 from chassis.troubled_events where event_id = $1`, [sent!.id, reason]);
    await dismiss('a test went astray');
    await database.query(`delete from chassis.troubled_events where event_id = $1`, [sent!.id]);
    const replays = [{ id: randomUUID(), facilities: ['NORTH'] }, { id: randomUUID(), facilities: [] }];
    for (const { id, facilities } of replays) {
      await database.query(`insert into chassis.replays (id, consumer, selection, facilities, again, reason, status, asked_by) values ($1, 'invoicing', '{}', $2, false, 'r', 'done', 'ann')`, [id, facilities]);
      await database.query(`insert into chassis.replay_events (replay_id, event_id, status) values ($1, $2, 'handled')`, [id, sent!.id]);
    }
    const deliveries = async (facilities: string[]) => (await ask(of('P-2'), facilities)).entries.items.find((entry) => entry.what === 'parcel.sent.v1')?.deliveries;
    const dismissed = { group: 'invoicing', status: 'dismissed', failure: { kind: 'internal', detail: 'No.' }, by: 'ann', reason: 'a test went astray' };
    assert.deepEqual(await deliveries(['NORTH']), [dismissed, { group: 'invoicing', status: 'handled', replayId: replays[0]!.id }]);
    assert.deepEqual((await deliveries([]))?.length, 3, 'whoever works for all sees all replays');
    const intervention = items.find((entry) => entry.kind === 'intervention')!;
    assert.deepEqual([intervention.what, intervention.actor, intervention.detail?.['reason']], ['force-life', 'paul', 'It was signed for on paper.']);
  });
});
