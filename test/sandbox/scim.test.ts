import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startScim, type RunningScim } from '../../sandbox/scim/start.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

interface Resource { id: string; totalResults: number; userName?: string; meta: { version: string }; Resources: Resource[]; groups: { display: string }[]; members: { value: string }[]; patch: { supported: boolean } }

describe('the simulated SCIM providers', () => {
  let database: TestDatabase;
  let provider: RunningScim;
  const start = () => startScim({ databaseUrl: database.url, port: 0, seed: 1, tenants: { applications: { groups: ['Staff'], token: 'one' }, badges: { groups: ['Zone 1'], token: 'two', patch: false } } });
  const USER = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'] };
  const patch = (...operations: object[]) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations });

  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}, tenant = 'applications'): Promise<{ status: number; body: Resource }> {
    const { baseUrl, token } = provider.tenants[tenant]!;
    const answer = await fetch(`${baseUrl}${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json', ...headers }, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Resource };
  }

  before(async () => {
    database = await createTestDatabase();
    provider = await start();
  });
  after(async () => {
    await provider?.close();
    await database?.drop();
  });

  it('ask for the token of their own tenant', async () => {
    assert.equal((await ask('GET', '/Users', undefined, { authorization: 'Bearer two' })).status, 401);
    assert.equal((await ask('GET', '/Users', undefined, { authorization: '' })).status, 401);
    assert.equal((await fetch(`${provider.url}/attic/scim/v2/Users`, { headers: { authorization: 'Bearer one' } })).status, 404);
  });

  it('keep user names apart in a tenant, whatever their letters', async () => {
    assert.equal((await ask('POST', '/Users', { ...USER, userName: 'jane.doe' })).status, 201);
    assert.equal((await ask('POST', '/Users', { ...USER, userName: 'Jane.Doe' })).status, 409);
    assert.equal((await ask('POST', '/Users', { ...USER, userName: 'jane.doe' }, {}, 'badges')).status, 201);
    assert.equal((await ask('POST', '/Users', { ...USER })).status, 400);
  });

  it('show groups on their members, and take members one by one', async () => {
    const { body: { id } } = await ask('POST', '/Users', { ...USER, userName: 'member', externalId: 'P-1' });
    const { body: { Resources: [staff] } } = await ask('GET', `/Groups?filter=${encodeURIComponent('displayName eq "Staff"')}`);
    await ask('PATCH', `/Groups/${staff!.id}`, patch({ op: 'add', path: 'members', value: [{ value: id }] }));
    assert.deepEqual((await ask('GET', `/Users?filter=${encodeURIComponent('externalId eq "P-1"')}`)).body.Resources[0]!.groups.map(({ display }) => display), ['Staff']);
    assert.equal((await ask('PATCH', `/Groups/${staff!.id}`, patch({ op: 'add', path: 'members', value: [{ value: 'nobody' }] }))).status, 400);
    await ask('PATCH', `/Groups/${staff!.id}`, patch({ op: 'remove', path: `members[value eq "${id}"]` }));
    assert.deepEqual((await ask('GET', `/Users/${id}`)).body.groups, []);
  });

  it('lose no member when several come at once', async () => {
    const { body: { Resources: [staff] } } = await ask('GET', '/Groups');
    const ids = await Promise.all([1, 2, 3, 4, 5].map(async (number) => (await ask('POST', '/Users', { ...USER, userName: `crowd${number}` })).body.id));
    await Promise.all(ids.map((value) => ask('PATCH', `/Groups/${staff!.id}`, patch({ op: 'add', path: 'members', value: [{ value }] }))));
    assert.deepEqual((await ask('GET', `/Groups/${staff!.id}`)).body.members.map(({ value }) => value).toSorted(), ids.toSorted());
  });

  it('take no change of what somebody else changed first, and no part of a resource where they cannot', async () => {
    assert.equal((await ask('GET', '/ServiceProviderConfig', undefined, {}, 'badges')).body.patch.supported, false);
    const { body: { Resources: [zone] } } = await ask('GET', '/Groups', undefined, {}, 'badges');
    assert.equal((await ask('PATCH', `/Groups/${zone!.id}`, patch(), {}, 'badges')).status, 501);
    const whole = { ...zone!, members: [] };
    assert.equal((await ask('PUT', `/Groups/${zone!.id}`, whole, { 'if-match': zone!.meta.version }, 'badges')).status, 200);
    assert.equal((await ask('PUT', `/Groups/${zone!.id}`, whole, { 'if-match': zone!.meta.version }, 'badges')).status, 412);
  });

  it('give no more at once than they like', async () => {
    for (let number = 1; number <= 105; number += 1) await ask('POST', '/Users', { ...USER, userName: `many${number}` }, {}, 'badges');
    const { body: first } = await ask('GET', '/Users?startIndex=1&count=500', undefined, {}, 'badges');
    const { body: second } = await ask('GET', '/Users?startIndex=101&count=500', undefined, {}, 'badges');
    assert.deepEqual([first.totalResults, first.Resources.length, second.Resources.length], [106, 100, 6]);
    assert.equal(new Set([...first.Resources, ...second.Resources].map(({ id }) => id)).size, 106);
  });

  it('hold after a restart what they held before', async () => {
    const { body: { id } } = await ask('POST', '/Users', { ...USER, userName: 'lasting' });
    await provider.close();
    provider = await start();
    assert.equal((await ask('GET', `/Users/${id}`)).body.userName, 'lasting');
    assert.equal((await ask('GET', '/Groups')).body.totalResults, 1);
  });
});
