import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFaults } from '../../sandbox/faults.ts';

let clock = 0;
let applied = 0;
const faults = createFaults(7, { now: () => clock });
const server = createServer((request, response) => {
  faults.middleware(request, response, () => {
    applied += 1;
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.end('done');
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(() => server.close());

test('without a fault every request passes', async () => {
  faults.set({ kind: 'none' });
  assert.equal((await fetch(url)).status, 200);
});

test('a failing vendor answers with the given status at the given rate, the same way for the same seed', async () => {
  const verdicts = (seed: number) => {
    const sequence = createFaults(seed);
    sequence.set({ kind: 'failing', status: 503, rate: 0.5 });
    return Array.from({ length: 200 }, () => sequence.judge().act).join();
  };
  assert.equal(verdicts(3), verdicts(3));
  assert.notEqual(verdicts(3), verdicts(4));
  const refused = verdicts(3).split(',').filter((act) => act === 'refuse').length;
  assert.ok(refused > 70 && refused < 130, String(refused));
  faults.set({ kind: 'failing', status: 503, rate: 1 });
  assert.equal((await fetch(url)).status, 503);
});

test('a throttled vendor refuses what exceeds its rate, with or without telling when to come back', async () => {
  faults.set({ kind: 'throttled', perSecond: 2, retryAfter: true });
  const statuses = [];
  for (let count = 0; count < 3; count += 1) statuses.push((await fetch(url)).status);
  assert.deepEqual(statuses, [200, 200, 429]);
  assert.equal((await fetch(url)).headers.get('retry-after'), '1');
  clock += 1000;
  assert.equal((await fetch(url)).status, 200);
  faults.set({ kind: 'throttled', perSecond: 0, retryAfter: false });
  assert.equal((await fetch(url)).headers.get('retry-after'), null);
});

test('a vendor that is down cuts the connection and applies nothing', async () => {
  applied = 0;
  faults.set({ kind: 'down' });
  await assert.rejects(fetch(url));
  assert.equal(applied, 0);
});

test('a lost answer is applied, and only within its scope and count', async () => {
  applied = 0;
  faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['POST'], pathIncludes: '/invoices', times: 1 });
  assert.equal((await fetch(`${url}/suppliers`, { method: 'POST' })).status, 200);
  await assert.rejects(fetch(`${url}/invoices`, { method: 'POST' }));
  assert.equal(applied, 2);
  assert.equal((await fetch(`${url}/invoices`, { method: 'POST' })).status, 200);
  assert.equal(faults.done.answerLost, 1);
});

test('a slow vendor answers late', async () => {
  faults.set({ kind: 'slow', delayMs: 5 });
  assert.equal((await fetch(url)).status, 200);
  assert.deepEqual(faults.judge(), { act: 'delay', delayMs: 5 });
});
