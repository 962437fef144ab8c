import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import type { JsonObject } from '../../../../../sandbox/ehr/json.ts';
import { clinicalDay } from '../../../../../sandbox/ehr/day/clinical-day.ts';
import type { UseChange, UsesFound } from '../../../../../system-apis/ehr/port.ts';
import { DAY, startRecordSystem, type RecordSystem, type RecordSystemOptions } from './record-system.ts';

const day = clinicalDay(5, 3, { day: DAY });
const context = day.happenings.filter((each) => !each.use);
const supply = day.happenings.find((each) => each.kind === 'supply-used')!;
const device = day.happenings.find((each) => each.kind === 'device-used')!;

/** The resources of a use under another id, with whatever is to be different. */
function again(happening: typeof supply, id: string, change: (resource: JsonObject) => JsonObject = (resource) => resource): typeof supply {
  const rename = (resource: JsonObject): JsonObject => ({
    ...resource,
    id: resource.resourceType === 'Device' ? `${id}-device` : id,
    ...(resource.device ? { device: { reference: `Device/${id}-device` } } : {}),
  });
  return { ...happening, id, resources: happening.resources.map((each) => change(rename(each))) };
}

async function withRecord(options: RecordSystemOptions, work: (system: RecordSystem) => Promise<void>): Promise<void> {
  const system = await startRecordSystem(options);
  try {
    await system.vendor.load();
    await system.record(...context);
    await work(system);
  } finally {
    await system.stop();
  }
}

const ids = (changes: readonly UseChange[]) => changes.map((each) => each.useId.split('/')[1]);

describe('following the record', () => {
  let system: RecordSystem;
  let position: unknown;
  const poll = async (): Promise<UseChange[]> => {
    const found: UsesFound = await system.poll(position);
    // As it comes back from where it was kept.
    position = JSON.parse(JSON.stringify(found.position));
    return found.changes;
  };
  before(async () => {
    system = await startRecordSystem({ settings: { uses: { startAt: '2000-01-01T00:00:00Z', lookBackMs: 60_000, pageSize: 200 } } });
    await system.vendor.load();
    await system.record(...context);
  });
  after(() => system.stop());

  test('finds nothing where nothing was used', async () => {
    assert.deepEqual(await poll(), []);
  });

  test('finds each use once, devices and supplies in the order in which they were recorded', async () => {
    await system.record(again(supply, 'one'), again(device, 'two'), again(supply, 'three'));
    assert.deepEqual(ids(await poll()), ['one', 'two', 'three']);
    assert.deepEqual(await poll(), []);
    await system.record(again(device, 'four'));
    assert.deepEqual(ids(await poll()), ['four']);
  });

  test('finds the same again from the same position', async () => {
    await system.record(again(supply, 'five'));
    const [first, second] = [await system.poll(position), await system.poll(position)];
    assert.deepEqual(first, second);
    assert.deepEqual(ids(await poll()), ['five']);
  });

  test('finds a use again when it was changed, and as withdrawn when it was entered in error', async () => {
    const quantity = (value: number) => (resource: JsonObject): JsonObject => ({ ...resource, suppliedItem: { ...(resource.suppliedItem as JsonObject), quantity: { ...((resource.suppliedItem as JsonObject).quantity as JsonObject), value } } });
    await system.record(again(supply, 'one', quantity(7)));
    const [changed] = await poll();
    assert.equal(changed?.state === 'understood' && changed.use.quantity, 7);
    assert.equal(changed?.version, '2');
    await system.record(again(supply, 'one', (resource) => ({ ...quantity(7)(resource), status: 'entered-in-error' })));
    const [withdrawn] = await poll();
    assert.equal(withdrawn?.state, 'withdrawn');
    assert.equal((await system.call('getUse', { useId: 'SupplyDelivery/one' })).status, 'entered-in-error');
  });

  test('finds what was committed late, with a time stamp before the last one seen', async () => {
    await system.record(again(supply, 'late'), again(supply, 'on-time'));
    const database = new pg.Pool({ connectionString: system.databaseUrl, max: 1 });
    const stamp = async (id: string, at: string) => database.query(`update ehr.resource set last_updated = $2::timestamptz, content = jsonb_set(content, '{meta,lastUpdated}', to_jsonb($2::text)) where id = $1`, [id, at]);
    const now = Date.now();
    await database.query(`update ehr.resource set deleted = true where id = 'late'`);
    await stamp('late', new Date(now + 1_000).toISOString());
    await stamp('on-time', new Date(now + 5_000).toISOString());
    assert.deepEqual(ids(await poll()), ['on-time']);
    await database.query(`update ehr.resource set deleted = false where id = 'late'`);
    await database.end();
    const later = system.open();
    const found = await later.pollUses(position);
    await later.close();
    assert.deepEqual(ids(found.changes), ['late']);
  });
});

describe('a crowded record', () => {
  test('is read page by page, each use once', async () => withRecord({ settings: { uses: { startAt: '2000-01-01T00:00:00Z', lookBackMs: 10_000, pageSize: 4 } } }, async (system) => {
    const wanted = Array.from({ length: 17 }, (_, index) => `crowd-${String(index).padStart(2, '0')}`);
    await system.record(...wanted.map((id) => again(supply, id)));
    const seen: (string | undefined)[] = [];
    let found: UsesFound | undefined;
    do {
      found = await system.poll(found?.position);
      seen.push(...ids(found.changes));
    } while (found.hasMore);
    assert.deepEqual(seen, wanted);
  }));

  test('is read through where a whole page has one time stamp, as after an import', async () => withRecord({ settings: { uses: { startAt: '2000-01-01T00:00:00Z', lookBackMs: 10_000, pageSize: 4 } } }, async (system) => {
    const wanted = Array.from({ length: 15 }, (_, index) => `import-${String(index).padStart(2, '0')}`);
    await system.record(...wanted.map((id) => again(supply, id)));
    const database = new pg.Pool({ connectionString: system.databaseUrl, max: 1 });
    await database.query(`update ehr.resource set last_updated = '2026-11-20T10:00:00Z', content = jsonb_set(content, '{meta,lastUpdated}', '"2026-11-20T10:00:00.000Z"') where id like 'import-%'`);
    await database.end();
    const seen: (string | undefined)[] = [];
    let found: UsesFound | undefined;
    do {
      found = await system.poll(found?.position);
      seen.push(...ids(found.changes));
    } while (found.hasMore);
    assert.deepEqual(seen.toSorted(), wanted);
    assert.equal(new Set(seen).size, wanted.length);
  }));

  test('is searched again where the link to the next page has expired', async () => withRecord({
    vendor: { pageLifetimeMs: -1 }, settings: { uses: { startAt: '2000-01-01T00:00:00Z', lookBackMs: 10_000, pageSize: 3 } },
  }, async (system) => {
    const wanted = Array.from({ length: 10 }, (_, index) => `gone-${index}`);
    await system.record(...wanted.map((id) => again(supply, id)));
    const seen: (string | undefined)[] = [];
    let found: UsesFound | undefined;
    do {
      found = await system.poll(found?.position);
      seen.push(...ids(found.changes));
    } while (found.hasMore);
    assert.deepEqual(seen.toSorted(), wanted);
  }));
});

describe('where following begins', () => {
  test('is the first start, unless the settings say otherwise', async () => withRecord({ settings: { uses: { lookBackMs: 0, pageSize: 200 } } }, async (system) => {
    await system.record(again(supply, 'before'));
    const fresh = system.open();
    const first = await fresh.pollUses(undefined);
    assert.deepEqual(first.changes, []);
    await system.record(again(supply, 'after'));
    assert.deepEqual(ids((await fresh.pollUses(first.position)).changes), ['after']);
    await fresh.close();
  }));

  test('cannot be the position of something else', async () => withRecord({}, async (system) => {
    await assert.rejects(system.poll({ offset: 3 }), { kind: 'internal', code: 'position-unknown' });
  }));
});

describe('uses that are not as they should be', () => {
  let system: RecordSystem;
  before(async () => {
    system = await startRecordSystem();
    await system.vendor.load();
    await system.record(...context);
  });
  after(() => system.stop());

  const without = (...names: string[]) => (resource: JsonObject): JsonObject => Object.fromEntries(Object.entries(resource).filter(([name]) => !names.includes(name)));
  const item = (change: JsonObject) => (resource: JsonObject): JsonObject => ({ ...resource, suppliedItem: { ...(resource.suppliedItem as JsonObject), ...change } });
  const odd: [title: string, use: typeof supply, change: object][] = [
    ['a supply without a quantity is in trouble', again(supply, 'no-quantity', (resource) => ({ ...resource, suppliedItem: without('quantity')(resource.suppliedItem as JsonObject) })), { state: 'troubled', code: 'missing-quantity', detail: 'SupplyDelivery.suppliedItem.quantity has no value above zero' }],
    ['a supply of nothing is in trouble', again(supply, 'zero', item({ quantity: { value: 0, code: '{each}' } })), { state: 'troubled', code: 'missing-quantity' }],
    ['a supply in a unit that nobody told us of is in trouble', again(supply, 'millilitres', item({ quantity: { value: 5, code: 'mL' } })), { state: 'troubled', code: 'unknown-unit' }],
    ['a supply that is still under way is no use yet', again(supply, 'under-way', (resource) => ({ ...resource, status: 'in-progress' })), { state: 'understood' }],
    ['a withdrawn one needs no more than its id', again(supply, 'withdrawn', (resource) => ({ ...without('suppliedItem', 'destination')(resource), status: 'entered-in-error' })), { state: 'withdrawn' }],
    ['a use without a procedure or a place is one all the same', again(supply, 'placeless', without('extension', 'destination')), { state: 'understood' }],
    ['a device without a label is one all the same', again(device, 'unlabelled', without('udiCarrier', 'lotNumber', 'serialNumber', 'expirationDate')), { state: 'understood' }],
  ];

  for (const [title, use, change] of odd) {
    test(title, async () => {
      await system.record(use);
      const { changes } = await system.poll();
      const seen = changes.find((each) => ids([each])[0] === use.id);
      assert.deepEqual(Object.fromEntries(Object.entries(seen ?? {}).filter(([name]) => name in change)), change);
    });
  }

  test('one whose procedure is gone is in trouble until it is back', async () => {
    await system.record(again(supply, 'orphan'));
    const database = new pg.Pool({ connectionString: system.databaseUrl, max: 1 });
    const gone = async (isGone: boolean) => database.query(`update ehr.resource set deleted = $1 where type = 'Procedure'`, [isGone]);
    await gone(true);
    const troubled = await system.adapter.readUse('SupplyDelivery/orphan');
    assert.deepEqual([troubled?.state, troubled?.state === 'troubled' && troubled.code], ['troubled', 'unresolved-reference']);
    await assert.rejects(system.call('getUse', { useId: 'SupplyDelivery/orphan' }), { kind: 'upstream-broken', code: 'unresolved-reference' });
    await gone(false);
    await database.end();
    assert.equal((await system.adapter.readUse('SupplyDelivery/orphan'))?.state, 'understood');
    assert.equal(await system.adapter.readUse('SupplyDelivery/never-was'), undefined);
  });

  test('a device that is still in the patient was used, one that is planned was not', async () => {
    for (const [status, expected] of [['active', 'completed'], ['stopped', 'completed'], ['intended', 'other']] as const) {
      await system.record(again(device, `status-${status}`, (resource) => (resource.resourceType === 'Device' ? resource : { ...resource, status })));
      assert.equal((await system.call('getUse', { useId: `DeviceUseStatement/status-${status}` })).status, expected);
    }
  });
});
