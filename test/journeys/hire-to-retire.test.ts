import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client as LdapClient } from 'ldapts';
import pg from 'pg';
import { signIn } from '../../sandbox/identity/sign-in.ts';
import { openIdentityState } from '../../sandbox/identity/state.ts';
import { demonstrationNpi } from '../../sandbox/hospital/workforce.ts';
import { eventually } from '../support/eventually.ts';
import { startJourney, type Journey } from '../support/journey.ts';

interface Person {
  name: string;
  standing: string;
  steps: { target: string; state: string }[];
  revocation: { isComplete: boolean; systems: { target: string; isConfirmed: boolean; secondsAfter: number }[] } | null;
  withheld: { right: string; because: string }[];
}

const today = () => new Date().toISOString().slice(0, 10);

/** From HR's screen to the systems themselves, each asked in its own protocol by somebody who is not the platform. */
describe('a nurse is hired, loses her licence for a while, and is dismissed', () => {
  let journey: Journey;
  let officer: string;
  let ldap: LdapClient;
  let hired: { workerId: string; personId: string };

  before(async () => {
    journey = await startJourney({ TIME_ZONE: 'UTC' });
    const { urls, ports } = journey.platform;
    const state = openIdentityState(path.join(journey.home, 'identity'));
    officer = (await signIn({ issuer: urls.identity, clientId: 'portal', redirectUri: `${urls.control}/signed-in`, username: 'sam.oduya', password: state.passwordOf('sam.oduya'), scope: 'openid portal' })).accessToken;
    // What credentialing held before its first look is not told.
    const database = new pg.Pool({ connectionString: journey.platform.databaseUrl, max: 1 });
    await eventually(async () => (await database.query('select 1 from credentialing.positions where position is not null')).rows.length > 0).finally(() => database.end());
    ldap = new LdapClient({ url: `ldap://127.0.0.1:${ports.DIRECTORY_PORT}` });
    await ldap.bind('cn=callosum,dc=lakeside,dc=example', await journey.platform.secret('directory-password'));
  });
  after(async () => {
    await ldap?.unbind();
    await journey?.end();
  });

  async function office<T>(where: string, deed: string, ...given: unknown[]): Promise<T> {
    const response = await fetch(`${journey.platform.urls.control}/offices/${where}/${deed}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ given }) });
    const answer: unknown = await response.json();
    assert.ok(response.ok, JSON.stringify(answer));
    return answer as T;
  }
  async function person(): Promise<Person> {
    const query = `query ($id: ID!) { personAtWork(id: $id) { name standing steps { target state } withheld { right because } revocation { isComplete systems { target isConfirmed secondsAfter } } } }`;
    const response = await fetch(`${journey.platform.urls.gateway}/portal/v1/graphql`, { method: 'POST', headers: { 'authorization': `Bearer ${officer}`, 'content-type': 'application/json' }, body: JSON.stringify({ query, variables: { id: hired.personId } }) });
    const answer = await response.json() as { data?: { personAtWork: Person | null }; errors?: unknown };
    assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
    return answer.data!.personAtWork!;
  }
  const groupsInLdap = async () => {
    const { searchEntries } = await ldap.search('dc=lakeside,dc=example', { scope: 'sub', filter: `(employeeNumber=${hired.personId})`, attributes: ['uid', 'memberOf', 'pwdAccountLockedTime'] });
    const [entry] = searchEntries;
    return entry && { groups: [entry['memberOf'] ?? []].flat().map((dn) => /^cn=([^,]+)/i.exec(String(dn))![1]!).toSorted(), isLocked: [entry['pwdAccountLockedTime'] ?? []].flat().length > 0 };
  };
  async function scim(tenant: string): Promise<{ active: boolean; groups: string[] } | undefined> {
    const response = await fetch(`http://127.0.0.1:${journey.platform.ports.SCIM_PORT}/${tenant}/scim/v2/Users?filter=${encodeURIComponent(`externalId eq "${hired.personId}"`)}`, { headers: { authorization: `Bearer ${await journey.platform.secret(`${tenant}-token`)}` } });
    const { Resources = [] } = await response.json() as { Resources?: { active: boolean; groups?: { display: string }[] }[] };
    const [user] = Resources;
    return user && { active: user.active, groups: (user.groups ?? []).map(({ display }) => display).toSorted() };
  }
  const settled = (standing: string) => eventually(async () => {
    const found = await person();
    if (found.standing !== standing || found.steps.some(({ state }) => state !== 'in-step')) throw new Error(JSON.stringify(found));
    return found;
  });

  test('she is given what the policy says, in every system', async () => {
    hired = await office('hr', 'hire', { given: 'Zoë', family: 'Müller, RN', email: 'zoe@lakeside.example', npi: demonstrationNpi(77), hiredOn: today(), jobCode: 'RN', departmentCode: 'CATHLAB', facility: 'MAIN' });
    await office('credentialing', 'register', { personId: hired.personId, given: 'Zoë', family: 'Müller, RN', npi: demonstrationNpi(77) });
    for (const code of ['RN', 'BLS']) await office('credentialing', 'grant', hired.personId, { code, issuedOn: '2024-01-01', expiresOn: '2099-12-31' });
    await eventually(async () => (await scim('applications'))?.groups.includes('charting'));
    const { name } = await settled('WORKING');
    assert.equal(name, 'Zoë Müller, RN');
    assert.deepEqual(await groupsInLdap(), { groups: ['nurses', 'staff'], isLocked: false });
    assert.deepEqual(await scim('applications'), { active: true, groups: ['charting', 'intranet'] });
    assert.deepEqual(await scim('badges'), { active: true, groups: ['cathlab', 'entrances'] });
  });

  test('she loses what needs a licence with it, and gets it back', async () => {
    await office('credentialing', 'suspend', hired.personId, { code: 'RN' });
    await eventually(async () => (await scim('applications'))?.groups.join() === 'intranet');
    const { withheld } = await settled('WORKING');
    assert.ok(withheld.some(({ right, because }) => right === 'MAIN/CATHLAB/nurse' && because === 'credential-suspended'));
    assert.deepEqual(await groupsInLdap(), { groups: ['staff'], isLocked: false });
    await office('credentialing', 'reinstate', hired.personId, { code: 'RN' });
    await eventually(async () => (await groupsInLdap())?.groups.includes('nurses'));
    await settled('WORKING');
  });

  test('she is dismissed, and every system confirms that she holds nothing', async () => {
    await office('hr', 'terminate', hired.workerId, today(), 'Involuntary_Misconduct', true);
    const { revocation } = await eventually(async () => {
      const found = await person();
      return found.revocation?.isComplete ? found : undefined;
    });
    assert.deepEqual(await groupsInLdap(), { groups: [], isLocked: true });
    for (const tenant of ['applications', 'badges']) assert.deepEqual(await scim(tenant), { active: false, groups: [] });
    assert.equal(revocation!.systems.length, 6);
    await settled('LEFT');
  });
});
