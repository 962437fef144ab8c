import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Attribute, Change, Client } from 'ldapts';
import { eventually } from '../../support/eventually.ts';
import { ldapSandbox, ldapSettings, openLdap, type LdapSandbox } from './support.ts';

describe('the connection to an LDAP directory', () => {
  let sandbox: LdapSandbox;
  let directory: string;
  let settings: ReturnType<typeof ldapSettings>;
  const pem = (name: string) => readFile(path.join(directory, name), 'utf8');

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'callosum-ldap-tls-'));
    const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: directory });
    for (const name of ['authority', 'stranger']) await openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`);
    await openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
    await writeFile(path.join(directory, 'server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    await openssl('x509', '-req', '-in', 'server.csr', '-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-out', 'server.pem', '-days', '2', '-extfile', 'server.ext');
    sandbox = await ldapSandbox({ port: 0, key: await pem('server.key'), cert: await pem('server.pem') });
    settings = ldapSettings(sandbox);
  });
  after(async () => {
    await sandbox?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** Each way to speak to the same server. */
  const ways = async () => ({
    'in the clear, where that is asked for': settings,
    'after StartTLS': { ...settings, startTls: true, ca: await pem('authority.pem') },
    'over LDAPS': { ...settings, url: sandbox.secureUrl, ca: await pem('authority.pem') },
  });

  for (const way of ['in the clear, where that is asked for', 'after StartTLS', 'over LDAPS'] as const) {
    it(`works ${way}, and is made anew when the server hung up`, async () => {
      const adapter = openLdap((await ways())[way]);
      const signOns = () => sandbox.faults.done.slow;
      sandbox.faults.set({ kind: 'slow', delayMs: 0 }, { methods: ['BIND'] });
      const before = signOns();
      for (let turn = 0; turn < 3; turn += 1) assert.equal((await adapter.listRights(undefined, 50)).items.length, 5);
      assert.equal(signOns() - before, 1);
      sandbox.hangUp();
      assert.equal((await adapter.listRights(undefined, 50)).items.length, 5);
      assert.equal(signOns() - before, 2);
      sandbox.faults.set({ kind: 'slow', delayMs: 60_000 }, { methods: ['SEARCH'], times: 1 });
      const waited = signOns();
      const interrupted = adapter.listRights(undefined, 50);
      await eventually(async () => signOns() > waited);
      sandbox.hangUp();
      assert.equal((await interrupted).items.length, 5);
      sandbox.faults.set({ kind: 'none' });
      await adapter.close();
    });
  }

  for (const [what, change] of [['after StartTLS', { startTls: true }], ['over LDAPS', {}]] as const) {
    it(`says no password to a server that nobody vouches for ${what}`, async () => {
      const signOns = sandbox.faults.done.slow;
      sandbox.faults.set({ kind: 'slow', delayMs: 0 }, { methods: ['BIND'] });
      const adapter = openLdap({ ...settings, ...change, ca: await pem('stranger.pem'), ...(what === 'over LDAPS' ? { url: sandbox.secureUrl } : {}) });
      await assert.rejects(adapter.listRights(undefined, 50), { kind: 'unavailable', code: 'vendor-unavailable' });
      assert.equal(sandbox.faults.done.slow, signOns);
      sandbox.faults.set({ kind: 'none' });
      await adapter.close();
    });
  }

  it('gives up a server that does not answer in time', async () => {
    const adapter = openLdap({ ...settings, timeoutMs: 100 });
    sandbox.faults.set({ kind: 'slow', delayMs: 60_000 });
    await assert.rejects(adapter.listRights(undefined, 50), { kind: 'upstream-timeout' });
    sandbox.faults.set({ kind: 'none' });
    assert.equal((await adapter.listRights(undefined, 50)).items.length, 5);
    await adapter.close();
  });

  it('passes a busy server on as unavailable', async () => {
    const adapter = openLdap(settings);
    sandbox.faults.set({ kind: 'failing', status: 503, rate: 1 }, { methods: ['SEARCH'] });
    await assert.rejects(adapter.listRights(undefined, 50), { kind: 'unavailable', code: 'vendor-busy' });
    sandbox.faults.set({ kind: 'none' });
    await adapter.close();
  });

  it('knows people whose entries others have named, whatever stands in their names', async () => {
    const client = new Client({ url: sandbox.url });
    await client.bind(sandbox.serviceDn, sandbox.password);
    const names = { 'P-A': ['Doe, Jane + "Jo" <x>; #1 \\ 2', 'Doe\\, Jane \\+ \\"Jo\\" \\<x\\>\\; #1 \\\\ 2'], 'P-B': ['(cn=*) ✚ Ärztin', '(cn=*) ✚ Ärztin'], 'P-C': ['#hash', '\\#hash'] };
    for (const [personId, [cn, rdn]] of Object.entries(names)) {
      await client.add(`cn=${rdn},${sandbox.people}`, { objectClass: ['inetOrgPerson'], cn: cn!, sn: 'Doe', uid: personId.toLowerCase(), employeeNumber: personId });
    }
    const adapter = openLdap(settings);
    for (const personId of Object.keys(names)) {
      const { account } = await adapter.hold(personId, { status: 'active', rights: ['Staff', 'Nurses'], endSessions: false, name: { given: 'New', family: 'Name' } });
      assert.deepEqual([account?.userName, account?.rights], [personId.toLowerCase(), ['Nurses', 'Staff']]);
      assert.deepEqual((await adapter.hold(personId, { status: 'disabled', rights: [], endSessions: false })).account?.rights, []);
    }
    await client.unbind();
    await adapter.close();
  });

  it('leaves a group its placeholder when its last member goes', async () => {
    const client = new Client({ url: sandbox.url });
    await client.bind(sandbox.serviceDn, sandbox.password);
    const adapter = openLdap(settings);
    await adapter.hold('P-LAST', { status: 'active', rights: ['Zone_1'], endSessions: false, name: { given: 'Last', family: 'Member' } });
    const group = `cn=Zone_1,${sandbox.groups}`;
    await client.modify(group, new Change({ operation: 'delete', modification: new Attribute({ type: 'member', values: [sandbox.serviceDn] }) }));
    assert.deepEqual((await adapter.hold('P-LAST', { status: 'active', rights: [], endSessions: false })).account?.rights, []);
    const { searchEntries: [left] } = await client.search(group, { scope: 'base' });
    assert.equal(left?.['member'], sandbox.serviceDn);
    await client.unbind();
    await adapter.close();
  });

  it('lets nobody sign in with an account that is disabled', async () => {
    const admin = new Client({ url: sandbox.url });
    await admin.bind(sandbox.serviceDn, sandbox.password);
    const adapter = openLdap(settings);
    const person = { status: 'active' as const, rights: [], endSessions: false };
    await adapter.hold('P-SIGN', { ...person, name: { given: 'Signs', family: 'In' } });
    const dn = `uid=signs.in,${sandbox.people}`;
    await admin.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type: 'userPassword', values: ['a password'] }) }));
    const signIn = async () => {
      const client = new Client({ url: sandbox.url });
      await client.bind(dn, 'a password').finally(() => client.unbind());
    };
    await signIn();
    await adapter.hold('P-SIGN', { ...person, status: 'disabled' });
    await assert.rejects(signIn(), { code: 49 });
    await adapter.hold('P-SIGN', person);
    await signIn();
    await admin.unbind();
    await adapter.close();
  });

  it('does not choose between two accounts of one person', async () => {
    const client = new Client({ url: sandbox.url });
    await client.bind(sandbox.serviceDn, sandbox.password);
    for (const uid of ['twice1', 'twice2']) await client.add(`uid=${uid},${sandbox.people}`, { objectClass: ['inetOrgPerson'], cn: 'Twice', sn: 'Twice', uid, employeeNumber: 'P-TWICE' });
    const adapter = openLdap(settings);
    await assert.rejects(adapter.hold('P-TWICE', { status: 'disabled', rights: [], endSessions: false }), { kind: 'conflict', code: 'person-has-two-accounts' });
    await client.unbind();
    await adapter.close();
  });
});
