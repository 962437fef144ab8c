import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clinicalDay, type Happening } from '../../../../../sandbox/ehr/day/clinical-day.ts';
import { recordedUses } from '../../../../../sandbox/ehr/books.ts';
import type { UseChange } from '../../../../../system-apis/ehr/port.ts';
import { DAY, startRecordSystem, type RecordSystem } from './record-system.ts';
import pg from 'pg';

const day = clinicalDay(7, 12, { day: DAY });

function understood(changes: readonly UseChange[]) {
  return changes.map((each) => (each.state === 'understood' ? each.use : assert.fail(`${each.useId} is ${each.state}`)));
}

describe('the uses of a clinical day', () => {
  let system: RecordSystem;
  before(async () => {
    system = await startRecordSystem();
    await system.vendor.load();
    await system.record(...day.happenings);
  });
  after(() => system.stop());

  test('are all found, each with its item, place, label and visit as they were recorded', async () => {
    const { changes, hasMore } = await system.poll();
    assert.equal(hasMore, false);
    const used = day.happenings.filter((each): each is Happening & { use: NonNullable<Happening['use']> } => each.use !== undefined);
    const found = new Map(understood(changes).map((use) => [use.id.split('/')[1], use]));
    assert.equal(found.size, used.length);
    for (const { id, use, visit, at } of used) {
      const seen = found.get(id);
      assert.equal(seen?.itemNumber, use.item);
      assert.equal(seen?.quantity, use.quantity);
      assert.equal(seen?.unit, 'EA');
      assert.equal(seen?.facility, use.facility);
      assert.equal(seen?.department, use.location);
      assert.equal(seen?.encounterId, visit);
      assert.equal(seen?.occurredAt, at);
      assert.equal(seen?.kind, use.unit ? 'device' : 'supply');
      assert.deepEqual([seen?.tracking?.lot, seen?.tracking?.serial, seen?.tracking?.expiresOn], [use.unit?.lot, use.unit?.serial, use.unit?.expiresOn]);
    }
  });

  test('agree with what the vendor has in its books, and say nothing of the patient', async () => {
    const client = new pg.Pool({ connectionString: system.databaseUrl, max: 1 });
    const books = await recordedUses(client);
    await client.end();
    const uses = understood((await system.open().pollUses(undefined)).changes);
    assert.deepEqual(
      uses.map((each) => [each.id.split('/')[1], each.tracking?.deviceIdentifier ?? each.itemCode?.code, each.tracking?.serial ?? null]).toSorted(),
      books.map((each) => [each.id, each.gtin ?? each.item, each.serial]).toSorted());
    const patients = books.map((each) => each.patient);
    for (const patient of new Set(patients)) assert.ok(!JSON.stringify(uses).includes(String(patient)));
  });

  test('cost few calls, however many they are', async () => {
    let calls = 0;
    const counting = await startRecordSystem();
    try {
      await counting.vendor.load();
      await counting.record(...day.happenings);
      const original = counting.vendor.faults.middleware;
      Object.assign(counting.vendor.faults, { middleware: (...args: Parameters<typeof original>) => { calls += 1; original(...args); } });
      const { changes } = await counting.poll();
      assert.ok(changes.length >= 60, `${changes.length} uses`);
      assert.ok(calls <= 9, `${calls} calls`);
    } finally {
      await counting.stop();
    }
  });

  test('can each be read by their id', async () => {
    const [supply] = understood((await system.open().pollUses(undefined)).changes).filter((each) => each.kind === 'supply');
    assert.deepEqual(await system.call('getUse', { useId: supply!.id }), supply);
    await assert.rejects(system.call('getUse', { useId: 'SupplyDelivery/none' }), { kind: 'not-found', code: 'unknown-use' });
    await assert.rejects(system.call('getUse', { useId: 'Patient/none' }), { kind: 'not-found', code: 'unknown-use' });
  });
});
