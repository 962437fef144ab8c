import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { demonstrationNpi } from '../../../sandbox/hospital/workforce.ts';
import { callerOf, fails } from './conformance.ts';
import { startHouse, type House } from './house.ts';

describe('trouble with credentialing', () => {
  let house: House;
  beforeEach(async () => {
    house = await startHouse({ pageLifetimeMs: 60_000 }, { timeoutMs: 1_500 });
    await house.office.register({ personId: 'P-1', given: 'Ana', family: 'Lee' });
    await house.office.grant('P-1', { code: 'RN', issuedOn: '2026-01-01' });
  });
  afterEach(() => house.leave());

  const standing = (port = house.port) => callerOf(port)('getStanding', { personId: 'P-1' });

  test('is named when it is down, slow, failing or throttling, and passes with it', async () => {
    const { faults } = house.office;
    await standing();
    for (const [mode, kind] of [
      [{ kind: 'down' }, 'unavailable'], [{ kind: 'slow', delayMs: 8_000 }, 'upstream-timeout'], [{ kind: 'failing', status: 500, rate: 1 }, 'unavailable'],
      [{ kind: 'throttled', perSecond: 0, retryAfter: false }, 'rate-limited'], [{ kind: 'answerLost', rate: 1 }, 'unavailable'],
    ] as const) {
      // Each trouble by itself: the circuit of one adapter would remember the last.
      const port = house.open();
      faults.set(mode);
      await fails(standing(port), kind);
      await port.close();
    }
    faults.set({ kind: 'none' });
    const port = house.open();
    assert.equal((await standing(port)).credentials.length, 1);
    await port.close();
  });

  test('with a sign-on that is refused is not taken for an empty list', async () => {
    const port = house.open({ secret: 'wrong' });
    await fails(standing(port), 'unavailable', 'vendor-sign-on-failed');
    await port.close();
  });

  test('does not touch the registry, nor the registry it', async () => {
    house.office.registryFaults.set({ kind: 'down' });
    await fails(callerOf(house.port)('getProvider', { npi: demonstrationNpi(1) }), 'unavailable');
    assert.equal((await standing()).credentials.length, 1);
  });

  test('of a list whose pages expired begins it again later', async () => {
    const impatient = await startHouse({ pageLifetimeMs: 0 }, { pageSize: 1 });
    try {
      for (const personId of ['P-1', 'P-2']) await impatient.office.register({ personId, given: 'A', family: 'B' });
      const failure = await fails(callerOf(impatient.port)('listCredentials', {}), 'unavailable', 'vendor-page-expired');
      assert.ok(failure.retryable);
    } finally {
      await impatient.leave();
    }
  });

  test('cannot be caused by a number that is wrong: nobody is asked', async () => {
    house.office.registryFaults.set({ kind: 'down' });
    await fails(callerOf(house.port)('getProvider', { npi: '1234567890' }), 'refused', 'invalid-npi');
    assert.equal(house.office.registryFaults.done.down, 0);
  });

  test('says nothing of people in what is logged', async () => {
    await standing();
    house.office.faults.set({ kind: 'failing', status: 500, rate: 1 });
    await fails(standing(), 'unavailable');
    assert.doesNotMatch(house.logged(), /P-1|Lee|RN-/);
  });
});
