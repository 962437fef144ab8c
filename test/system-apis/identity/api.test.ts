import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError, type PlatformConfig } from '#chassis/config/config.ts';
import { connect, type Client } from '#chassis/contract/connect.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { identity, type IdentityOperations } from '#contracts/generated/system/identity/v1.ts';
import { identityApi } from '../../../system-apis/identity/api.ts';
import { openDirectories } from '../../../system-apis/identity/directories.ts';
import { createTestDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { RIGHTS } from './conformance.ts';
import { deps, ldapSandbox, ldapSettings, scimSandbox } from './support.ts';

describe('the identity API', () => {
  let client: Client<IdentityOperations>;
  const enders: (() => Promise<unknown> | void)[] = [];

  before(async () => {
    const [directory, provider, database] = await Promise.all([ldapSandbox(), scimSandbox({ applications: { groups: RIGHTS, sessions: true } }), createTestDatabase()]);
    const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
    await ensureServiceKeys(keys, ['system-apis', 'tester']);
    const port = await freePort();
    const config: PlatformConfig = {
      environment: 'test', log: { level: 'error' }, database: { url: database.url }, keys: { directory: keys },
      deployables: { 'system-apis': { port, apis: ['identity'], grants: { tester: { scopes: ['identity:*'] } } } },
      apis: { identity: { directories: {
        directory: { adapter: 'ldap', settings: ldapSettings(directory) },
        applications: { adapter: 'scim', settings: { ...provider.tenants['applications'], sessions: { path: '/Users/{id}/sessions' } } },
      } } },
    };
    const deployable = await startDeployable({ name: 'system-apis', config, modules: [identityApi], eventSchemas });
    const tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
    const connected = connect(identity, {
      transport(compiled) {
        const transport = overHttp(compiled, { url: `http://127.0.0.1:${port}`, audience: 'system-apis', tokens });
        enders.unshift(() => transport.close());
        return transport;
      },
      log: deps.log, metrics: deps.metrics,
    });
    client = connected;
    enders.push(() => connected.close(), () => deployable.stop(), () => directory.stop(), () => provider.stop(), () => database.drop(), () => rm(keys, { recursive: true }));
  });
  after(async () => { for (const end of enders) await end(); });

  const person = { status: 'active' as const, rights: ['Staff'], endSessions: false, name: { given: 'Jane', family: 'Doe' } };

  it('says which directories there are and what each can do', async () => {
    const { items } = await client.listDirectories({});
    assert.deepEqual(items.map(({ directory, adapter, capabilities }) => [directory, adapter, capabilities.find(({ name }) => name === 'sessions')?.supported]), [['directory', 'ldap', false], ['applications', 'scim', true]]);
  });

  for (const [directory, endsSessions] of [['directory', false], ['applications', true]] as const) {
    it(`holds, reads and lists accounts of ${directory}`, async () => {
      const held = await client.holdAccount({ directory, personId: 'P-20417', body: person });
      assert.deepEqual([held.status, held.rights, 'sessionsEnded' in held], ['active', ['Staff'], false]);
      const account = await client.getAccount({ directory, personId: 'P-20417' });
      assert.deepEqual(account, { personId: 'P-20417', directory, accountId: held.accountId, userName: 'jane.doe', status: 'active', rights: ['Staff'] });
      assert.deepEqual((await client.listAccounts({ directory })).items, [account]);
      assert.deepEqual((await client.listRights({ directory })).items.map(({ right }) => right).toSorted(), [...RIGHTS].toSorted());
      const ended = await client.holdAccount({ directory, personId: 'P-20417', body: { status: 'disabled', rights: [], endSessions: true } });
      assert.deepEqual([ended.status, ended.rights, ended.sessionsEnded], ['disabled', [], endsSessions]);
    });

    it(`says of somebody without an account in ${directory} that nothing is held`, async () => {
      const { confirmedAt, ...held } = await client.holdAccount({ directory, personId: 'P-NONE', body: { status: 'disabled', rights: [], endSessions: false } });
      assert.deepEqual(held, { status: 'none', rights: [] });
      assert.ok(!Number.isNaN(Date.parse(confirmedAt)));
      await assert.rejects(client.getAccount({ directory, personId: 'P-NONE' }), { kind: 'not-found', code: 'no-account' });
    });
  }

  it('knows no other directory', async () => {
    await assert.rejects(client.listRights({ directory: 'attic' }), { kind: 'not-found', code: 'unknown-directory' });
  });

  it('does not start with a directory that cannot be opened, and says all that is wrong', () => {
    assert.throws(() => openDirectories({ directories: { one: { adapter: 'carrier-pigeon', settings: {} }, two: { adapter: 'scim', settings: { baseUrl: 'http://127.0.0.1:1' } } } }, deps), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /directories\/one\/adapter: must be one of ldap, scim/);
      assert.match(error.message, /directories\/two\/settings.*token/);
      return true;
    });
  });
});
