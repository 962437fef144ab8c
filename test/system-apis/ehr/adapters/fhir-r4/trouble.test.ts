import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { exportJWK, importSPKI } from 'jose';
import type { ApiError } from '#chassis/errors/failures.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { fhirR4 } from '../../../../../system-apis/ehr/adapters/fhir-r4/adapter.ts';
import type { EhrPort } from '../../../../../system-apis/ehr/port.ts';
import { settingsFor, startRecordSystem, type RecordSystem } from './record-system.ts';

describe('a record system that is not well', () => {
  let system: RecordSystem;
  let patientId: string;
  before(async () => {
    system = await startRecordSystem({ settings: { timeoutMs: 300 } });
    await system.vendor.load();
    patientId = String(((await system.send('GET', 'Patient?_count=1')) as { entry: { resource: { id: string } }[] }).entry[0]?.resource.id);
  });
  after(() => system.stop());

  /** Each with an adapter of its own, since a circuit remembers. */
  async function asking(work: (adapter: EhrPort) => Promise<void>): Promise<void> {
    const adapter = system.open();
    await adapter.getPatient({ patientId }, undefined as never);
    try {
      await work(adapter);
    } finally {
      system.vendor.faults.set({ kind: 'none' });
      await adapter.close();
    }
  }
  const getPatient = (adapter: EhrPort) => adapter.getPatient({ patientId }, undefined as never);

  test('and throttles says how long to wait', () => asking(async (adapter) => {
    system.vendor.faults.set({ kind: 'throttled', perSecond: 0, retryAfter: true });
    await assert.rejects(getPatient(adapter), { kind: 'rate-limited', retryAfterMs: 1_000 });
    await assert.rejects(adapter.pollUses(undefined), ({ kind, retryAfterMs }: ApiError) => kind === 'rate-limited' && retryAfterMs! > 0 && retryAfterMs! <= 1_000);
  }));

  test('and throttles without saying how long is given a moment', () => asking(async (adapter) => {
    system.vendor.faults.set({ kind: 'throttled', perSecond: 0, retryAfter: false });
    await assert.rejects(getPatient(adapter), (error: { kind: string; retryAfterMs: number }) => error.kind === 'rate-limited' && error.retryAfterMs > 0);
  }));

  test('and is down is unavailable', () => asking(async (adapter) => {
    system.vendor.faults.set({ kind: 'down' });
    await assert.rejects(getPatient(adapter), { kind: 'unavailable' });
  }));

  test('and is slow is a timeout', () => asking(async (adapter) => {
    system.vendor.faults.set({ kind: 'slow', delayMs: 600 });
    await assert.rejects(getPatient(adapter), { kind: 'upstream-timeout' });
  }));

  test('and fails inside is unavailable', () => asking(async (adapter) => {
    system.vendor.faults.set({ kind: 'failing', status: 500, rate: 1 });
    await assert.rejects(getPatient(adapter), { kind: 'unavailable' });
  }));

  test('and has forgotten our token is signed on to again', () => asking(async (adapter) => {
    system.vendor.faults.set({ kind: 'failing', status: 401, rate: 1 }, { pathIncludes: '/Patient/', times: 1 });
    await getPatient(adapter);
  }));

  test('and takes no token at all refuses our sign-on', () => asking(async (adapter) => {
    system.vendor.faults.set({ kind: 'failing', status: 401, rate: 1 }, { pathIncludes: '/Patient/' });
    await assert.rejects(getPatient(adapter), { kind: 'unavailable', code: 'vendor-sign-on-failed' });
  }));

  test('is signed on to once for many calls, and again before the token ends', async () => {
    let now = Date.now();
    const adapter = system.open({}, { now: () => new Date(now) });
    let signOns = 0;
    const original = system.vendor.faults.middleware;
    Object.assign(system.vendor.faults, { middleware: (...args: Parameters<typeof original>) => { if (args[0].url === '/oauth2/token') signOns += 1; original(...args); } });
    await Promise.all([adapter.pollUses(undefined), adapter.pollUses(undefined), adapter.pollUses(undefined)]);
    assert.equal(signOns, 1);
    now += 269_000;
    await adapter.pollUses(undefined);
    assert.equal(signOns, 1);
    now += 2_000;
    await adapter.pollUses(undefined);
    assert.equal(signOns, 2);
    Object.assign(system.vendor.faults, { middleware: original });
    await adapter.close();
  });

  test('and does not allow what is asked says so', async () => {
    const settings = settingsFor(system.vendor, { scopes: ['system/*.read'] });
    const adapter = fhirR4.create(settings, { log: createLog('test', 'error'), metrics: createMetrics('test'), clock: systemClock });
    await assert.rejects(adapter.createNotice({ body: { reference: 'R-1', topic: 'backorder', text: 'late' } }, undefined as never), { kind: 'unavailable', code: 'vendor-permission-missing' });
    await adapter.close();
  });
});

describe('signing on', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  let system: RecordSystem;
  before(async () => {
    const jwk = { ...(await exportJWK(await importSPKI(publicKey, 'RS384'))), kid: 'k1', alg: 'RS384' };
    system = await startRecordSystem({ vendor: { clients: [{ clientId: 'callosum', jwks: { keys: [jwk] }, scopes: ['system/*.read'] }] } });
    await system.vendor.load();
  });
  after(() => system.stop());

  test('works with a private key, and without the right one it is refused', async () => {
    const adapter = system.open({ secret: undefined, privateKey: { pem: privateKey, keyId: 'k1', algorithm: 'RS384' } });
    assert.deepEqual((await adapter.pollUses(undefined)).changes, []);
    await adapter.close();
    const { privateKey: foreign } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
    const stranger = system.open({ secret: undefined, privateKey: { pem: foreign, keyId: 'k1', algorithm: 'RS384' } });
    await assert.rejects(stranger.pollUses(undefined), { kind: 'unavailable', code: 'vendor-sign-on-failed' });
    await stranger.close();
  });

  test('needs a secret or a key, and not both', () => {
    const deps = { log: createLog('test', 'error'), metrics: createMetrics('test'), clock: systemClock };
    const settings = settingsFor(system.vendor);
    assert.throws(() => fhirR4.create({ ...settings, secret: undefined }, deps), /secret or privateKey/);
    assert.throws(() => fhirR4.create({ ...settings, privateKey: { pem: privateKey, keyId: 'k1', algorithm: 'RS384' } }, deps), /secret or privateKey/);
  });
});

describe('an answer that breaks its own shape', () => {
  const CANARY = 'ZQX-CANARY';
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let adapter: EhrPort & { close(): Promise<void> };
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === '/oauth2/token') response.end(JSON.stringify({ access_token: 't', token_type: 'bearer', expires_in: 300 }));
      else answer(request, response);
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    adapter = fhirR4.create(settingsFor({ fhirUrl: `${url}/fhir`, tokenUrl: `${url}/oauth2/token` }), { log: createLog('test', 'error'), metrics: createMetrics('test'), clock: systemClock });
  });
  after(async () => {
    await adapter.close();
    server.closeAllConnections();
    server.close();
  });

  const broken: [title: string, body: string | object, ask: (adapter: EhrPort) => Promise<unknown>, said: RegExp][] = [
    ['because it is no JSON', `<html>${CANARY}</html>`, (ehr) => ehr.getPatient({ patientId: 'p' }, undefined as never), /did not answer JSON/],
    ['because it is another resource', { resourceType: 'Observation', id: CANARY }, (ehr) => ehr.getPatient({ patientId: 'p' }, undefined as never), /\/resourceType/],
    ['because an element is of another type', { resourceType: 'Patient', id: 'p', gender: { [CANARY]: CANARY } }, (ehr) => ehr.getPatient({ patientId: 'p' }, undefined as never), /\/gender/],
    ['because it is no bundle', { resourceType: 'Bundle', entry: CANARY }, (ehr) => ehr.pollUses(undefined), /\/entry/],
    ['because a use has no time stamp', { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'SupplyDelivery', id: 'x', status: CANARY } }] }, (ehr) => ehr.pollUses(undefined), /\/meta/],
    ['because a visit is nobody\'s', { resourceType: 'Encounter', id: 'e', status: CANARY }, (ehr) => ehr.getEncounter({ encounterId: 'e' }, undefined as never), /\/subject/],
    ['because its next page is somewhere else', { resourceType: 'Bundle', link: [{ relation: 'next', url: `https://elsewhere.example/${CANARY}` }] }, (ehr) => ehr.pollUses(undefined), /not one of its own/],
  ];

  for (const [title, body, ask, said] of broken) {
    test(`${title}, is told with the place and without a word of it`, async () => {
      answer = (_request, response) => { response.end(typeof body === 'string' ? body : JSON.stringify(body)); };
      await assert.rejects(ask(adapter), (error: Error & { kind: string; code: string }) => {
        assert.deepEqual([error.kind, error.code], ['upstream-broken', 'vendor-answer-invalid']);
        assert.match(error.message, said);
        for (let each: unknown = error; each instanceof Error; each = each.cause) assert.ok(!`${each.message}${each.stack}`.includes(CANARY));
        return true;
      });
    });
  }

  test('in one use of many leaves the others alone', async () => {
    const use = (id: string, change: object) => ({ resource: { resourceType: 'SupplyDelivery', id, meta: { versionId: '1', lastUpdated: '2026-11-20T10:00:00Z' }, status: 'completed', suppliedItem: { quantity: { value: 2, code: '{each}' } }, ...change } });
    answer = (request, response) => {
      const entry = request.url?.includes('/SupplyDelivery') ? [use('good', {}), use('odd', { suppliedItem: { quantity: { value: CANARY } } }), { resource: { resourceType: 'OperationOutcome' }, search: { mode: 'outcome' } }] : [];
      response.end(JSON.stringify({ resourceType: 'Bundle', entry }));
    };
    const { changes } = await adapter.pollUses(undefined);
    assert.deepEqual(changes.map((each) => [each.useId, each.state]), [['SupplyDelivery/good', 'understood'], ['SupplyDelivery/odd', 'troubled']]);
    assert.ok(!JSON.stringify(changes).includes(CANARY));
  });
});
