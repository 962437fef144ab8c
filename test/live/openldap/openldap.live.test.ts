import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Attribute, Change, Client } from 'ldapts';
import { directoryConformance, RIGHTS, type DirectoryUnderTest } from '../../system-apis/identity/conformance.ts';
import { ldapSettings, openLdap } from '../../system-apis/identity/support.ts';
import { startLosingProxy } from './losing-proxy.ts';
import { startSlapd, type Slapd } from './slapd.ts';

async function administrator({ port, adminDn, password }: Slapd): Promise<Client> {
  const client = new Client({ url: `ldap://127.0.0.1:${port}` });
  await client.bind(adminDn, password);
  return client;
}

directoryConformance('OpenLDAP', async (): Promise<DirectoryUnderTest> => {
  const slapd = await startSlapd(RIGHTS);
  const proxy = await startLosingProxy(slapd.port);
  const admin = await administrator(slapd);
  const { people, groups } = slapd;
  const settings = ldapSettings({ ...slapd, url: proxy.url });
  const numbersIn = async (base: string, scope: 'base' | 'sub') => (await admin.search(base, { scope, attributes: ['entryCSN'], paged: true })).searchEntries.map((entry) => String(entry['entryCSN'])).toSorted();
  return {
    port: openLdap(settings),
    misconfigured: { port: openLdap({ ...settings, password: 'not-the-password' }), secret: 'not-the-password' },
    endsSessions: false,
    state: async () => JSON.stringify([await numbersIn(people, 'sub'), await numbersIn(groups, 'sub')]),
    // The server numbers its changes: by time, and within one moment in their order.
    async wasLeftFirst(left, entered) {
      const numberOf = async (name: string) => (await numbersIn(`cn=${name},${groups}`, 'base'))[0]!;
      return await numberOf(left) < await numberOf(entered);
    },
    async namesOf(personId) {
      const { searchEntries } = await admin.search(people, { filter: `(employeeNumber=${personId})`, attributes: ['givenName', 'sn'] });
      return searchEntries.map((entry) => ({ given: String(entry['givenName']), family: String(entry['sn']) }));
    },
    async plant(count) {
      const entry = { objectClass: ['inetOrgPerson'], cn: 'Bulk', sn: 'Bulk' };
      for (let number = 1; number <= count; number += 1) await admin.add(`uid=bulk${number},${people}`, { ...entry, uid: `bulk${number}`, employeeNumber: `BULK-${number}` });
      await admin.add(`uid=printer,${people}`, { ...entry, uid: 'printer' });
    },
    trouble: proxy,
    async tearDown() {
      await admin.unbind();
      await proxy.close();
      await slapd.stop();
    },
  };
});

describe('OpenLDAP, as its adapter takes it to be', () => {
  let slapd: Slapd;
  let admin: Client;
  const person = { status: 'active' as const, rights: ['Zone_1'], endSessions: false, name: { given: 'Live', family: 'One' } };

  before(async () => {
    slapd = await startSlapd(RIGHTS);
    admin = await administrator(slapd);
  });
  after(async () => {
    await admin?.unbind();
    await slapd?.stop();
  });

  const open = () => openLdap(ldapSettings({ ...slapd, url: `ldap://127.0.0.1:${slapd.port}` }));

  it('keeps a group in being with the placeholder alone', async () => {
    const adapter = open();
    const group = `cn=Zone_1,${slapd.groups}`;
    await adapter.hold('P-1', person);
    await admin.modify(group, new Change({ operation: 'delete', modification: new Attribute({ type: 'member', values: [slapd.serviceDn] }) }));
    await adapter.hold('P-1', { ...person, rights: [] });
    const { searchEntries: [left] } = await admin.search(group, { scope: 'base' });
    assert.equal(left?.['member'], slapd.serviceDn);
    await adapter.close();
  });

  it('lets nobody sign in with an account that is disabled', async () => {
    const adapter = open();
    await adapter.hold('P-2', { ...person, name: { given: 'Live', family: 'Two' } });
    const dn = `uid=live.two,${slapd.people}`;
    await admin.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type: 'userPassword', values: ['a password'] }) }));
    const signIn = async () => {
      const client = new Client({ url: `ldap://127.0.0.1:${slapd.port}` });
      await client.bind(dn, 'a password').finally(() => client.unbind());
    };
    await signIn();
    await adapter.hold('P-2', { ...person, status: 'disabled', rights: [] });
    await assert.rejects(signIn(), { code: 49 });
    await adapter.hold('P-2', person);
    await signIn();
    await adapter.close();
  });

  it('knows people whose entries others have named, whatever stands in their names', async () => {
    const names = { 'P-A': ['Doe, Jane + "Jo" <x>; #1 \\ 2', 'Doe\\, Jane \\+ \\"Jo\\" \\<x\\>\\; #1 \\\\ 2'], 'P-B': ['(cn=*) ✚ Ärztin', '(cn=*) ✚ Ärztin'], 'P-C': ['#hash', '\\#hash'] };
    const adapter = open();
    for (const [personId, [cn, rdn]] of Object.entries(names)) {
      await admin.add(`cn=${rdn},${slapd.people}`, { objectClass: ['inetOrgPerson'], cn: cn!, sn: 'Doe', uid: personId.toLowerCase(), employeeNumber: personId });
      assert.deepEqual((await adapter.hold(personId, { ...person, rights: ['Nurses', 'Staff'] })).account?.rights, ['Nurses', 'Staff']);
      assert.deepEqual((await adapter.hold(personId, { ...person, rights: [] })).account?.rights, []);
    }
    await adapter.close();
  });
});
