import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { strFromU8, unzipSync } from 'fflate';
import pg from 'pg';
import { handIn, importJournals, interfaceFile, items, outcomeOf, statusOf, useErp } from './erp-support.ts';
import type { Json } from './erp-support.ts';

describe('journals of the simulated ERP', () => {
  const client = useErp();

  async function report(id: string): Promise<string> {
    const details = items(await client.get(`erpintegrations?finder=ESSExecutionDetailsRF;requestId=${id},fileType=LOG`))[0]!;
    return Object.values(unzipSync(Buffer.from(String(details['DocumentContent']), 'base64'))).map((file) => strFromU8(file)).join('');
  }
  const journals = async (batch: string) => items(await client.get(`journalBatches?q=BatchName='${batch}'&expand=journalHeaders.journalLines`));

  /** An import may begin meanwhile; its lines have to wait. Whoever reads does not. */
  async function whileNothingIsPosted<T>(work: () => Promise<T>): Promise<T> {
    const database = new pg.Client({ connectionString: client.databaseUrl });
    await database.connect();
    try {
      await database.query('begin');
      await database.query('lock table erp.journal_lines in exclusive mode');
      return await work();
    } finally {
      await database.end();
    }
  }

  test('a balanced import is posted some time after the answer', async () => {
    const content = interfaceFile([
      { batch: 'B-OK', journal: 'J-1', account: '101-0000-1310', debit: '100.10', reference: 'r-1' },
      { batch: 'B-OK', journal: 'J-1', account: '101-0000-2150', credit: '100.10', reference: 'r-1' },
      { batch: 'B-OK', journal: 'J-2', account: '102-7050-5110', debit: '0.20' },
      { batch: 'B-OK', journal: 'J-2', account: '102-0000-1310', credit: '0.10' },
      { batch: 'B-OK', journal: 'J-2', account: '102-0000-2190', credit: '0.10' },
    ]);
    const request = await whileNothingIsPosted(async () => {
      const id = await handIn(client, content);
      assert.match(await statusOf(client, id), /^(WAIT|RUNNING)$/);
      assert.deepEqual(await journals('B-OK'), []);
      return id;
    });
    assert.equal(await outcomeOf(client, request), 'SUCCEEDED');
    const [batch] = await journals('B-OK');
    const headers = batch!['journalHeaders'] as Json[];
    assert.deepEqual(headers.map((header) => [header['JournalName'], (header['journalLines'] as Json[]).length]), [['J-1', 2], ['J-2', 3]]);
    assert.equal(headers[0]!['ExternalReference'], 'r-1');
    assert.equal((headers[0]!['journalLines'] as Json[])[0]!['EnteredDr'], 100.1);
  });

  test('an unbalanced import posts nothing and says why', async () => {
    const { id, status } = await importJournals(client, interfaceFile([
      { batch: 'B-BAD', journal: 'J-1', account: '101-0000-1310', debit: '100.00' },
      { batch: 'B-BAD', journal: 'J-1', account: '101-0000-2150', credit: '100.00' },
      { batch: 'B-BAD', journal: 'J-2', account: '101-0000-1310', debit: '5.00' },
      { batch: 'B-BAD', journal: 'J-2', account: '101-0000-2150', credit: '4.99' },
    ]));
    assert.equal(status, 'ERROR');
    assert.match(await report(id), /unbalanced.*0\.01/s);
    assert.deepEqual(await journals('B-BAD'), []);
  });

  test('unknown accounts, closed cost centres, closed periods and broken archives end in an error with a report', async () => {
    const year = new Date().getUTCFullYear();
    const pair = (change: Json) => [
      { batch: 'B-X', journal: 'J', account: '101-0000-1310', debit: '1.00', ...change },
      { batch: 'B-X', journal: 'J', account: '101-0000-2150', credit: '1.00' },
    ];
    for (const [content, reason] of [
      [interfaceFile(pair({ account: '101-0000-9999' })), /line 1: EF04 .*101-0000-9999/],
      [interfaceFile(pair({ account: '101-7999-5110' })), /expired/],
      [interfaceFile(pair({ date: `${year - 1}-01-15` })), /EP01/],
      [interfaceFile(pair({ debit: '1.005' })), /EM03/],
      [Buffer.from('not a zip').toString('base64'), /Nothing was posted/],
    ] as const) {
      const { id, status } = await importJournals(client, content);
      assert.equal(status, 'ERROR');
      assert.match(await report(id), reason);
    }
    assert.deepEqual(await journals('B-X'), []);
  });

  test('the same import twice is posted twice', async () => {
    const content = interfaceFile([{ batch: 'B-2', journal: 'J', account: '101-0000-1310', debit: '1' }, { batch: 'B-2', journal: 'J', account: '101-0000-2150', credit: '1' }]);
    await importJournals(client, content);
    await importJournals(client, content);
    assert.equal((await journals('B-2')).length, 2);
  });

  test('the tables themselves refuse a journal that does not balance and any change to what was posted', async () => {
    const database = new pg.Client({ connectionString: client.databaseUrl });
    await database.connect();
    try {
      await database.query('begin');
      await database.query("insert into erp.journal_lines (journal_id, line_number, account_combination, debit) select id, 99, '101-0000-1310', 5 from erp.journals limit 1");
      await assert.rejects(database.query('commit'), /does not balance/);
      await assert.rejects(database.query('update erp.journal_lines set debit = 1'), /append-only/);
      await assert.rejects(database.query('delete from erp.stock_movements'), /append-only/);
    } finally {
      await database.end();
    }
  });
});

describe('an import of journals whose turn has not come', () => {
  const anHour = 3_600_000;
  const client = useErp({ jobDelayMs: anHour });

  test('waits, and nothing is posted', async () => {
    const id = await handIn(client, interfaceFile([{ batch: 'B-W', journal: 'J', account: '101-0000-1310', debit: '1' }, { batch: 'B-W', journal: 'J', account: '101-0000-2150', credit: '1' }]));
    assert.equal(await statusOf(client, id), 'WAIT');
    assert.deepEqual(items(await client.get(`journalBatches?q=BatchName='B-W'`)), []);
  });
});
