import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createPortal, Refusal, type Portal } from '../../sandbox/day/portal.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json = (status: number, body: unknown): Answer => (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const cut: Answer = (request) => request.socket.destroy();
const failed = (problem: object): Answer => json(200, { data: null, errors: [{ message: 'no', extensions: { code: 'X', problem } }] });

describe('the portal in a person\'s browser', () => {
  const script: Answer[] = [];
  const seen: { authorization: string | undefined; body: string }[] = [];
  const again: string[] = [];
  let signIns = 0;
  let portal: Portal;
  const over = new AbortController();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      seen.push({ authorization: request.headers.authorization, body: Buffer.concat(chunks).toString() });
      (script.shift() ?? json(200, { data: { done: true } }))(request, response);
    });
  });
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    [script, seen, again].forEach((each) => each.splice(0));
    signIns = 0;
    portal = createPortal({
      username: 'nina.alvarez', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, patienceMs: 10_000, signal: over.signal,
      signIn: async () => `token-${signIns += 1}`, failed: (reason) => again.push(reason),
    });
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  test('signs in once and asks with the token', async () => {
    assert.deepEqual(await portal.ask('query A', { a: 1 }), { done: true });
    await portal.ask('query B');
    assert.deepEqual(seen.map((each) => each.authorization), ['Bearer token-1', 'Bearer token-1']);
    assert.deepEqual(JSON.parse(seen[0]!.body), { query: 'query A', variables: { a: 1 } });
  });

  test('clicks again when the page fails, with the same question', async () => {
    script.push(cut, json(503, { type: '/problems/unavailable', status: 503 }), json(429, { type: '/problems/rate-limited' }), failed({ type: '/problems/upstream-timeout', status: 504 }), failed({ type: '/problems/in-progress', status: 409 }));
    assert.deepEqual(await portal.ask('mutation C'), { done: true });
    assert.equal(again.length, 5);
    assert.equal(new Set(seen.map((each) => each.body)).size, 1);
  });

  test('signs in anew when the token is not taken any more', async () => {
    script.push(json(401, { type: '/problems/unauthenticated' }));
    await portal.ask('query D');
    assert.deepEqual(seen.map((each) => each.authorization), ['Bearer token-1', 'Bearer token-2']);
  });

  test('takes a business answer as an answer, by its finer code', async () => {
    script.push(failed({ type: '/problems/refused', status: 422, code: 'budget-exceeded', detail: 'Too much.' }), failed({ type: '/problems/invalid-request', status: 400, detail: 'Wrong.' }));
    await assert.rejects(portal.ask('mutation E'), (error) => error instanceof Refusal && error.code === 'budget-exceeded' && error.status === 422 && error.message === 'Too much.');
    await assert.rejects(portal.ask('mutation F'), (error) => error instanceof Refusal && error.code === 'invalid-request');
    assert.deepEqual(again, []);
  });
});
