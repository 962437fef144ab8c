import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { GRAPH, QUERY, sendHead, sendRaw, startGatewayUnderTest, type GatewayUnderTest } from './gateway-under-test.ts';

const GENEROUS = { limits: { rates: { open: { perSecond: 10_000, burst: 10_000 }, app: { perSecond: 10_000, burst: 10_000 } } } };

describe('the door', () => {
  let under: GatewayUnderTest;
  let token: string;
  before(async () => {
    under = await startGatewayUnderTest({ ...GENEROUS, cors: { origins: ['https://portal.example'] } });
    token = await under.issuer.token();
  });
  after(() => under.stop());
  beforeEach(() => {
    under.seen.length = 0;
    under.answer = undefined;
  });

  test('lets a person through with a token of the inside in the place of theirs', async () => {
    const { status, body } = await under.call('POST', GRAPH, { token, body: QUERY });
    assert.equal(status, 200);
    assert.deepEqual(body, { data: { size: QUERY.length } });
    const [arrived] = under.seen;
    assert.equal(arrived!.url, GRAPH);
    assert.equal(arrived!.body, QUERY);
    assert.ok(!JSON.stringify(arrived!.headers).includes(token));
    const principal = await under.insideTokens.verify(arrived!.headers.authorization!.replace('Bearer ', ''));
    assert.deepEqual(principal, {
      kind: 'user', subject: 'nina.alvarez', service: 'gateway', scopes: ['portal', 'partner'], roles: ['requester'], facilities: ['MAIN'], name: 'Nina Alvarez', bindings: { costCenters: '7010,7020' },
    });
  });

  test('lets a partner through as the supplier in its token', async () => {
    const partner = await under.issuer.token({ sub: 'partner-s-1', client_id: 'partner-s-1', scope: 'partner', supplier: 'S-1', roles: undefined, facilities: undefined, cost_centers: undefined, name: undefined });
    under.answer = (_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[]}'); };
    const { status } = await under.call('GET', '/partner/v1/orders?limit=10&sentAfter=2026-11-20T08:00:00Z', { token: partner });
    assert.equal(status, 200);
    assert.equal(under.seen[0]!.url, '/partner/v1/orders?limit=10&sentAfter=2026-11-20T08%3A00%3A00Z');
    const principal = await under.insideTokens.verify(under.seen[0]!.headers.authorization!.replace('Bearer ', ''));
    assert.equal(principal.kind, 'client');
    assert.deepEqual(principal.bindings, { supplier: 'S-1' });
  });

  test('leaves forged and connection headers outside', async () => {
    const forged = {
      'x-user': 'admin', 'x-forwarded-for': '10.0.0.1', 'x-forwarded-host': 'evil.example', 'forwarded': 'for=10.0.0.1', 'x-client-cert': 'abc', 'x_user': 'admin', 'callosum-deadline-ms': '1', 'callosum-principal': 'admin',
      'x-http-method-override': 'DELETE', 'x-roles': 'admin', 'cookie': 'a=b', 'via': '1.1 evil', 'x-original-url': '/admin', 'te': 'trailers', 'proxy-authorization': 'Basic x',
    };
    await under.call('POST', GRAPH, { token, body: QUERY, headers: forged });
    const arrived = under.seen[0]!.headers;
    assert.deepEqual(Object.keys(arrived).sort(), ['accept', 'accept-language', 'authorization', 'callosum-deadline-ms', 'connection', 'content-length', 'content-type', 'correlation-id', 'host', 'traceparent']);
    assert.notEqual(arrived['callosum-deadline-ms'], '1');
  });

  test('does not let a connection header take away who the caller is', async () => {
    const { status } = await sendHead(under.port, `POST ${GRAPH}`, [`Authorization: Bearer ${token}`, 'Content-Type: application/json', 'Content-Length: 0']);
    assert.equal(status, 200);
    const text = await sendRaw(under.port, `POST ${GRAPH} HTTP/1.1\r\nHost: a\r\nConnection: close, authorization, correlation-id\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 200/);
    assert.ok(under.seen.every(({ headers }) => headers.authorization !== undefined && headers['correlation-id'] !== undefined));
  });

  test('keeps the correlation id of a caller, and makes one where there is none or it has no form', async () => {
    const kept = await under.call('POST', GRAPH, { token, body: QUERY, headers: { 'correlation-id': 'order-4711-abc', 'traceparent': '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } });
    assert.equal(kept.headers.get('correlation-id'), 'order-4711-abc');
    assert.equal(under.seen[0]!.headers['correlation-id'], 'order-4711-abc');
    assert.match(String(under.seen[0]!.headers['traceparent']), /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
    for (const odd of [undefined, 'a b', '<script>', 'x'.repeat(200)]) {
      const made = await under.call('POST', '/nowhere', { headers: odd ? { 'correlation-id': odd } : {} });
      assert.match(made.headers.get('correlation-id') ?? '', /^[0-9a-f-]{36}$/);
      assert.equal(made.body['correlationId'], made.headers.get('correlation-id'));
    }
  });

  test('says 404 for what is in no contract and 405 with the methods for what is', async () => {
    for (const path of ['/', '/health', '/metrics', '/ready', '/portal/v1', '/procure-to-pay/v1/orders', '/PORTAL/v1/graphql', '/portal/v1/graphql/']) {
      const { status, headers, body } = await under.call('POST', path, { token, body: QUERY });
      assert.equal(status, 404, path);
      assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/);
      assert.equal(body['type'], '/problems/not-found');
    }
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
      const { status, headers } = await under.call(method, GRAPH, { token });
      assert.equal(status, 405, method);
      assert.equal(headers.get('allow'), 'POST');
    }
    const { status } = await sendHead(under.port, `TRACE ${GRAPH}`);
    assert.equal(status, 405);
    assert.equal(under.seen.length, 0);
  });

  test('refuses addresses that can be read in two ways, or goes where they say', async () => {
    const odd = ['/partner/v1/%2e%2e/v1/orders', '/partner/v1/../v1/orders', '/partner//v1/orders', '/partner/v1/orders/%00', '/partner/v1/orders;x=1', '/partner/v1/orders/a%252e', '/partner/v1/orders\\PO-1', '/partner/v1/orders/%c0%af', `http://127.0.0.1${GRAPH}`, '/partner/v1/orders?a=%00', '/partner/v1/orders?a=%ff'];
    for (const address of odd) {
      const { status, text } = await sendHead(under.port, `GET ${address}`, [`Authorization: Bearer ${token}`]);
      assert.equal(status, 400, `${address}: ${text}`);
    }
    assert.equal(under.seen.length, 0);
  });

  test('refuses headers that are given twice, too many of them, and too long addresses', async () => {
    for (const [name, ...values] of [['Authorization', `Bearer ${token}`, `Bearer ${token}x`], ['Content-Type', 'application/json', 'text/plain'], ['Idempotency-Key', 'a', 'b'], ['X-Role', 'a', 'b'], ['Correlation-Id', 'a', 'b']] as const) {
      const { status } = await sendHead(under.port, `POST ${GRAPH}`, values.map((value) => `${name}: ${value}`));
      assert.equal(status, 400, name);
    }
    assert.equal((await sendHead(under.port, `POST ${GRAPH}`, Array.from({ length: 120 }, (_, index) => `x-${index}: a`))).status, 400);
    assert.equal((await sendHead(under.port, `GET /partner/v1/orders/${'a'.repeat(9_000)}`)).status, 400);
    assert.equal((await sendHead(under.port, 'GET /', [`x-long: ${'a'.repeat(20_000)}`])).status, 431);
    assert.equal((await sendHead(under.port, `POST ${GRAPH}`, ['Upgrade: websocket'])).status, 400);
    assert.equal(under.seen.length, 0);
  });

  test('refuses requests that hide a second one, and closes the connection', async () => {
    const second = `POST ${GRAPH} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\n\r\n`;
    const head = `POST ${GRAPH} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
    for (const framing of [
      `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`, `Content-Length: 0\r\nContent-Length: 50\r\n\r\n${second}`, `Transfer-Encoding: xchunked\r\n\r\n${second}`,
      `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${second}`, `Transfer-Encoding: chunked\r\n\r\n-1\r\n${second}`, `Content-Length: -1\r\n\r\n${second}`, `Content-Length: 1e3\r\n\r\n${second}`, `Transfer-Encoding: identity, chunked, identity\r\n\r\n${second}`,
    ]) {
      const text = await sendRaw(under.port, `${head}${framing}`);
      assert.match(text, /^HTTP\/1\.1 400/, framing);
      assert.equal(text.match(/HTTP\/1\.1 \d/g)!.length, 1, framing);
    }
    assert.equal(under.seen.length, 0);
  });

  test('refuses parameters that the contract does not have, and a token in the query, without repeating them', async () => {
    const partner = await under.issuer.token({ scope: 'partner' });
    for (const query of ['limit=0', 'limit=1e9', 'limit=1&limit=2', 'access_token=secret-value', 'supplierNumber=S-2', '__proto__=1']) {
      const { status, body } = await under.call('GET', `/partner/v1/orders?${query}`, { token: partner });
      assert.equal(status, 400, query);
      assert.equal(body['code'], 'invalid-parameters');
      assert.ok(!JSON.stringify(body).includes('secret-value'));
    }
    assert.equal((await under.call('GET', '/partner/v1/orders/-odd-', { token: partner })).status, 400);
    assert.equal(under.seen.length, 0);
  });

  test('takes bodies only where the contract has one, of its type, in UTF-8, uncompressed and within the limit', async () => {
    const partner = await under.issuer.token({ scope: 'partner' });
    const send = (headers: Record<string, string>, body = QUERY) => under.call('POST', GRAPH, { token, body, headers });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-7', 'application/json; charset=utf-16', 'application/jsonx', 'multipart/form-data; boundary=a', 'application/json; boundary=a']) {
      assert.equal((await send({ 'content-type': type })).status, 415, type);
    }
    assert.equal((await send({ 'content-type': 'Application/JSON; charset="UTF-8"' })).status, 200);
    assert.equal(under.seen[0]!.headers['content-type'], 'application/json');
    assert.equal((await send({ 'content-encoding': 'gzip' })).status, 415);
    const unexpected = await sendRaw(under.port, `GET /partner/v1/orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${partner}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`);
    assert.match(unexpected, /^HTTP\/1\.1 400/);
    assert.equal((await send({}, 'x'.repeat(4 * 1024 * 1024 + 1))).status, 413);
    assert.equal(under.seen.length, 1);
  });

  test('lets the scripts of listed websites in, and of no others', async () => {
    const preflight = (origin: string) => under.call('OPTIONS', GRAPH, { headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' } });
    const listed = await preflight('https://portal.example');
    assert.equal(listed.status, 204);
    assert.equal(listed.headers.get('access-control-allow-origin'), 'https://portal.example');
    assert.equal(listed.headers.get('access-control-allow-methods'), 'POST');
    assert.equal(listed.headers.get('access-control-allow-credentials'), null);
    for (const origin of ['https://portal.example.evil', 'https://evil.example', 'null', 'http://portal.example']) {
      const other = await preflight(origin);
      assert.equal(other.status, 405);
      assert.equal(other.headers.get('access-control-allow-origin'), null);
    }
    const read = await under.call('POST', GRAPH, { token, body: QUERY, headers: { origin: 'https://portal.example' } });
    assert.equal(read.headers.get('access-control-allow-origin'), 'https://portal.example');
    const partner = await under.call('OPTIONS', '/partner/v1/orders', { headers: { 'origin': 'https://portal.example', 'access-control-request-method': 'GET' } });
    assert.equal(partner.headers.get('access-control-allow-origin'), null);
  });

  test('tells health, readiness and figures on a port of their own', async () => {
    const admin = `http://127.0.0.1:${under.gateway.adminPort}`;
    assert.equal((await fetch(`${admin}/health`)).status, 200);
    assert.deepEqual(await (await fetch(`${admin}/ready`)).json(), { ready: true, keys: true });
    await under.call('POST', GRAPH, { token, body: QUERY });
    const figures = await (await fetch(`${admin}/metrics`)).text();
    const count = figures.split('\n').find((line) => line.startsWith('callosum_served_seconds_count') && line.includes('api="portal",operation="queryGraph",outcome="ok"'));
    assert.match(count ?? 'nothing', / [1-9]\d*$/);
  });
});

describe('requests are counted', () => {
  let under: GatewayUnderTest;
  before(async () => { under = await startGatewayUnderTest({ limits: { rates: { app: { perSecond: 0.01, burst: 3 }, partner: { perSecond: 0.01, burst: 2 }, open: { perSecond: 0.01, burst: 4 } } } }); });
  after(() => under.stop());

  test('for each person in an application, whichever token they use', async () => {
    const statuses: number[] = [];
    for (let sent = 0; sent < 4; sent += 1) statuses.push((await under.call('POST', GRAPH, { token: await under.issuer.token(), body: QUERY })).status);
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    const refused = await under.call('POST', GRAPH, { token: await under.issuer.token(), body: QUERY });
    assert.ok(Number(refused.headers.get('retry-after')) >= 90);
    assert.equal(refused.body['type'], '/problems/rate-limited');
    const other = await under.call('POST', GRAPH, { token: await under.issuer.token({ sub: 'omar.reyes' }), body: QUERY });
    assert.equal(other.status, 200);
  });

  test('for each client', async () => {
    under.answer = (_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{}'); };
    const statuses: number[] = [];
    for (let sent = 0; sent < 3; sent += 1) {
      statuses.push((await under.call('GET', '/partner/v1/orders', { token: await under.issuer.token({ sub: 'partner-s-1', client_id: 'partner-s-1', scope: 'partner' }), headers: { 'x-forwarded-for': `10.0.0.${sent}` } })).status);
    }
    assert.deepEqual(statuses, [200, 200, 429]);
  });

  test('for each address where nobody says who they are', async () => {
    const statuses: number[] = [];
    for (let sent = 0; sent < 5; sent += 1) statuses.push((await under.call('GET', `/nowhere-${sent}`)).status);
    assert.deepEqual(statuses, [404, 404, 404, 404, 429]);
  });
});
