import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';

import { readEmployees } from '../../../sandbox/erp/books.ts';
import { callOf, failureOf, openAdapter, query, settingsFor, startProxy, startSandbox, type Proxy, type Sandbox } from './oracle-fusion-support.ts';

const name = { given: 'Rosalind', family: 'Achterberg' };
const END_OF_TIME = '4712-12-31';

describe('employees in Oracle Fusion', () => {
  let sandbox: Sandbox;
  let proxy: Proxy;
  let port: ReturnType<typeof openAdapter>;
  let books: pg.Pool;

  before(async () => {
    sandbox = await startSandbox();
    proxy = await startProxy(sandbox.erp.url);
    port = openAdapter(settingsFor(proxy.url, sandbox.erp.credentials));
    books = new pg.Pool({ connectionString: sandbox.databaseUrl, max: 1 });
  });

  after(async () => {
    await books.end();
    await port.close();
    await proxy.close();
    await sandbox.stop();
  });

  const hold = (personId: string, costCenter: string | undefined, facility = 'MAIN') =>
    port.holdEmployee({ personId, body: costCenter === undefined ? { active: false } : { active: true, facility, costCenter, name } }, callOf());
  const states = async (person: string) => (await readEmployees(books)).filter((each) => each.person === person).map((each) => [each.from, each.to, each.status, each.expenseAccount]);
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  const backdate = (person: string, days: number) => query(sandbox.databaseUrl, `
    update erp.assignments a set effective_start = current_date - ${days} from erp.work_relationships r, erp.workers w where r.id = a.relationship_id and w.id = r.worker_id and w.person_number = '${person}'`);

  it('keep what held before, from day to day', async () => {
    await hold('P-1', '7010');
    await backdate('P-1', 10);
    await hold('P-1', '7020');
    await hold('P-1', '7090');
    assert.deepEqual(await states('P-1'), [[daysAgo(10), daysAgo(1), 'ACTIVE_PROCESS', '101-7010-5110'], [daysAgo(0), END_OF_TIME, 'ACTIVE_PROCESS', '101-7090-5110']]);
    await hold('P-1', undefined);
    assert.deepEqual((await states('P-1')).at(-1), [daysAgo(0), END_OF_TIME, 'SUSPEND_NO_PROCESS', null]);
  });

  it('are charged in the facility that is named', async () => {
    const { confirmedAt: _at, ...held } = await hold('P-2', '7050', 'EAST');
    assert.deepEqual(held, { active: true, facility: 'EAST', costCenter: '7050' });
    assert.deepEqual((await states('P-2')).map(([, , , account]) => account), ['102-7050-5110']);
  });

  it('are not written to when nothing changes', async () => {
    await hold('P-3', '7010');
    proxy.seen();
    await hold('P-3', '7010');
    assert.deepEqual(proxy.seen().filter((each) => !each.startsWith('GET')), []);
  });

  it('with several assignments lose those beside the one that is held', async () => {
    await hold('P-4', '7010');
    await query(sandbox.databaseUrl, `
      insert into erp.assignments (relationship_id, effective_start, status, action, business_unit, expense_account)
      select relationship_id, effective_start, status, action, business_unit, '101-7020-5110' from erp.assignments a
      join erp.work_relationships r on r.id = a.relationship_id join erp.workers w on w.id = r.worker_id where w.person_number = 'P-4'`);
    await hold('P-4', '7010');
    assert.deepEqual((await states('P-4')).map(([, , status]) => status).toSorted(), ['ACTIVE_PROCESS', 'SUSPEND_NO_PROCESS']);
    await hold('P-4', undefined);
    assert.deepEqual(new Set((await states('P-4')).map(([, , status]) => status)), new Set(['SUSPEND_NO_PROCESS']));
  });

  it('under numbers that are no person ids of ours are not listed', async () => {
    await query(sandbox.databaseUrl, "insert into erp.workers (person_number, first_name, last_name) values ('CW 0001', 'Bo', 'Temp')");
    const { items } = await port.listEmployees({ limit: 200 }, callOf());
    assert.deepEqual(items.map((each) => each.personId), ['P-1', 'P-2', 'P-3', 'P-4']);
  });

  it('are made once when two make them at once', async () => {
    const outcomes = await Promise.allSettled([hold('P-5', '7010'), hold('P-5', '7010')]);
    for (const each of outcomes) if (each.status === 'rejected') assert.equal((each.reason as { kind: string }).kind, 'in-progress');
    await hold('P-5', '7010');
    assert.equal((await states('P-5')).length, 1);
  });

  it('are told with the place of a cost centre that closed since', async () => {
    proxy.rewrite = { answer: (exchange, answer) => (exchange.path.includes('/child/values') ? { ...answer, text: answer.text.replace('2024-06-30', '2099-12-31') } : undefined) };
    const failure = await failureOf(hold('P-6', '7999'));
    proxy.rewrite = {};
    assert.deepEqual([failure.kind, failure.code, failure.errors?.map((each) => each.pointer)], ['refused', 'cost-center-closed', ['/costCenter']]);
  });

  it('are lacking where it is not configured how they are entered', async () => {
    const other = openAdapter(settingsFor(sandbox.erp.url, sandbox.erp.credentials, { employees: undefined }));
    const { capabilities } = await other.getCapabilities({}, callOf());
    assert.deepEqual(capabilities.filter((each) => each.name === 'employees').map((each) => [each.supported, typeof each.reason]), [[false, 'string']]);
    assert.equal((await failureOf(other.getEmployee({ personId: 'P-1' }, callOf()))).kind, 'not-supported');
    await other.close();
  });
});
