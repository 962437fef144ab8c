import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens, type ServiceTokens } from '#chassis/security/service-tokens.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import schemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import type { Worker } from '#contracts/generated/system/hcm/v1.ts';
import { hcmApi } from '../../../system-apis/hcm/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { payloadKeysIn } from '../../support/payload-keys.ts';
import { forgedCursors, keyedByCode } from '../forged-cursors.ts';
import { aNurse, atSandbox, settingsFor, startVendor, type Vendor } from './support.ts';

interface Answer { status: number; body: Worker & { code?: string; detail?: string; errors?: { pointer: string; code?: string }[]; capabilities: { name: string; supported: boolean; reason?: string }[] } }

describe('the HCM API in a deployable', () => {
  let vendor: Vendor;
  let database: Database;
  let url: string;
  let tokens: ServiceTokens;
  let config: PlatformConfig;
  const enders: (() => Promise<unknown>)[] = [];

  before(async () => {
    vendor = await startVendor();
    const own = await createTestDatabase();
    const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
    await ensureServiceKeys(keys, ['system-apis', 'tester']);
    const port = await freePort();
    url = `http://127.0.0.1:${port}/hcm/v1`;
    config = {
      environment: 'test', log: { level: 'error' }, database: { url: own.url }, keys: { directory: keys }, payloads: await payloadKeysIn(keys),
      deployables: { 'system-apis': { port, apis: ['hcm'], grants: { tester: { scopes: ['hcm:*'] } } } },
      apis: { hcm: { adapter: 'workday', settings: settingsFor(vendor), changes: { pollMs: 50 } } },
    };
    const deployable = await startDeployable({ name: 'system-apis', config, modules: [hcmApi], eventSchemas: schemas as never });
    tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
    database = openDatabase({ url: own.url, log: createLog('test', 'error') });
    enders.push(() => database.close(), () => deployable.stop(), () => own.drop(), () => vendor.stop(), () => rm(keys, { recursive: true }));
  });
  after(async () => { for (const end of enders) await end(); });

  async function call(where: string, body?: object, key = `key-${Math.random()}`): Promise<Answer> {
    const answer = await fetch(`${url}${where}`, {
      headers: { authorization: `Bearer ${await tokens.sign('system-apis')}`, 'content-type': 'application/json', ...(body ? { 'idempotency-key': key } : {}) },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: await answer.json() as never };
  }

  test('hires once for one key, and tells of it once', async () => {
    const body = aNurse();
    const [first, second] = [await call('/workers', body, 'one-key-of-this-test'), await call('/workers', body, 'one-key-of-this-test')];
    assert.equal(first.status, 201);
    assert.deepEqual(second.body, first.body);
    const events = await eventually(async () => {
      const rows = await database.query<{ data: object }>(`select data from chassis.events where type = 'worker.changed.v1' and subject = $1`, [first.body.personId]);
      return rows.length > 0 && rows;
    });
    assert.equal(events.length, 1);
    assert.doesNotMatch(JSON.stringify(events), /Ada|Moor/);
  });

  test('tells of what the HR department does', async () => {
    const { workerId, personId } = await vendor.control.hire(atSandbox);
    await vendor.control.terminate(workerId, '2026-06-30', 'Involuntary_Misconduct');
    await eventually(async () => {
      const rows = await database.query(`select 1 from chassis.events where type = 'worker.changed.v1' and subject = $1 and data->>'endsNow' = 'true'`, [personId]);
      return rows.length === 1;
    });
  });

  test('names what is wrong by its place, and nothing that was said there', async () => {
    const wrong = await call('/workers', aNurse({ npi: '1234567890' }));
    assert.deepEqual([wrong.status, wrong.body.code, wrong.body.errors?.[0]?.pointer], [422, 'invalid-npi', '/npi']);
    const unknown = await call('/workers', aNurse({ jobCode: 'WIZARD' }));
    assert.deepEqual([unknown.status, unknown.body.code, unknown.body.errors?.[0]?.pointer], [422, 'unknown-job', '/jobCode']);
    assert.doesNotMatch(JSON.stringify([wrong, unknown]), /1234567890|WIZARD|Moor/);
  });

  test('says that no files come, and why', async () => {
    const { body } = await call('/capabilities');
    const files = body.capabilities.find((each) => each.name === 'files');
    assert.deepEqual([files?.supported, body.capabilities.find((each) => each.name === 'changes')?.supported], [false, true]);
    for (const where of ['/files', '/files/3f2504e0-4f89-41d3-9a0c-0305e82c3301']) {
      const answer = await call(where);
      assert.deepEqual([answer.status, answer.body.detail], [501, files?.reason]);
    }
  });

  test('refuses cursors that it did not give out', async () => {
    const lists = ['/workers?', '/positions?', '/jobs?', '/departments?', `/workers/${(await vendor.control.hire(atSandbox)).workerId}/time-entries?`];
    for (const list of lists) for (const [what, cursor] of Object.entries({ ...forgedCursors, ...keyedByCode })) {
      const { status, body } = await call(`${list}cursor=${encodeURIComponent(cursor)}`);
      assert.deepEqual([list, what, status, body.errors?.[0]?.pointer.endsWith(':cursor')], [list, what, 400, true]);
    }
  });

  test('does not start with a vendor that nobody knows', async () => {
    const other = { ...config, apis: { hcm: { adapter: 'peopleware', settings: {} } } };
    await assert.rejects(startDeployable({ name: 'system-apis', config: other, modules: [hcmApi], eventSchemas: schemas as never }), /must be one of workday/);
  });

  test('lists the time that a worker entered', async () => {
    const { workerId } = await vendor.control.hire(atSandbox);
    await vendor.control.enterTime(workerId, { workedOn: '2026-02-02', hours: 12.5, type: 'Overtime', status: 'Approved', departmentCode: 'ED' });
    await vendor.control.enterTime(workerId, { workedOn: '2026-02-01', hours: 8, type: 'Regular', status: 'Submitted' });
    const { body } = await call(`/workers/${workerId}/time-entries?from=2026-02-02&to=2026-02-28`) as unknown as { body: { items: { entryId: string }[] } };
    assert.deepEqual(body.items.map(({ entryId: _, ...rest }) => rest), [{ workerId, workedOn: '2026-02-02', hours: 12.5, kind: 'overtime', status: 'approved', departmentCode: 'ED' }]);
  });
});
