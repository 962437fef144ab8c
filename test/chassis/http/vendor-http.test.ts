import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { PassThrough } from 'node:stream';
import { within } from '#chassis/contract/deadline.ts';
import type { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, type VendorHttp } from '#chassis/http/vendor-http.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { freePort } from '../../support/free-port.ts';

let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => answer(request, response));
const logged = new PassThrough();
const log = createLog('test', 'debug', logged);
let vendor: VendorHttp;

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  vendor = newVendor(address());
});
after(async () => {
  await vendor.close();
  server.closeAllConnections();
  server.close();
});

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`;

function newVendor(baseUrl: string): VendorHttp {
  return createVendorHttp({ adapter: 'test-vendor', baseUrl, log, metrics: createMetrics('test'), maxAnswerBytes: 1_000, timeoutMs: 1_000 });
}

const get = (path = '/things') => vendor.exchange({ method: 'GET', path });
const answering = (status: number, headers: Record<string, string> = {}, body = '') => { answer = (_request, response) => response.writeHead(status, headers).end(body); };

test('what the vendor answers is for the adapter to judge', async () => {
  for (const status of [200, 204, 301, 302, 400, 401, 404, 409, 500]) {
    answering(status, { 'x-vendor': 'yes', 'location': 'http://127.0.0.1:1/elsewhere' });
    const seen = await get();
    assert.deepEqual([seen.status, seen.headers['x-vendor']], [status, 'yes']);
  }
});

test('path, headers and body arrive below the base address', async () => {
  let seen: unknown;
  answer = (request, response) => {
    request.setEncoding('utf8').on('data', (body: string) => {
      seen = [request.method, request.url, request.headers['x-key'], body];
      response.end('done');
    });
  };
  assert.equal((await vendor.exchange({ method: 'POST', path: '/things?a=1', headers: { 'x-key': 'k' }, body: 'ü' })).text, 'done');
  assert.deepEqual(seen, ['POST', '/base/things?a=1', 'k', 'ü']);
});

/** One that nobody knows anything of yet. */
async function first(): Promise<unknown> {
  const fresh = newVendor(address());
  try {
    return await fresh.exchange({ method: 'GET', path: '/things' });
  } finally {
    await fresh.close();
  }
}

test('a vendor that asks for patience is given it', async () => {
  answering(429, { 'retry-after': '7' });
  await assert.rejects(first(), { kind: 'rate-limited', retryAfterMs: 7_000 });
  answering(429);
  await assert.rejects(first(), { kind: 'rate-limited', retryAfterMs: 1_000 });
  answering(429, { 'retry-after': 'whenever' });
  await assert.rejects(first(), { kind: 'rate-limited', retryAfterMs: 1_000 });
});

for (const status of [429, 503]) {
  test(`a vendor that said with ${status} when to come back hears nothing before that`, async () => {
    const patient = newVendor(address());
    let calls = 0;
    answer = (_request, response) => { calls += 1; response.writeHead(status, { 'retry-after': '20' }).end(); };
    const ask = () => patient.exchange({ method: 'GET', path: '/things' });
    await assert.rejects(ask(), { retryAfterMs: 20_000 });
    for (let again = 0; again < 20; again += 1) {
      await assert.rejects(ask(), ({ kind, code, retryAfterMs }: ApiError) => kind === 'rate-limited' && code === 'vendor-throttles' && retryAfterMs! > 10_000 && retryAfterMs! <= 20_000);
    }
    assert.equal(calls, 1);
    await patient.close();
  });
}

test('a front that says that nobody is behind it is an outage', async () => {
  for (const status of [502, 503, 504]) {
    answering(status, { 'retry-after': '2' }, '<html>');
    await assert.rejects(first(), { kind: 'unavailable', code: 'vendor-unavailable', retryAfterMs: 2_000 });
  }
});

test('a vendor that does not answer, or drips its answer, is not waited for', async () => {
  answer = () => undefined;
  await assert.rejects(get(), { kind: 'upstream-timeout' });
  answer = (request, response) => {
    response.writeHead(200, { 'content-length': '900' });
    const drip = setInterval(() => response.write('.'), 20);
    request.socket.on('close', () => clearInterval(drip));
  };
  await assert.rejects(get(), { kind: 'upstream-timeout' });
});

test('a caller with less time than usual waits no longer than it has', async () => {
  answer = () => undefined;
  let told: unknown;
  await assert.rejects(within(50, async () => { await get().catch((error: unknown) => { told = error; throw error; }); }), { kind: 'upstream-timeout' });
  assert.ok(told === undefined || (told as { kind: string }).kind === 'upstream-timeout');
});

test('an answer that is too large is refused before it fills the memory', async () => {
  let sent = 0;
  answer = (request, response) => {
    const flood = setInterval(() => { sent += 10_000; response.write('x'.repeat(10_000)); }, 1);
    request.socket.on('close', () => clearInterval(flood));
  };
  await assert.rejects(get(), { kind: 'upstream-broken', code: 'answer-too-large' });
  assert.ok(sent < 5_000_000);
});

test('a connection that is reset or never comes about is an outage', async () => {
  answer = (request) => request.socket.resetAndDestroy();
  await assert.rejects(get(), { kind: 'unavailable' });
  answer = (request, response) => {
    response.writeHead(200, { 'content-length': '500' });
    response.write('half');
    setImmediate(() => request.socket.destroy());
  };
  await assert.rejects(get(), { kind: 'unavailable' });
  const nowhere = newVendor(`http://127.0.0.1:${await freePort()}`);
  await assert.rejects(nowhere.exchange({ method: 'GET', path: '/' }), { kind: 'unavailable' });
  await nowhere.close();
});

test('a request that cannot be sent is a mistake of ours and no outage', async () => {
  await assert.rejects(vendor.exchange({ method: 'GET', path: '/', headers: { 'x-key': 'two\nlines' } }), { kind: 'internal' });
});

test('a vendor that is down is left alone after a while', async () => {
  const other = newVendor(`http://127.0.0.1:${await freePort()}`);
  const codes: (string | undefined)[] = [];
  for (let call = 0; call < 15; call += 1) await other.exchange({ method: 'GET', path: '/' }).catch((error: { code?: string }) => codes.push(error.code));
  assert.equal(codes.at(0), 'vendor-unavailable');
  assert.equal(codes.at(-1), 'circuit-open');
  await other.close();
});

test('nothing of an exchange is in the log', async () => {
  answering(500, {}, 'Jane Canary');
  await vendor.exchange({ method: 'POST', path: '/things/Jane-Canary', body: 'Jane Canary' });
  answer = (request) => request.socket.resetAndDestroy();
  await assert.rejects(vendor.exchange({ method: 'GET', path: '/things/Jane-Canary' }));
  assert.ok(!String(logged.read() ?? '').includes('Canary'));
});
