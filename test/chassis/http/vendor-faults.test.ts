import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, type VendorHttp } from '#chassis/http/vendor-http.ts';
import { TIERS } from '#chassis/resilience/tiers.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';

const LIMIT_MS = 250;
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell';

/** A vendor that says byte for byte what a test wants, to each request on a connection in turn. */
describe('a vendor that', () => {
  let server: Server;
  let meet: (socket: Socket, request: number) => void;
  let connections = 0;
  const opened: VendorHttp[] = [];

  before(async () => {
    server = createServer((socket) => {
      connections += 1;
      let request = 0;
      socket.on('error', () => socket.destroy());
      socket.on('data', () => meet(socket, request += 1));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => { for (const vendor of opened.splice(0)) await vendor.close(); });
  after(() => server.close());

  function vendorAt({ scheme = 'http', most = 2 } = {}): VendorHttp {
    const { port } = server.address() as AddressInfo;
    const vendor = createVendorHttp({ adapter: 'test-vendor', baseUrl: `${scheme}://127.0.0.1:${port}`, log: createLog('test', 'emerg'), metrics: createMetrics('test'), timeoutMs: LIMIT_MS, connections: most });
    opened.push(vendor);
    return vendor;
  }
  const ask = (vendor: VendorHttp, timeoutMs = LIMIT_MS) => vendor.exchange({ method: 'GET', path: '/things', timeoutMs });
  /** However slow the machine is. */
  const textOf = async (vendor: VendorHttp) => (await ask(vendor, 30_000)).text;
  const failureOf = (vendor: VendorHttp, timeoutMs = 30_000) => ask(vendor, timeoutMs).then(() => assert.fail('was answered'), (error: ApiError) => error);

  const silences: Record<string, (socket: Socket) => void> = {
    'takes a request and says nothing': () => undefined,
    'stops in the middle of its headers': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-le'),
    'stops in the middle of its answer': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'),
    'stops between two chunks': (socket) => socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
  };
  for (const [what, silence] of Object.entries(silences)) {
    test(`${what} is given up in time, and its connections are not missing afterwards`, async () => {
      const vendor = vendorAt();
      meet = silence;
      for (const failure of await Promise.all(Array.from({ length: 6 }, () => failureOf(vendor, LIMIT_MS)))) assert.ok(failure.kind === 'upstream-timeout' || failure.code === 'target-busy', failure.message);
      meet = (socket) => socket.write(OK);
      assert.equal(await textOf(vendor), 'well');
    });
  }

  test('takes a connection and never greets is given up in time', async () => {
    const vendor = vendorAt({ scheme: 'https' });
    meet = () => undefined;
    assert.equal((await failureOf(vendor, LIMIT_MS)).kind, 'upstream-timeout');
  });

  test('answers twice leaves no answer to the next question', async () => {
    const vendor = vendorAt({ most: 1 });
    meet = (socket) => socket.write(`${OK}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nstale`);
    assert.equal(await textOf(vendor), 'well');
    const before = connections;
    meet = (socket) => socket.write(OK);
    for (let call = 0; call < 5; call += 1) assert.notEqual(await textOf(vendor).catch((error: ApiError) => error.kind), 'stale');
    assert.ok(connections > before, 'by another connection');
  });

  test('does not speak HTTP is an outage', async () => {
    const vendor = vendorAt();
    meet = (socket) => socket.write('250 mail.example greets you\r\n');
    assert.deepEqual([(await failureOf(vendor)).kind, connections > 0], ['unavailable', true]);
    meet = (socket) => socket.write(OK);
    assert.equal(await textOf(vendor), 'well');
  });

  test('states two lengths, or less than it sends, does not get its rest taken for an answer', async () => {
    const vendor = vendorAt({ most: 1 });
    meet = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 9\r\n\r\nwellstale');
    assert.equal((await failureOf(vendor)).kind, 'unavailable');
    meet = (socket) => socket.write(`${OK}stale`);
    await ask(vendor).catch((error: ApiError) => assert.equal(error.kind, 'unavailable'));
    meet = (socket) => socket.write(OK);
    for (let call = 0; call < 3; call += 1) assert.ok(['well', 'unavailable'].includes(await textOf(vendor).catch((error: ApiError) => error.kind)));
  });

  test('sends a flood in a small parcel does not get it unpacked', async () => {
    const vendor = vendorAt();
    const parcel = gzipSync(Buffer.alloc(50_000_000));
    meet = (socket) => { socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${parcel.length}\r\n\r\n`); socket.write(parcel); };
    const failure = await failureOf(vendor);
    assert.deepEqual([failure.kind, failure.code, failure.retryable], ['upstream-broken', 'answer-unreadable', false]);
  });

  test('writes in the letters that it names is read in them, and refused when they are others', async () => {
    const vendor = vendorAt();
    const says = (type: string, body: Buffer) => (socket: Socket) => { socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`); socket.write(body); };
    meet = says('application/json; charset=ISO-8859-1', Buffer.from('M\xfcller', 'latin1'));
    assert.equal(await textOf(vendor), 'Müller');
    meet = says('application/json', Buffer.from('Müller'));
    assert.equal(await textOf(vendor), 'Müller');
    for (const type of ['application/json', 'application/json; charset=utf-8', 'text/plain; charset=klingon']) {
      meet = says(type, Buffer.from('M\xfcller', 'latin1'));
      const failure = await failureOf(vendor);
      assert.deepEqual([failure.kind, failure.code], ['upstream-broken', 'answer-unreadable']);
    }
  });

  test('is down leaves other vendors alone', async () => {
    const [dead, well] = [vendorAt(), vendorAt({ most: 3 })];
    meet = (socket) => socket.destroy();
    for (let call = 0; call <= TIERS.standard.circuit.volume; call += 1) await failureOf(dead);
    assert.equal((await failureOf(dead)).code, 'circuit-open');
    meet = (socket) => socket.write(OK);
    assert.equal((await failureOf(dead)).code, 'circuit-open');
    assert.equal(await textOf(well), 'well');
  });
});
