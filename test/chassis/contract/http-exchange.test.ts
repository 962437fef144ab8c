import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import type { OutgoingCall, Transport } from '#chassis/contract/connect.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import type { ServiceTokens } from '#chassis/security/service-tokens.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { depot } from '../../support/sample-apis.ts';

const contract = compileContract(depot as Contract);
const tokens: ServiceTokens = { sign: async () => 'token', verify: () => Promise.reject(new Error('nothing is verified here')) };

const readBox = (more: Partial<OutgoingCall> = {}): OutgoingCall => ({
  operation: contract.operations.get('readBox')!, input: { label: 'known' }, idempotencyKey: undefined, deadlineMs: 10_000,
  correlationId: 'correlation-1', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, ...more,
});

/** A transport to whoever answers with `answer`, and the addresses that were asked for. */
async function connected(t: TestContext, answer: (response: ServerResponse) => void): Promise<{ transport: Transport; asked: string[]; server: Server }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    request.resume();
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const transport = overHttp(contract, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, audience: 'lower', tokens, connections: 1 });
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await transport.close();
  });
  return { transport, asked, server };
}

test('an answer in pieces is put together, also where a letter was cut in two', async (t) => {
  const bytes = Buffer.from('{"label":"known","shelf":1,"note":"東京"}');
  const { transport } = await connected(t, (response) => {
    response.writeEarlyHints({ link: '</style>; rel=preload' });
    response.write(bytes.subarray(0, 37));
    setImmediate(() => response.end(bytes.subarray(37)));
  });
  assert.deepEqual(await transport.send(readBox()), { label: 'known', shelf: 1, note: '東京' });
});

test('what is asked for is written into the address so that it stays what it was', async (t) => {
  const { transport, asked } = await connected(t, (response) => response.end('{}'));
  await transport.send(readBox({ input: { label: '../a b?c#d', copies: 2, verbose: undefined } }));
  await transport.send(readBox());
  assert.deepEqual(asked, ['/depot/v1/boxes/..%2Fa%20b%3Fc%23d?copies=2', '/depot/v1/boxes/known']);
});

test('an answer that breaks off, and a server that is not there, are a target that cannot be reached', async (t) => {
  const { transport } = await connected(t, (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"label":');
    setImmediate(() => response.destroy());
  });
  await assert.rejects(transport.send(readBox()), { kind: 'unavailable', code: 'unreachable' });
  const nowhere = overHttp(contract, { url: `http://127.0.0.1:${await freePort()}`, audience: 'lower', tokens });
  await assert.rejects(nowhere.send(readBox()), { kind: 'unavailable', code: 'unreachable' });
  await nowhere.close();
});

test('an answer that begins and does not end is waited for until the deadline, and holds up nobody after it', async (t) => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(200).write('{"label":'),
    (response) => response.end('{"label":"known","shelf":1}'),
  ];
  const { transport } = await connected(t, (response) => answers.shift()!(response));
  await assert.rejects(transport.send(readBox({ deadlineMs: 100 })), { kind: 'upstream-timeout', code: 'deadline-passed' });
  assert.deepEqual(await transport.send(readBox()), { label: 'known', shelf: 1 });
});

test('a call that waits behind another is given up at its deadline and never made', async (t) => {
  const held: ServerResponse[] = [];
  const { transport, asked } = await connected(t, (response) => { held.push(response); });
  const first = transport.send(readBox());
  await eventually(() => held.length === 1);
  await assert.rejects(transport.send(readBox({ input: { label: 'second' }, deadlineMs: 50 })), { kind: 'upstream-timeout' });
  held.pop()!.end('{"label":"known","shelf":1}');
  assert.deepEqual(await first, { label: 'known', shelf: 1 });
  const third = transport.send(readBox({ input: { label: 'third' } }));
  await eventually(() => held.length === 1);
  held.pop()!.end('{}');
  await third;
  assert.deepEqual(asked, ['/depot/v1/boxes/known', '/depot/v1/boxes/third']);
});

test('what is no JSON is a broken answer, and a status without a problem means what the status means', async (t) => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.end('<html>'),
    (response) => response.writeHead(503, { 'retry-after': '7' }).end('<html>'),
    (response) => response.writeHead(404).end(),
  ];
  const { transport } = await connected(t, (response) => answers.shift()!(response));
  await assert.rejects(transport.send(readBox()), { kind: 'upstream-broken' });
  await assert.rejects(transport.send(readBox()), { kind: 'unavailable', retryAfterMs: 7_000 });
  await assert.rejects(transport.send(readBox()), { kind: 'not-found' });
});

test('a header that could end the head of the request is not sent', async (t) => {
  const { transport, asked } = await connected(t, (response) => response.end('{}'));
  await assert.rejects(transport.send(readBox({ correlationId: 'a\r\nX-Forged: 1' })), { kind: 'internal' });
  assert.deepEqual(asked, []);
});
