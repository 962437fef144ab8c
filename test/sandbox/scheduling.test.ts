import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ORG_ROOT, startScheduling, type Scheduling } from '../../sandbox/scheduling/start.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ED = `${ORG_ROOT}/MAIN/ED`;

describe('the simulated planning of shifts', () => {
  let database: TestDatabase;
  let planning: Scheduling;
  let token: string;
  before(async () => {
    database = await createTestDatabase();
    planning = await startScheduling({ databaseUrl: database.url, port: 0, seed: 1, clients: [{ id: 'planner', secret: 's' }] });
    const answer = await fetch(planning.tokenUrl, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'planner', client_secret: 's' }) });
    token = ((await answer.json()) as { access_token: string }).access_token;
  });
  after(async () => {
    await planning.close();
    await database.drop();
  });

  async function ask(method: string, path: string, body: unknown, headers = { authorization: `Bearer ${token}` }): Promise<{ status: number; errorCode?: string; body: Record<string, unknown> }> {
    const answer = await fetch(`${planning.url}/api/v1${path}`, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    const text = await answer.text();
    const read = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status: answer.status, ...(typeof read['errorCode'] === 'string' ? { errorCode: read['errorCode'] } : {}), body: read };
  }
  async function employ(personNumber: string): Promise<number> {
    const { body } = await ask('POST', '/commons/persons', { personInformation: { person: { personNumber, firstName: 'A', lastName: 'B' } } });
    const { personId } = (body as { personInformation: { person: { personId: number } } }).personInformation.person;
    await ask('PUT', `/commons/persons/${personId}/job_transfer_entries`, [{ orgPath: ED }]);
    await ask('PUT', `/scheduling/employee_skills/${personId}`, [{ qualifier: 'RN' }]);
    return personId;
  }
  const take = (shift: string | undefined, version: number, id: number | null) => ask('PUT', `/scheduling/schedule/shifts/${shift}`, { version, employee: id === null ? null : { id }, comments: [] });

  test('lets nobody in without a token', async () => {
    assert.equal((await ask('POST', '/commons/persons/multi_read', {}, { authorization: 'Bearer nothing' })).status, 401);
  });

  test('refuses more than 500 at once', async () => {
    const values = Array.from({ length: 501 }, (_, index) => `P-${index}`);
    assert.deepEqual(await ask('POST', '/commons/persons/multi_read', { where: { employees: { key: 'personnumber', values } } }).then(({ status, errorCode }) => [status, errorCode]), [413, 'WCO-106194']);
    assert.equal((await ask('POST', '/scheduling/employee_skills/multi_read', { where: { employees: { ids: values.map((_, index) => index) } } })).status, 413);
  });

  test('gives a shift to no two, and nobody two at once', async () => {
    const [ana, ben] = [await employ('P-1'), await employ('P-2')];
    const [early, late] = await planning.plan([{ orgPath: ED, skill: 'RN', starts: '2031-01-01T07:00:00', ends: '2031-01-01T15:00:00' }, { orgPath: ED, skill: 'RN', starts: '2031-01-01T14:00:00', ends: '2031-01-01T22:00:00' }]);
    assert.equal((await take(early, 1, ana)).status, 200);
    assert.equal((await take(early, 2, ben)).errorCode, 'WFS-103002');
    assert.equal((await take(late, 1, ana)).errorCode, 'WFS-103004');
    assert.equal((await take(late, 9, ben)).errorCode, 'WFS-103001');
    await planning.lockUntil('2031-01-01T08:00:00');
    assert.equal((await take(early, 2, null)).errorCode, 'WFS-103009');
  });

  test('leaves a shift with who lost the unit, as a violation', async () => {
    const cleo = await employ('P-3');
    const [shift] = await planning.plan([{ orgPath: ED, skill: 'RN', starts: '2031-02-01T07:00:00', ends: '2031-02-01T15:00:00' }]);
    await take(shift, 1, cleo);
    assert.deepEqual(await planning.violations('2000-01-01'), []);
    await ask('PUT', `/commons/persons/${cleo}/job_transfer_entries`, []);
    assert.deepEqual(await planning.violations('2000-01-01'), [{ shiftId: shift, personNumber: 'P-3' }]);
    assert.deepEqual(await planning.violations('2031-03-01T00:00:00'), []);
  });

  test('does of many changes what it can, and says which not', async () => {
    const dan = await employ('P-4');
    const [shift] = await planning.plan([{ orgPath: ED, skill: 'MD', starts: '2031-03-01T07:00:00', ends: '2031-03-01T15:00:00' }]);
    const [other] = await planning.plan([{ orgPath: ED, skill: 'RN', starts: '2031-03-02T07:00:00', ends: '2031-03-02T15:00:00' }]);
    const { status, body } = await ask('POST', '/scheduling/schedule/shifts/multi_update', [shift, other].map((id) => ({ id: Number(id), version: 1, employee: { id: dan }, comments: [] })));
    assert.equal(status, 207);
    assert.deepEqual((body['results'] as { success: boolean }[]).map((each) => each.success), [false, true]);
  });
});
