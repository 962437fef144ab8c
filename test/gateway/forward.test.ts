import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { GRAPH, QUERY, startGatewayUnderTest, type GatewayUnderTest } from './gateway-under-test.ts';

const ORDERS = '/partner/v1/orders';
const JSON_TYPE = { 'content-type': 'application/json' };

describe('what the API answers', () => {
  let under: GatewayUnderTest;
  let token: string;
  let partner: string;
  before(async () => {
    under = await startGatewayUnderTest({ limits: { bodyBytes: 300_000, answerBytes: 1_000_000, underWay: 4 } });
    token = await under.issuer.token();
    partner = await under.issuer.token({ scope: 'partner', supplier: 'S-1' });
  });
  after(() => under.stop());
  beforeEach(() => {
    under.seen.length = 0;
    under.answer = undefined;
  });

  test('comes through with its problem, and the headers that are meant for outside', async () => {
    const problem = { type: '/problems/rate-limited', title: 'Too many requests', status: 429, detail: 'The ERP asks for patience.', correlationId: 'abcdefgh' };
    under.answer = (_request, response) => {
      response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '7', 'x-powered-by': 'secret', 'set-cookie': 'a=b', 'server': 'inside', 'correlation-id': 'of-the-inside', 'deprecation': '@1688169599' }).end(JSON.stringify(problem));
    };
    const { status, headers, body } = await under.call('GET', ORDERS, { token: partner, headers: { 'correlation-id': 'of-the-caller' } });
    assert.equal(status, 429);
    assert.deepEqual(body, problem);
    assert.equal(headers.get('retry-after'), '7');
    assert.equal(headers.get('deprecation'), '@1688169599');
    assert.equal(headers.get('correlation-id'), 'of-the-caller');
    assert.equal(headers.get('cache-control'), 'no-store');
    for (const name of ['x-powered-by', 'set-cookie', 'server']) assert.equal(headers.get(name), null);
  });

  const unusable: [title: string, status: number, headers: Record<string, string>, code: string, expected: number][] = [
    ['a page of HTML', 200, { 'content-type': 'text/html' }, 'answer-type', 502],
    ['a redirect', 302, { location: 'http://169.254.169.254/' }, 'redirected', 502],
    ['a compressed body', 200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, 'answer-compressed', 502],
    ['an error page of something in between', 503, { 'content-type': 'text/html' }, 'no-problem', 503],
    ['that it does not know the gateway', 401, { 'content-type': 'application/problem+json' }, 'gateway-unknown', 502],
  ];
  for (const [title, status, headers, code, expected] of unusable) {
    test(`stays inside when it is ${title}`, async () => {
      under.answer = (_request, response) => { response.writeHead(status, headers).end('inside'); };
      const answer = await under.call('GET', ORDERS, { token: partner });
      assert.equal(answer.status, expected);
      assert.equal(answer.body['code'], code);
      assert.ok(!JSON.stringify(answer.body).includes('169.254'));
    });
  }

  test('is cut off when it is larger than allowed', async () => {
    under.answer = (_request, response) => { response.writeHead(200, JSON_TYPE).end('x'.repeat(2_000_000)); };
    await assert.rejects(under.call('GET', ORDERS, { token: partner }));
  });

  test('is a 502 when it is no HTTP', async () => {
    under.answer = (request) => { request.socket.end('SSH-2.0-OpenSSH\r\n'); };
    const { status, body } = await under.call('POST', GRAPH, { token, body: QUERY });
    assert.equal(status, 502);
    assert.equal(body['type'], '/problems/upstream-broken');
  });

  test('flows as it arrives', async () => {
    let goOn: (() => void) | undefined;
    under.answer = (_request, response) => {
      response.writeHead(200, JSON_TYPE);
      response.write('{"items":[');
      goOn = () => response.end(']}');
    };
    const response = await fetch(`${under.url}${ORDERS}`, { headers: { authorization: `Bearer ${partner}` } });
    const reader = response.body!.getReader();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), '{"items":[', 'before the rest was written');
    goOn!();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), ']}');
  });

  test('is repeated for a read when the kept connection had died, never for a write', async () => {
    let deaths = 1;
    under.answer = (request, response) => {
      if (deaths > 0) {
        deaths -= 1;
        request.socket.destroy();
      } else response.writeHead(200, JSON_TYPE).end('{}');
    };
    assert.equal((await under.call('GET', ORDERS, { token: partner })).status, 200);
    assert.equal(under.seen.length, 2);
    deaths = 1;
    under.seen.length = 0;
    const write = await under.call('POST', GRAPH, { token, body: QUERY });
    assert.equal(write.status, 503);
    assert.equal(write.headers.get('retry-after'), '1');
    assert.equal(under.seen.length, 1);
  });

  test('is waited for by so many at once', async () => {
    const waiting: (() => void)[] = [];
    under.answer = (_request, response) => { waiting.push(() => response.writeHead(200, JSON_TYPE).end('{}')); };
    const first = Array.from({ length: 4 }, () => under.call('GET', ORDERS, { token: partner }));
    await eventually(() => waiting.length === 4);
    const fifth = await under.call('GET', ORDERS, { token: partner });
    assert.equal(fifth.status, 503);
    assert.equal(fifth.body['code'], 'busy');
    const inPiecesMeanwhile = await inPieces(under, token, Array.from({ length: 40 }, () => 'x'.repeat(10_000)));
    assert.ok([413, 503].includes(inPiecesMeanwhile.status), 'a body that is too large finds nobody who takes it');
    for (const answer of waiting) answer();
    assert.deepEqual((await Promise.all(first)).map(({ status }) => status), [200, 200, 200, 200]);
  });

  test('is no longer waited for when the caller has gone', async () => {
    let gone = false;
    under.answer = (_request, response) => { response.on('close', () => { gone = true; }); };
    const leaving = new AbortController();
    const call = fetch(`${under.url}${ORDERS}`, { headers: { authorization: `Bearer ${partner}` }, signal: leaving.signal });
    await eventually(() => under.seen.length === 1);
    leaving.abort();
    await assert.rejects(call);
    await eventually(() => gone);
  });
});

describe('a body', () => {
  let under: GatewayUnderTest;
  let token: string;
  before(async () => {
    under = await startGatewayUnderTest({ limits: { bodyBytes: 300_000 } });
    token = await under.issuer.token();
  });
  after(() => under.stop());
  beforeEach(() => {
    under.seen.length = 0;
    under.answer = undefined;
  });

  test('goes through whole, large or small, with its length or in pieces', async () => {
    for (const size of [20, 70_000, 299_000]) {
      const body = JSON.stringify({ query: 'x'.repeat(size - 12) });
      assert.deepEqual((await under.call('POST', GRAPH, { token, body })).body, { data: { size } });
    }
    assert.deepEqual(await inPieces(under, token, ['{"query":', '"{me{id}}"}']), { status: 200, body: '{"data":{"size":20}}' });
    assert.equal(under.seen.at(-1)!.body, '{"query":"{me{id}}"}');
  });

  test('in pieces is refused once it has grown too large', async () => {
    const { status, body } = await inPieces(under, token, Array.from({ length: 40 }, () => 'x'.repeat(10_000)));
    assert.equal(status, 413, body);
    assert.equal(under.seen.length, 0);
  });

  test('is asked for only when it may come', async () => {
    const body = JSON.stringify({ query: 'x'.repeat(1_000) });
    const send = (authorization: string, length: number) => new Promise<{ status: number; continued: boolean }>((resolve, reject) => {
      const request = httpRequest(`${under.url}${GRAPH}`, { method: 'POST', headers: { ...JSON_TYPE, authorization, 'content-length': String(length), 'expect': '100-continue' } });
      let continued = false;
      request.on('continue', () => { continued = true; request.end(body); });
      request.on('response', (response) => { response.resume(); resolve({ status: response.statusCode!, continued }); });
      request.on('error', reject);
      request.flushHeaders();
    });
    assert.deepEqual(await send(`Bearer ${token}`, Buffer.byteLength(body)), { status: 200, continued: true });
    assert.deepEqual(await send('Bearer nothing', Buffer.byteLength(body)), { status: 401, continued: false });
    assert.deepEqual(await send(`Bearer ${token}`, 1_000_000), { status: 413, continued: false });
  });

  test('that stops in the middle does not reach the API as a whole one', async () => {
    const socket = connect(under.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`POST ${GRAPH} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query":`);
    await sleep(100);
    socket.destroy();
    assert.equal((await under.call('POST', GRAPH, { token, body: QUERY })).status, 200);
    assert.deepEqual(under.seen.map(({ body }) => body), [QUERY]);
  });
});

test('an API that is away is a 503 problem, also for a caller who is still sending', async () => {
  const under = await startGatewayUnderTest();
  const token = await under.issuer.token();
  await under.closeInside();
  for (const body of [QUERY, JSON.stringify({ query: 'x'.repeat(1_000_000) })]) {
    const answer = await under.call('POST', GRAPH, { token, body });
    assert.equal(answer.status, 503);
    assert.equal(answer.body['type'], '/problems/unavailable');
    assert.equal(answer.body['instance'], GRAPH);
    assert.equal(answer.headers.get('retry-after'), '1');
  }
  await under.stop();
});

test('a gateway that stops answers what is under way and lets nothing new in', async () => {
  const under = await startGatewayUnderTest();
  const token = await under.issuer.token();
  let answer: (() => void) | undefined;
  under.answer = (_request, response) => { answer = () => response.writeHead(200, JSON_TYPE).end('{"data":{}}'); };
  const call = under.call('POST', GRAPH, { token, body: QUERY });
  await eventually(() => answer);
  const stopped = under.stop();
  await eventually(async () => fetch(`${under.url}${GRAPH}`, { method: 'POST' }).then(() => false, () => true));
  answer!();
  assert.equal((await call).status, 200);
  await stopped;
});

async function inPieces(under: GatewayUnderTest, token: string, pieces: string[]): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${under.url}${GRAPH}`, { method: 'POST', headers: { ...JSON_TYPE, 'authorization': `Bearer ${token}`, 'transfer-encoding': 'chunked' } });
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => { body += chunk.toString(); });
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    request.on('error', reject);
    for (const piece of pieces) request.write(piece);
    request.end();
  });
}
