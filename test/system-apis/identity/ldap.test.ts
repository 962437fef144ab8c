import { Client } from 'ldapts';
import { directoryConformance, type DirectoryUnderTest } from './conformance.ts';
import { ldapSandbox, ldapSettings, openLdap } from './support.ts';

const WRITES = ['ADD', 'MODIFY'];

directoryConformance('an LDAP directory', async (): Promise<DirectoryUnderTest> => {
  const sandbox = await ldapSandbox();
  const { books, faults, people } = sandbox;
  const settings = ldapSettings(sandbox);
  const change = async (operation: string, group: string) => (await books.rows<{ number: string }>(
    `select number from directory.changes where operation = $1 and dn = $2 order by number desc limit 1`, [operation, `cn=${group},${sandbox.groups}`]))[0]!.number;
  return {
    port: openLdap(settings),
    misconfigured: { port: openLdap({ ...settings, password: 'not-the-password' }), secret: 'not-the-password' },
    endsSessions: false,
    state: async () => JSON.stringify(await books.rows('select max(number) from directory.changes')),
    wasLeftFirst: async (left, entered) => Number(await change('modify delete', left)) < Number(await change('modify add', entered)),
    async namesOf(personId) {
      const rows = await books.rows<{ given: string; family: string }>(
        `select attributes->'givenName'->>0 as given, attributes->'sn'->>0 as family from directory.entries where attributes->'employeeNumber' ? $1`, [personId]);
      return rows;
    },
    async plant(count) {
      const client = new Client({ url: sandbox.url });
      await client.bind(sandbox.serviceDn, sandbox.password);
      const entry = { objectClass: ['inetOrgPerson'], cn: 'Bulk', sn: 'Bulk' };
      for (let number = 1; number <= count; number += 1) await client.add(`uid=bulk${number},${people}`, { ...entry, uid: `bulk${number}`, employeeNumber: `BULK-${number}` });
      await client.add(`uid=printer,${people}`, { ...entry, uid: 'printer' });
      await client.unbind();
    },
    trouble: {
      loseNextAnswer: () => faults.set({ kind: 'answerLost', rate: 1 }, { methods: WRITES, times: 1 }),
      dropNextWrite: () => faults.set({ kind: 'down' }, { methods: WRITES, times: 1 }),
      setDown: (isDown) => faults.set({ kind: isDown ? 'down' : 'none' }),
    },
    tearDown: sandbox.stop,
  };
});
