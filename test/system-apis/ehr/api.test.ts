import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { checkedSettings } from '#chassis/deployable/deployable.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { openDatabase } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { listExceptions, type ExceptionState } from '#chassis/watches/exceptions.ts';
import { clinicalDay } from '../../../sandbox/ehr/day/clinical-day.ts';
import { ehrApi } from '../../../system-apis/ehr/api.ts';
import { eventually } from '../../support/eventually.ts';
import { DAY, settingsFor, startRecordSystem, type RecordSystem } from './adapters/fhir-r4/record-system.ts';
import { admission, openSender } from './messages/sender.ts';
import { deployEhr, type EhrDeployable } from './platform.ts';

const day = clinicalDay(3, 4, { day: DAY });
const uses = day.happenings.filter((each) => each.use !== undefined);

describe('the EHR API as it is deployed', () => {
  let system: RecordSystem;
  let deployed: EhrDeployable;
  let database: pg.Pool;
  before(async () => {
    system = await startRecordSystem();
    await system.vendor.load();
    deployed = await deployEhr({ adapter: 'fhir-r4', settings: settingsFor(system.vendor), uses: { pollMs: 50 }, messages: { processedWithinMs: 1_000 } });
    database = new pg.Pool({ connectionString: deployed.databaseUrl, max: 1 });
  });
  after(async () => {
    await database.end();
    await deployed.leave();
    await system.stop();
  });

  async function told(type: string): Promise<{ subject: string; facility: string | null; data: unknown }[]> {
    const { rows } = await database.query<{ subject: string; facility: string | null; data: unknown }>('select subject, facility, data from chassis.events where type = $1 order by xid, seq', [type]);
    return rows;
  }

  test('tells every use of the day once, while it happens', async () => {
    await system.record(...day.happenings);
    const events = await eventually(async () => {
      const all = await told('supply.used.v1');
      return all.length >= uses.length && all;
    });
    assert.deepEqual(events.map((each) => each.subject.split('/')[1]).toSorted(), uses.map((each) => each.id).toSorted());
    assert.deepEqual(new Set(events.map((each) => each.facility)), new Set(uses.map((each) => each.use?.facility)));
  });

  test('reads records and uses over HTTP, the id of a use with its slash included', async () => {
    const [first] = await told('supply.used.v1');
    const { use } = first!.data as { use: { id: string; encounterId: string } };
    assert.deepEqual(await deployed.client.getUse({ useId: use.id }), use);
    const encounter = await deployed.client.getEncounter({ encounterId: use.encounterId });
    assert.equal(encounter.status, 'finished');
    assert.equal((await deployed.client.getPatient({ patientId: encounter.patientId })).id, encounter.patientId);
    const { items } = await deployed.client.listProcedures({ encounterId: use.encounterId });
    assert.ok(items.length > 0);
  });

  test('takes messages in beside, and says what became of them', async () => {
    const sender = await openSender(deployed.mllpPort);
    assert.equal((await sender.send(admission({ controlId: 'OVER-THE-WIRE', visit: 'V-5' }))).code, 'AA');
    sender.close();
    const [event] = await eventually(async () => { const all = await told('clinical-message.received.v1'); return all.length > 0 && all; });
    assert.equal(event?.subject, 'V-5');
    const { items } = await deployed.client.listMessages({});
    assert.deepEqual(items.map((each) => each.controlId), ['OVER-THE-WIRE']);
    await eventually(async () => (await told('clinical-message.processed.v1')).length === 1);
    const messageId = items[0]!.messageId;
    assert.equal((await deployed.client.getMessage({ messageId })).messageType, 'ADT^A01');
    assert.equal((await deployed.client.reprocessMessage({ messageId }, { idempotencyKey: 'read-it-again' })).status, 'processed');
    assert.equal((await told('clinical-message.received.v1')).length, 1);
  });

  test('calls operations when a message it acknowledged is not processed in time, until it is', async () => {
    const own = openDatabase({ url: deployed.databaseUrl, log: createLog('test', 'error') });
    const operator: Principal = { kind: 'user', subject: 'olga', service: 'test', scopes: [], roles: [], facilities: [], bindings: {} };
    const exception = (state: ExceptionState) => eventually(async () => (await listExceptions(own, { key: { kind: 'encounter', value: 'V-6' }, state }, operator)).items[0]);
    // Without it nobody gets a turn at processing.
    await own.query('delete from ehr.message_processing');
    const sender = await openSender(deployed.mllpPort);
    assert.equal((await sender.send(admission({ controlId: 'STUCK', visit: 'V-6' }))).code, 'AA');
    sender.close();
    const missed = await exception('open');
    assert.deepEqual([missed.watch, missed.owner, missed.severity], ['ehr.message-processed', 'role:integration-operations', 'high']);
    await own.query(`insert into ehr.message_processing (name) values ('in order')`);
    assert.equal((await exception('cleared-late')).id, missed.id);
    await own.close();
  });

  test('declares what its parts can do', async () => {
    const { adapter, capabilities } = await deployed.client.getCapabilities({});
    assert.equal(adapter, 'fhir-r4');
    assert.ok(capabilities.every((each) => each.supported || each.reason));
    assert.equal(capabilities.find((each) => each.name === 'clinical-messages')?.supported, true);
  });

  test('goes on after a restart where it stopped, with nothing told twice', async () => {
    const before = (await told('supply.used.v1')).length;
    await deployed.stop();
    const [use] = uses;
    const again = { ...use!, id: 'later', resources: use!.resources.map((each) => ({ ...each, id: `${String(each.id)}-later`, ...(each.device ? { device: { reference: `Device/${String((each.device as { reference: string }).reference.split('/')[1])}-later` } } : {}) })) };
    await system.record(again);
    await deployed.start();
    const events = await eventually(async () => {
      const all = await told('supply.used.v1');
      return all.length > before && all;
    });
    assert.equal(events.length, before + 1);
    assert.match(events.at(-1)!.subject, /-later$/);
  });
});

describe('settings of the EHR API', () => {
  test('are all named that are wrong', () => {
    const mistakes = (apis: object) => assert.throws(() => checkedSettings([ehrApi], { apis: { ehr: apis } } as never), (error: Error) => { assert.match(error.message, /^The configuration has/); return true; });
    mistakes({ settings: {} });
    mistakes({ adapter: 'fhir-r4', settings: {}, mllp: { port: 'x' } });
    mistakes({ adapter: 'fhir-r4', settings: {}, uses: { pollMs: 1 } });
  });
});
