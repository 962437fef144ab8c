import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deadlinePassed } from '#chassis/contract/deadline.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createCircuit, type Circuit } from '#chassis/resilience/circuit.ts';
import { NotSent, type TargetFailure } from '#chassis/resilience/target-failure.ts';
import { TIERS, type TierName } from '#chassis/resilience/tiers.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { eventually } from '../../support/eventually.ts';

const circuits: Circuit[] = [];
afterEach(() => { for (const circuit of circuits.splice(0)) circuit.shutdown(); });

function newCircuit(tier: TierName = 'deferrable'): Circuit {
  const circuit = createCircuit({ target: 'depot', tier, log: createLog('test', 'error'), metrics: createMetrics('test') });
  circuits.push(circuit);
  return circuit;
}

const down = () => Promise.reject(new ApiError('unavailable', 'Down.'));
const kindOf = (call: Promise<unknown>) => call.then(() => 'ok', (error: ApiError) => error.code ?? error.kind);
const times = <T>(count: number, call: () => Promise<T>) => Promise.all(Array.from({ length: count }, call));

test('a target that keeps failing is left alone, fails fast meanwhile, and is called again when it is back', async () => {
  const circuit = newCircuit();
  await times(12, () => kindOf(circuit.fire(down)));
  let called = 0;
  await assert.rejects(circuit.fire(async () => { called += 1; }), (error: ApiError) => {
    assert.deepEqual([error.kind, error.code, error.retryable], ['unavailable', 'circuit-open', true]);
    assert.equal((error.cause as TargetFailure).target, 'depot');
    return true;
  });
  assert.equal(called, 0);
  assert.equal(await eventually(() => circuit.fire(async () => 'back').catch(() => undefined)), 'back');
  assert.equal(await circuit.fire(async () => 'served'), 'served');
});

test('refusals and mistakes are answers and open no circuit', async () => {
  const circuit = newCircuit();
  for (const kind of ['refused', 'invalid-request', 'not-found', 'conflict', 'in-progress', 'rate-limited', 'internal'] as const) {
    await times(6, () => kindOf(circuit.fire(() => Promise.reject(new ApiError(kind, 'No.')))));
  }
  assert.equal(await circuit.fire(async () => 'still served'), 'still served');
});

test('a trial that fails leaves the circuit open', async () => {
  const circuit = newCircuit();
  await times(12, () => kindOf(circuit.fire(down)));
  await eventually(async () => (await kindOf(circuit.fire(down))) === 'unavailable');
  assert.equal(await kindOf(circuit.fire(async () => 'called')), 'circuit-open');
});

for (const [what, failure] of [['a mistake of ours', new TypeError('No.')], ['a caller without time', deadlinePassed(new NotSent())]] as const) {
  test(`${what} says nothing of the target: a trial that comes to it leaves the circuit open for another at once`, async () => {
    const circuit = newCircuit();
    const fail = () => kindOf(circuit.fire(() => Promise.reject(failure)));
    await times(12, fail);
    assert.equal(await circuit.fire(async () => 'served'), 'served');
    await eventually(async () => (await kindOf(circuit.fire(down))) === 'circuit-open');
    await eventually(async () => (await fail()) !== 'circuit-open');
    const answers = await times(2, () => kindOf(circuit.fire(async () => 'back')));
    assert.deepEqual(answers.toSorted(), ['circuit-open', 'ok']);
  });
}

test('no more than its share of calls are with a target, the others wait in line and for no longer than they may', async () => {
  const circuit = newCircuit();
  const { concurrency } = TIERS.deferrable;
  let under = 0;
  let most = 0;
  const releases: (() => void)[] = [];
  const call = () => circuit.fire(async () => {
    most = Math.max(most, under += 1);
    await new Promise<void>((resolve) => { releases.push(resolve); });
    under -= 1;
  });
  const calls = Array.from({ length: concurrency * 3 }, call);
  await assert.rejects(circuit.fire(async () => 'too late', 20), { kind: 'unavailable', code: 'target-busy' });
  await eventually(() => {
    for (const release of releases.splice(0)) release();
    return Promise.race([Promise.all(calls), sleep(1)]);
  });
  assert.equal(most, concurrency);
});

test('a crowd beyond the line is sent away at once', async () => {
  const circuit = newCircuit();
  const releases: (() => void)[] = [];
  const outcomes = Array.from({ length: 1_000 }, () => kindOf(circuit.fire(() => new Promise<void>((resolve) => { releases.push(resolve); }))));
  const first = await Promise.race(outcomes);
  assert.equal(first, 'target-busy');
  const all: Promise<string[] | undefined> = Promise.all(outcomes);
  const seen = await eventually(() => {
    for (const release of releases.splice(0)) release();
    return Promise.race([all, sleep(1, undefined)]);
  });
  assert.equal(seen.filter((outcome) => outcome === 'target-busy').length, 1_000 - TIERS.deferrable.concurrency * 9);
});
