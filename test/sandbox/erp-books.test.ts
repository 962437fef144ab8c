import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import pg from 'pg';
import {
  readInvoices, readJournalLines, readOrders, readPayments, readReceipts, readRepetitions, readRequisitions, readStockMovements, readTotals,
} from '../../sandbox/erp/books.ts';
import { startErp } from '../../sandbox/erp/start-erp.ts';
import { BU, importJournals, interfaceFile, items, order, receipt, useErp } from './erp-support.ts';

describe('the books of the simulated ERP', () => {
  const client = useErp();

  async function ask<Result>(read: (database: pg.Client) => Promise<Result>): Promise<Result> {
    const database = new pg.Client({ connectionString: client.databaseUrl });
    await database.connect();
    try {
      return await read(database);
    } finally {
      await database.end();
    }
  }

  test('a lost answer leaves a record that its reference finds', async () => {
    client.erp.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['POST'], pathIncludes: '/draftPurchaseOrders', times: 1 });
    await assert.rejects(order(client, { header: { ReferenceNumber: 'lost' }, submit: false }));
    const found = items(await client.get("draftPurchaseOrders?q=ReferenceNumber='lost'"));
    assert.equal(found.length, 1);
    await client.call('DELETE', `draftPurchaseOrders/${found[0]!['POHeaderId']}`);
  });

  test('throttling and outages are answered by the infrastructure, without an ADF error', async () => {
    client.erp.faults.set({ kind: 'throttled', perSecond: 0, retryAfter: false });
    const throttled = await client.get('suppliers');
    assert.equal(throttled.status, 429);
    assert.equal(throttled.headers.get('retry-after'), null);
    client.erp.faults.set({ kind: 'failing', status: 503, rate: 1 });
    const failing = await client.get('suppliers');
    assert.equal(failing.status, 503);
    assert.match(failing.type, /html/);
    client.erp.faults.set({ kind: 'down' });
    await assert.rejects(client.get('suppliers'));
    client.erp.faults.set({ kind: 'none' });
    assert.equal((await client.get('suppliers')).status, 200);
  });

  test('the reconciliation reads every document, what was done twice, and subledgers beside the ledger', async () => {
    const opening = await ask(readTotals);
    assert.equal(opening.ledger.find((each) => each.account === '1310')?.balance, opening.stockValue);

    const po = await order(client, { header: { ReferenceNumber: 'ref-1' }, line: { Quantity: 4, Price: 1500 } });
    await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], { Quantity: 4 }, { Comments: 'asn-9' }));
    const [received] = await ask(readReceipts);
    assert.equal(received?.amount, '6000.00');
    assert.equal(received?.stockValue, '5800.00');
    assert.equal(received?.reference, 'asn-9');
    const between = await ask(readTotals);
    assert.equal(between.receivedNotInvoiced, '6000.00');

    await client.post('invoices', {
      InvoiceNumber: 'R-1', InvoiceAmount: 6000, BusinessUnit: BU, SupplierNumber: 'SUP-100',
      invoiceLines: [{ LineNumber: 1, LineAmount: 6000, Quantity: 4, UnitPrice: 1500, PurchaseOrderNumber: po['OrderNumber'] }],
    });
    await client.action('invoices/action/validateInvoice', { InvoiceNumber: 'R-1', SupplierNumber: 'SUP-100' });
    for (const amount of [1000, 2000]) {
      await client.post('payablesPayments', { BusinessUnit: BU, PayeeNumber: 'SUP-100', PaymentDescription: 'pay-1', relatedInvoices: [{ InvoiceNumber: 'R-1', AmountPaidPaymentCurrency: amount }] });
    }
    await importJournals(client, interfaceFile([
      { batch: 'RCV', journal: 'rcv-1', account: '101-0000-1310', debit: '5800.00', reference: 'asn-9' },
      { batch: 'RCV', journal: 'rcv-1', account: '101-7090-5190', debit: '200.00', reference: 'asn-9' },
      { batch: 'RCV', journal: 'rcv-1', account: '101-0000-2150', credit: '6000.00', reference: 'asn-9' },
    ]));
    const totals = await ask(readTotals);
    assert.equal(totals.receivedNotInvoiced, '0.00');
    assert.equal(totals.payable, '3000.00');
    assert.equal(totals.paid, '3000.00');
    assert.equal(totals.ledger.find((each) => each.account === '1310')?.balance, totals.stockValue);
    assert.deepEqual([totals.unbalancedJournals, totals.stockDifferences, totals.budgetDifferences], [[], 0, 0]);

    assert.equal((await ask(readOrders)).find((line) => line.reference === 'ref-1')?.received, '4');
    assert.equal((await ask(readInvoices))[0]?.paid, '3000.00');
    assert.deepEqual((await ask(readPayments)).map((payment) => payment.amount), ['1000.00', '2000.00']);
    assert.equal((await ask(readStockMovements)).length, 1);
    assert.equal((await ask(readJournalLines)).length, 3);
    assert.deepEqual(await ask(readRequisitions), []);
    assert.deepEqual(await ask(readRepetitions), [{ kind: 'payment', reference: 'pay-1', count: 2 }]);
  });

  test('the books outlive a restart, and a reset empties them', async () => {
    const again = await startErp({ databaseUrl: client.databaseUrl, port: 0, seed: 1 });
    await again.close();
    assert.equal((await ask(readOrders)).length, 1);
    await client.erp.reset();
    assert.deepEqual(await ask(readOrders), []);
    assert.ok((await order(client))['OrderNumber']);
  });

  test('orders that arrive together are neither lost nor mixed up', async () => {
    await client.erp.reset();
    const orders = await Promise.all(Array.from({ length: 20 }, (_, index) => order(client, { header: { ReferenceNumber: `p-${index}` }, schedule: { DestinationTypeCode: 'EXPENSE' }, distribution: { POChargeAccount: '101-7010-5120' } })));
    await Promise.all(orders.map((each) => client.post('receivingReceiptRequests', receipt(each['OrderNumber'], { lotItemLots: undefined }))));
    await Promise.all(orders.map(() => client.post('inventoryStagedTransactions', {
      TransactionTypeName: 'Miscellaneous Issue', OrganizationCode: 'MAIN', SubinventoryCode: 'ED', ItemNumber: 'CON-3002', TransactionQuantity: -3, AccountCombination: '101-7040-5110',
    })));
    const lines = await ask(readOrders);
    assert.equal(new Set(lines.map((line) => line.orderNumber)).size, 20);
    assert.ok(lines.every((line) => line.received === '10'));
    const totals = await ask(readTotals);
    assert.deepEqual([totals.stockDifferences, totals.budgetDifferences], [0, 0]);
    const budget = items(await client.get(`budgetaryControlBalances?q=CostCenter=7010;BudgetPeriod=${new Date().getUTCFullYear()}`))[0]!;
    assert.equal(budget['ObligationAmount'], 290000);
  });
});
