import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';

import { aJournal, callOf, failureOf, fresh, openAdapter, query, settingsFor, startProxy, startSandbox, today, type Proxy, type Sandbox } from './oracle-fusion-support.ts';

describe('oracle-fusion imports journals by files', () => {
  let sandbox: Sandbox;
  let proxy: Proxy;
  let port: ReturnType<typeof openAdapter>;

  before(async () => {
    sandbox = await startSandbox();
    proxy = await startProxy(sandbox.erp.url);
    port = openAdapter(settingsFor(proxy.url, sandbox.erp.credentials, { cacheMs: 60_000, journals: { gatherMs: 30, pollMs: 10, settleMs: 700, maxPerFile: 50 } }));
    await port.getAccount({ account: '5110' }, callOf());
  });

  after(async () => {
    await port.close();
    await proxy.close();
    await sandbox.stop();
  });

  beforeEach(() => {
    proxy.rewrite = {};
    proxy.seen();
  });

  const post = (changes: Parameters<typeof aJournal>[0] = {}, by = port) => by.createJournal({ body: aJournal(changes) }, callOf());
  const files = () => proxy.seen().filter((each) => each === 'POST erpintegrations').length;
  const closed = { postedOn: '2001-01-31' };

  it('posts the entries of three hundred callers with few files, each as a journal of its own', async () => {
    const made = await Promise.all(Array.from({ length: 300 }, () => post()));
    assert.equal(new Set(made.map((each) => each.number)).size, 300);
    assert.equal(files(), 6);
  });

  it('refuses what the report names to its caller, and posts the others of the file', async () => {
    const answers = await Promise.allSettled([post(), post(closed), post(), post({ postedOn: '2001-02-28' }), post()]);
    assert.deepEqual(answers.map((each) => (each.status === 'fulfilled' ? 'posted' : (each.reason as { code: string }).code)), ['posted', 'period-closed', 'posted', 'period-closed', 'posted']);
    assert.equal(files(), 2);
  });

  it('halves a file where the report names no line', async () => {
    proxy.rewrite.answer = ({ path }, { status, text }) => {
      if (!path.includes('ESSExecutionDetailsRF')) return undefined;
      const answer = JSON.parse(text) as { items: { DocumentContent: string }[] };
      const [[name, log]] = Object.entries(unzipSync(Buffer.from(answer.items[0]!.DocumentContent, 'base64'))) as [[string, Uint8Array]];
      answer.items[0]!.DocumentContent = Buffer.from(zipSync({ [name]: strToU8(strFromU8(log).replaceAll(/line \d+: /g, '')) })).toString('base64');
      return { status, text: JSON.stringify(answer) };
    };
    const answers = await Promise.allSettled([post(), post(), post(), post(closed)]);
    assert.deepEqual(answers.map((each) => each.status), ['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    assert.equal(answers[3].status === 'rejected' && (answers[3].reason as { code: string }).code, 'period-closed');
  });

  it('goes on looking at its job when the vendor cannot be asked for a while', async () => {
    let asked = 0;
    proxy.rewrite.answer = ({ path }) => (path.includes('ESSJobStatusRF') && (asked += 1) < 4 ? { status: 503, text: '' } : undefined);
    assert.ok((await post()).number);
    assert.equal(asked, 4);
  });

  it('does not believe a job that succeeded without a journal', async () => {
    proxy.rewrite.answer = ({ path }, { status, text }) => (path.includes('/journalBatches') ? { status, text: text.replace(/"items":\[.*\],"count"/s, '"items":[],"count"') } : undefined);
    const failure = await failureOf(post());
    assert.deepEqual([failure.kind, failure.code], ['unavailable', 'journal-not-posted']);
  });

  it('a report that cannot be read is named', async () => {
    proxy.rewrite.answer = ({ path }, { status, text }) => (path.includes('ESSExecutionDetailsRF') ? { status, text: text.replace(/"DocumentContent":"[^"]*"/, '"DocumentContent":"bm8gYXJjaGl2ZQ=="') } : undefined);
    const failure = await failureOf(post(closed));
    assert.deepEqual([failure.kind, failure.code], ['upstream-broken', 'vendor-answer-invalid']);
  });

  it('a repeat joins the import that is under way, and both get the same journal', async () => {
    const body = aJournal();
    const [first, second] = await Promise.all([port.createJournal({ body }, callOf()), port.createJournal({ body }, callOf(true))]);
    assert.deepEqual(second, first);
    assert.equal((await port.listJournals({ reference: body.reference }, callOf())).items.length, 1);
  });

  it('when the platform stops, who waits is told that the outcome is open', async () => {
    const ending = openAdapter(settingsFor(proxy.url, sandbox.erp.credentials, { cacheMs: 60_000, journals: { gatherMs: 5_000 } }));
    await ending.getAccount({ account: '5110' }, callOf());
    const waiting = failureOf(post({}, ending));
    await ending.getAccount({ account: '5110' }, callOf());
    await ending.close();
    assert.equal((await waiting).kind, 'unavailable');
  });

  it('keeps texts as they are, and finds an order by its whole number', async () => {
    const documentNumber = fresh('A 1');
    const description = 'Drape "large", =1+1;\nsecond line';
    const first = await post({ documentNumber, description, lines: [{ account: '5110', costCenter: '7010', debit: '0.1', text: 'café' }, { account: '1310', credit: '0.10' }] });
    await post({ documentNumber: `${documentNumber} 2` });
    await post({ documentNumber: `${documentNumber}2` });
    assert.deepEqual((await port.listJournals({ documentNumber }, callOf())).items, [first]);
    assert.deepEqual([first.description, first.lines[0]], [description, { account: '5110', costCenter: '7010', debit: '0.10', text: 'café' }]);
    assert.deepEqual(await port.getAccountBalance({ account: '5110', documentNumber }, callOf()), { account: '5110', currency: 'USD', debit: '0.10', credit: '0.00', balance: '0.10' });
  });

  it('books in the entity of the facility, and only on its cost centres', async () => {
    const entities = async (changes: Parameters<typeof aJournal>[0]) => {
      const { number } = await post(changes);
      const rows = await query<{ entity: string }>(sandbox.databaseUrl, `select distinct left(account_combination, 3) as entity from erp.journal_lines where journal_id = ${number}`);
      return rows.map((row) => row.entity);
    };
    const lines = [{ account: '5110', costCenter: '7050', debit: '1.00' }, { account: '1310', credit: '1.00' }];
    assert.deepEqual(await entities({ lines }), ['101']);
    assert.deepEqual(await entities({ lines, facility: 'EAST' }), ['102']);
    assert.deepEqual(await entities({ facility: 'EAST', lines: [{ account: '2150', debit: '1.00' }, { account: '2010', credit: '1.00' }] }), ['102'], 'no cost centre');
    const { kind, code } = await failureOf(post({ facility: 'EAST' }));
    assert.deepEqual([kind, code], ['refused', 'unknown-account-combination']);
  });

  it('debits equal credits in everything that was posted', async () => {
    assert.deepEqual(await query(sandbox.databaseUrl, 'select journal_id from erp.journal_lines group by journal_id having sum(debit) <> sum(credit)'), []);
    assert.equal((await post()).postedOn, today());
  });
});
