import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import pg from 'pg';
import { readEmployees } from '../../sandbox/erp/books.ts';
import { BU, errorOf, items, useErp, type Json } from './erp-support.ts';

const PEOPLE = '../../../hcmRestApi/resources/11.13.18.05';
const today = new Date().toISOString().slice(0, 10);

describe('workers of the simulated ERP', () => {
  const client = useErp();

  const hire = (PersonNumber: string, account = '101-7010-5110', change: Json = {}) => client.call('POST', `${PEOPLE}/workers`, {
    PersonNumber, names: [{ LegislationCode: 'US', FirstName: 'Ada', LastName: 'Byron' }],
    workRelationships: [{ LegalEmployerName: 'Lakeside Health', WorkerType: 'E', assignments: [{ ActionCode: 'HIRE', BusinessUnitName: BU, DefaultExpenseAccount: account, ...change }] }],
  }, { 'Effective-Of': 'RangeStartDate=2026-01-05' });

  async function assignmentOf(number: string): Promise<string> {
    const [worker] = items(await client.get(`${PEOPLE}/workers?q=PersonNumber='${number}'&expand=workRelationships.assignments`));
    const self = (worker!['links'] as Json[]).find(({ rel }) => rel === 'self')!['href'] as string;
    const [relationship] = worker!['workRelationships'] as Json[];
    const path = `${PEOPLE}${self.split('/11.13.18.05')[1]}/child/workRelationships/${String(relationship!['PeriodOfServiceId'])}/child/assignments`;
    const [assignment] = items(await client.get(path));
    return `${path}/${((assignment!['links'] as Json[])[0]!['href'] as string).split('/').at(-1)}`;
  }
  const patch = (path: string, body: Json, effectiveOf?: string) => client.call('PATCH', path, body, effectiveOf === undefined ? {} : { 'Effective-Of': effectiveOf });
  async function statesOf(number: string): Promise<unknown[]> {
    const pool = new pg.Pool({ connectionString: client.databaseUrl, max: 1 });
    const rows = await readEmployees(pool).finally(() => pool.end());
    return rows.filter(({ person }) => person === number).map((each) => [each.from, each.to, each.status, each.expenseAccount]);
  }

  test('stand under the application of people and nowhere else', async () => {
    assert.equal((await client.get('workers')).status, 404);
    assert.equal((await client.get(`${PEOPLE}/suppliers`)).status, 404);
    assert.deepEqual(items(await client.get(`${PEOPLE}/workers`)), []);
  });

  test('are hired once under a person number', async () => {
    assert.equal((await hire('P-1')).status, 201);
    const again = await hire('P-1');
    assert.deepEqual([again.status, errorOf(again)['o:errorCode']], [400, 'PER-1530073']);
  });

  test('are not hired with what the hospital does not have', async () => {
    const wrong: [answer: Promise<{ status: number; body: Json }>, code: string][] = [
      [hire('P-9', '101-4711-5110'), 'GL-781030'], [hire('P-9', '101-7999-5110'), 'GL-781036'],
      [hire('P-9', undefined, { BusinessUnitName: 'Nowhere' }), 'PER-1530020'], [hire('P-9', undefined, { AssignmentStatusTypeCode: 'ASLEEP' }), 'PER-1530020'],
      [hire('P-9', undefined, { Shoes: '42' }), 'JBO-27014'],
    ];
    for (const [answer, code] of wrong) assert.equal(errorOf(await answer as never)['o:errorCode'], code);
    assert.deepEqual(await statesOf('P-9'), []);
  });

  test('change from a day on, and keep what was before', async () => {
    await hire('P-2');
    const path = await assignmentOf('P-2');
    const update = `RangeMode=UPDATE;RangeStartDate=${today}`;
    const yesterday = new Date(Date.parse(today) - 86_400_000).toISOString().slice(0, 10);
    assert.equal((await patch(path, { ActionCode: 'ASG_CHANGE', DefaultExpenseAccount: '101-7020-5110' }, update)).status, 200);
    assert.deepEqual(await statesOf('P-2'), [['2026-01-05', yesterday, 'ACTIVE_PROCESS', '101-7010-5110'], [today, '4712-12-31', 'ACTIVE_PROCESS', '101-7020-5110']]);
    assert.equal(errorOf(await patch(path, { ActionCode: 'ASG_CHANGE', DefaultExpenseAccount: null }, update))['o:errorCode'], 'PER-1530411');
    assert.equal((await patch(path, { DefaultExpenseAccount: null }, `RangeMode=CORRECTION;RangeStartDate=${today}`)).status, 200);
    assert.deepEqual((await statesOf('P-2')).at(-1), [today, '4712-12-31', 'ACTIVE_PROCESS', null]);
    assert.equal(errorOf(await patch(path, { ActionCode: 'ASG_CHANGE' }, 'RangeMode=UPDATE;RangeStartDate=2026-02-01'))['o:errorCode'], 'PER-1530412');
  });

  test('take no range that they do not understand, and no key that did not come out of a link', async () => {
    await hire('P-3');
    const path = await assignmentOf('P-3');
    for (const header of ['RangeMode=SOMEHOW', 'RangeStartDate=soon', 'Nonsense']) assert.equal((await patch(path, { ActionCode: 'ASG_CHANGE' }, header)).status, 400);
    assert.equal((await patch(path.replace(/[^/]+$/, '1'), { ActionCode: 'ASG_CHANGE' })).status, 404);
  });
});
