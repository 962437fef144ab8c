import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RIGHTS } from './conformance.ts';
import { openScim, scimSandbox, type ScimSandbox } from './support.ts';

const person = { status: 'active' as const, rights: [], endSessions: false };

describe('a SCIM provider', () => {
  let sandbox: ScimSandbox;
  before(async () => { sandbox = await scimSandbox({ applications: { groups: RIGHTS, sessions: true }, badges: { groups: RIGHTS, patch: false } }); });
  after(() => sandbox?.stop());

  it('that asks for patience is told on, with how much', async () => {
    const adapter = openScim(sandbox.tenants['applications']!);
    sandbox.faults.set({ kind: 'throttled', perSecond: 0, retryAfter: true }, { times: 1 });
    await assert.rejects(adapter.getAccount('P-1'), { kind: 'rate-limited', retryAfterMs: 1_000 });
    await adapter.close();
  });

  it('keeps what two people are given in one group at the same time, although it only takes whole groups', async () => {
    const adapters = [1, 2, 3].map(() => openScim(sandbox.tenants['badges']!));
    const held = await Promise.all(adapters.map((adapter, index) => adapter.hold(`P-CLASH-${index}`, { ...person, rights: ['Staff'], name: { given: 'Clash', family: `No ${index}` } })));
    assert.deepEqual(held.map(({ account }) => account?.rights), [['Staff'], ['Staff'], ['Staff']]);
    for (const [index] of adapters.entries()) assert.deepEqual((await adapters[0]!.getAccount(`P-CLASH-${index}`))?.rights, ['Staff']);
    for (const adapter of adapters) await adapter.close();
  });

  it('is asked once what it can do', async () => {
    const adapter = openScim(sandbox.tenants['badges']!);
    sandbox.faults.set({ kind: 'slow', delayMs: 0 }, { pathIncludes: 'ServiceProviderConfig' });
    const before = sandbox.faults.done.slow;
    for (const rights of [['Staff'], ['Nurses'], []]) await adapter.hold('P-ONCE', { ...person, rights, name: { given: 'Asked', family: 'Once' } });
    assert.equal(sandbox.faults.done.slow - before, 1);
    sandbox.faults.set({ kind: 'none' });
    await adapter.close();
  });

  it('ends the sessions of one person and no other where it has an address for that', async () => {
    const adapter = openScim({ ...sandbox.tenants['applications']!, sessions: { path: '/Users/{id}/sessions' } });
    const [leaver, stayer] = await Promise.all(['P-LEAVER', 'P-STAYER'].map(async (personId) => (await adapter.hold(personId, { ...person, name: { given: 'A', family: personId } })).account!));
    for (const { accountId } of [leaver!, leaver!, stayer!]) await sandbox.openSession('applications', accountId);
    assert.equal((await adapter.hold('P-LEAVER', { ...person, status: 'disabled', endSessions: true })).sessionsEnded, true);
    assert.deepEqual(await sandbox.books.rows('select user_id from scim.sessions where ended_at is null'), [{ user_id: stayer!.accountId }]);
    await adapter.close();
  });

  it('is not believed when it answers something else', async () => {
    const { url, tenants } = sandbox;
    for (const baseUrl of [`${tenants['applications']!.baseUrl}/nowhere`, `${url}/nobody/scim/v2`]) {
      const adapter = openScim({ baseUrl, token: tenants['applications']!.token });
      await assert.rejects(adapter.getAccount('P-1'), { kind: 'upstream-broken' });
      await adapter.close();
    }
  });

  it('keeps tenants apart', async () => {
    const [applications, badges] = ['applications', 'badges'].map((tenant) => openScim(sandbox.tenants[tenant]!));
    await applications!.hold('P-APART', { ...person, name: { given: 'Only', family: 'Here' } });
    assert.equal(await badges!.getAccount('P-APART'), undefined);
    await applications!.close();
    await badges!.close();
  });
});
