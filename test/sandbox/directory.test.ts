import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Attribute, Change, Client, Control } from 'ldapts';
import { startDirectory, type RunningDirectory } from '../../sandbox/directory/start.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('the simulated directory', () => {
  let database: TestDatabase;
  let directory: RunningDirectory;
  let client: Client;
  const start = () => startDirectory({ databaseUrl: database.url, port: 0, seed: 1, groups: ['Staff'] });
  const signedOn = async (dn: string, password: string) => {
    const one = new Client({ url: directory.url });
    await one.bind(dn, password);
    return one;
  };
  const person = (uid: string, change: object = {}) => client.add(`uid=${uid},${directory.people}`, { objectClass: ['inetOrgPerson'], uid, cn: uid, sn: uid, ...change });
  const change = (operation: 'add' | 'delete' | 'replace', type: string, ...values: string[]) => new Change({ operation, modification: new Attribute({ type, values }) });
  const group = () => `cn=Staff,${directory.groups}`;
  const dnOf = (uid: string) => `uid=${uid},${directory.people}`;

  before(async () => {
    database = await createTestDatabase();
    directory = await start();
    client = await signedOn(directory.serviceDn, directory.password);
  });
  after(async () => {
    await client?.unbind();
    await directory?.close();
    await database?.drop();
  });

  it('refuses what the schema and the tree do not allow, each with its own number', async () => {
    await person('first');
    const refusals: [code: number, Promise<unknown>][] = [
      [68, person('first')], [32, client.add(`uid=x,ou=nowhere,${directory.baseDn}`, { objectClass: ['inetOrgPerson'], uid: 'x', cn: 'x', sn: 'x' })],
      [65, client.add(dnOf('nameless'), { objectClass: ['inetOrgPerson'], uid: 'nameless', cn: 'x' })], [64, client.add(dnOf('other'), { objectClass: ['inetOrgPerson'], uid: 'another', cn: 'x', sn: 'x' })],
      [17, person('odd', { shoeSize: '43' })], [65, person('grouped', { member: dnOf('first') })], [21, person('mail', { mail: 'jürgen@lakeside.example' })],
      [19, person('numbers', { employeeNumber: ['1', '2'] })], [65, client.modify(group(), change('delete', 'member'))], [16, client.modify(group(), change('delete', 'member', dnOf('first')))],
      [20, client.modify(group(), change('add', 'member', directory.serviceDn.toUpperCase()))], [64, client.modify(dnOf('first'), change('replace', 'uid', 'second'))],
      [66, client.del(directory.people)], [32, client.del(dnOf('nobody'))], [34, client.del('no name at all')], [2, client.exop('1.2.3.4')],
      [12, client.search(directory.people, {}, new Control('1.2.3.4.5', { critical: true }))],
    ];
    for (const [index, [code, work]] of refusals.entries()) await assert.rejects(work, { code }, `refusal ${index}`);
  });

  it('lets nobody in without the right password, and tells nobody without one anything', async () => {
    await assert.rejects(signedOn(directory.serviceDn, 'wrong'), { code: 49 });
    await assert.rejects(signedOn(directory.serviceDn, ''), { code: 53 });
    const anonymous = new Client({ url: directory.url });
    await assert.rejects(anonymous.search(directory.people), { code: 32 });
    await assert.rejects(anonymous.del(dnOf('first')), { code: 8 });
    const { searchEntries: [root] } = await anonymous.search('', { scope: 'base' });
    assert.equal(root?.['namingContexts'], directory.baseDn);
    await anonymous.unbind();
    await person('reader', { userPassword: 'letmein' });
    const reader = await signedOn(dnOf('reader'), 'letmein');
    assert.equal((await reader.search(directory.people, { filter: '(uid=reader)' })).searchEntries[0]?.['userPassword'], undefined);
    await assert.rejects(reader.del(dnOf('first')), { code: 50 });
    await reader.unbind();
  });

  it('answers filters as the schema compares', async () => {
    await person('filter1', { givenName: 'Jürgen', employeeNumber: 'F-1' });
    await person('filter2', { givenName: 'Ann  Marie', employeeNumber: 'F-2', description: 'a*b(c)\\d' });
    const found = async (filter: string) => (await client.search(directory.people, { filter, attributes: ['uid'] })).searchEntries.map((entry) => entry['uid']).filter((uid) => String(uid).startsWith('filter'));
    assert.deepEqual(await found('(givenname=JÜRGEN)'), ['filter1']);
    assert.deepEqual(await found('(givenName=ann marie)'), ['filter2']);
    assert.deepEqual(await found('(&(objectClass=person)(employeeNumber=F-*)(!(uid=filter1)))'), ['filter2']);
    assert.deepEqual(await found('(|(uid=filter1)(uid=*ter2))'), ['filter1', 'filter2']);
    assert.deepEqual(await found('(description=a\\2ab\\28c\\29\\5cd)'), ['filter2']);
    assert.deepEqual(await found('(&(uid=filter*)(!(shoeSize=43)))'), []);
    assert.deepEqual(await found('(employeeNumber>=F-1)'), []);
  });

  it('shows what it keeps for itself to who asks for it, and members follow whoever is renamed or removed', async () => {
    await person('member');
    await client.modify(group(), change('add', 'member', dnOf('member')));
    const show = async (uid: string, attributes: string[]) => (await client.search(dnOf(uid), { scope: 'base', attributes })).searchEntries[0]!;
    assert.equal((await show('member', ['memberOf']))['memberOf'], group());
    assert.equal((await show('member', []))['entryUUID'], undefined);
    await client.modifyDN(dnOf('member'), 'uid=renamed');
    assert.equal((await show('renamed', ['memberOf']))['memberOf'], group());
    await client.modify(group(), change('delete', 'member', directory.serviceDn));
    await client.del(dnOf('renamed'));
    assert.equal((await client.search(group(), { scope: 'base' })).searchEntries[0]?.['member'], directory.serviceDn);
  });

  it('gives long lists in pages', async () => {
    for (let number = 0; number < 25; number += 1) await person(`page${number}`);
    const pages = [];
    for await (const { searchEntries } of client.searchPaginated(directory.people, { filter: '(uid=page*)', paged: { pageSize: 10 } })) pages.push(searchEntries.length);
    assert.deepEqual(pages, [10, 10, 5]);
    assert.equal((await client.search(directory.people, { filter: '(uid=page*)', sizeLimit: 7 })).searchEntries.length, 7);
  });

  it('hangs up on what is no LDAP, and serves the next one', async () => {
    const socket = connect(Number(new URL(directory.url).port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume().end('GET / HTTP/1.1\r\n\r\n');
    await closed;
    assert.ok((await client.search(directory.people)).searchEntries.length > 0);
  });

  it('holds after a restart what it held before', async () => {
    await person('lasting', { displayName: 'Lasting' });
    await directory.close();
    directory = await start();
    client = await signedOn(directory.serviceDn, directory.password);
    const { searchEntries: [entry] } = await client.search(directory.people, { filter: '(uid=lasting)' });
    assert.equal(entry?.['displayName'], 'Lasting');
  });
});
