import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { connect, type Client } from '#chassis/contract/connect.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import { checkedSettings, startDeployable, type Deployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import schemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { credentialing, type CredentialingOperations } from '#contracts/generated/system/credentialing/v1.ts';
import { scheduling, type SchedulingOperations } from '#contracts/generated/system/scheduling/v1.ts';
import { credentialingApi } from '../../../system-apis/credentialing/api.ts';
import { schedulingApi } from '../../../system-apis/scheduling/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { payloadKeysIn } from '../../support/payload-keys.ts';
import { startHouse as startPlanning, type House as Planning } from '../scheduling/house.ts';
import { fails } from './conformance.ts';
import { startHouse, type House } from './house.ts';

describe('credentialing and scheduling as they are deployed', () => {
  let house: House;
  let planning: Planning;
  let database: TestDatabase;
  let deployable: Deployable;
  let people: Client<CredentialingOperations> & { close(): void };
  let shifts: Client<SchedulingOperations> & { close(): void };
  let pool: pg.Pool;
  let keys: string;
  const closers: (() => unknown)[] = [];

  before(async () => {
    [house, planning, database] = [await startHouse(), await startPlanning(), await createTestDatabase()];
    keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
    await ensureServiceKeys(keys, ['system-apis', 'tester']);
    const port = await freePort();
    const config: PlatformConfig = {
      environment: 'test', log: { level: 'error' }, database: { url: database.url }, keys: { directory: keys }, payloads: await payloadKeysIn(keys),
      deployables: { 'system-apis': { port, apis: ['credentialing', 'scheduling'], grants: { tester: { scopes: ['credentialing:read', 'scheduling:*'] } } } },
      apis: { credentialing: { adapter: 'fhir-r4', settings: house.settings, changes: { pollMs: 50 } }, scheduling: { adapter: 'ukg', settings: planning.settings } },
    };
    deployable = await startDeployable({ name: 'system-apis', config, modules: [credentialingApi, schedulingApi], eventSchemas: schemas as never });
    const tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
    const deps = { log: createLog('tester', 'error'), metrics: createMetrics('tester') };
    const transport: Parameters<typeof connect>[1]['transport'] = (compiled) => {
      const made = overHttp(compiled, { url: `http://127.0.0.1:${port}`, audience: 'system-apis', tokens });
      closers.push(() => made.close());
      return made;
    };
    people = connect(credentialing, { transport, ...deps });
    shifts = connect(scheduling, { transport, ...deps });
    pool = new pg.Pool({ connectionString: database.url, max: 1 });
  });
  after(async () => {
    people.close();
    shifts.close();
    for (const close of closers) await close();
    await deployable.stop();
    await pool.end();
    await database.drop();
    await planning.leave();
    await house.leave();
    await rm(keys, { recursive: true });
  });

  test('tell what somebody may do, and that it changed', async () => {
    await eventually(async () => (await pool.query('select 1 from credentialing.positions where position is not null')).rowCount === 1);
    await house.office.register({ personId: 'P-1', given: 'Ana', family: 'Lee' });
    await house.office.grant('P-1', { code: 'RN', issuedOn: '2026-01-01' });
    assert.deepEqual((await people.getStanding({ personId: 'P-1' })).credentials.map((each) => each.code), ['RN']);
    const told = await eventually(async () => {
      const { rows } = await pool.query<{ type: string; subject: string }>(`select type, subject from chassis.events where type = 'credential.changed.v1'`);
      return rows.length > 0 && rows;
    });
    assert.deepEqual(told, [{ type: 'credential.changed.v1', subject: 'P-1' }]);
  });

  test('refuse a provider number for its check digit, over the wire as well', async () => {
    const failure = await fails(people.getProvider({ npi: '1234567890' }), 'refused', 'invalid-npi');
    assert.deepEqual(failure.errors?.map((each) => each.pointer), ['parameter:npi']);
  });

  test('hold where somebody may be planned in, by a unit with its slash', async () => {
    const body = { units: ['MAIN/CATHLAB'], skills: ['RN'], name: { given: 'Ana', family: 'Lee' } };
    assert.deepEqual((await shifts.holdEligibility({ personId: 'P-1', body }, { idempotencyKey: 'hold-it-once' })).units, ['MAIN/CATHLAB']);
    const [shiftId] = await planning.plan('MAIN/CATHLAB', 'RN', 1) as [string];
    assert.deepEqual((await shifts.listShifts({ unit: 'MAIN/CATHLAB' })).items.map((each) => each.shiftId), [shiftId]);
    assert.equal((await shifts.assignShift({ shiftId, body: { personId: 'P-1' } }, { idempotencyKey: 'give-it-once' })).personId, 'P-1');
  });

  test('name what is wrong in their settings', () => {
    const mistakes = (apis: object) => assert.throws(() => checkedSettings([credentialingApi, schedulingApi], { apis } as never), /^ConfigError|The configuration has/);
    mistakes({ credentialing: { settings: {} }, scheduling: { adapter: 'ukg', settings: {} } });
    mistakes({ credentialing: { adapter: 'fhir-r4', settings: {}, changes: { pollMs: 1 } } });
  });
});
