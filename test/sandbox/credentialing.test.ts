import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { databaseBeside, startCredentialing, type Credentialing } from '../../sandbox/credentialing/start.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('the simulated credentialing office', () => {
  let database: TestDatabase;
  let office: Credentialing;
  before(async () => {
    database = await createTestDatabase();
    office = await startCredentialing({ databaseUrl: database.url, port: 0, registryPort: 0, seed: 1, clients: [] });
    await office.register({ personId: 'P-1', given: 'Ana', family: 'Lee' });
  });
  after(async () => {
    await office.close();
    await database.drop();
  });

  const heldOn = async (day: string) => (await office.validOn(day)).map((each) => each.code);

  test('lets a licence hold to the end of its last day, and a renewal extend it', async () => {
    await office.grant('P-1', { code: 'RN', issuedOn: '2026-01-01', expiresOn: '2026-06-30' });
    assert.deepEqual([await heldOn('2025-12-31'), await heldOn('2026-06-30'), await heldOn('2026-07-01')], [[], ['RN'], []]);
    await office.renew('P-1', { code: 'RN', expiresOn: '2028-06-30' });
    await office.renew('P-1', { code: 'RN', expiresOn: '2027-06-30' });
    assert.deepEqual(await heldOn('2028-06-30'), ['RN']);
  });

  test('refuses what boards do not do', async () => {
    await assert.rejects(office.grant('P-1', { code: 'RN', issuedOn: '2026-02-01' }), /duplicate key/);
    await assert.rejects(office.reinstate('P-1', { code: 'RN' }), /no RN that is inactive/);
    await assert.rejects(office.grant('P-404', { code: 'RN', issuedOn: '2026-02-01' }), /no file on P-404/);
    await office.grant('P-1', { code: 'BLS', issuedOn: '2026-01-01' });
    await office.revoke('P-1', { code: 'BLS' });
    await assert.rejects(office.renew('P-1', { code: 'BLS', expiresOn: '2030-01-01' }), /no BLS/);
    await assert.rejects(office.liftSanction('P-1', { source: 'OIG-LEIE', to: '2026-01-01' }), /not on OIG-LEIE/);
  });

  test('lets nothing hold while somebody is sanctioned, from the day of the sanction on', async () => {
    await office.sanction('P-1', { source: 'OIG-LEIE', from: '2026-03-10' });
    assert.deepEqual([await heldOn('2026-03-09'), await heldOn('2026-03-10')], [['RN'], []]);
    await office.liftSanction('P-1', { source: 'OIG-LEIE', to: '2026-03-20' });
    assert.deepEqual([await heldOn('2026-03-20'), await heldOn('2026-03-21')], [[], ['RN']]);
  });

  test('gets a database of its own beside another one, once', async () => {
    const beside = await databaseBeside(database.url, 'credentialing');
    assert.equal(await databaseBeside(database.url, 'credentialing'), beside);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(`drop database "${new URL(beside).pathname.slice(1)}"`);
    await client.end();
  });
});
