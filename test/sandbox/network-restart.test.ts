import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { coupaOrders, goodsShipped, invoicesSent, ordersUnderstood, pendingWork } from '../../sandbox/network/books.ts';
import { startNetwork } from '../../sandbox/network/start.ts';
import { createTestDatabase } from '../support/database.ts';
import { order, purchaseOrder, quick, signOn, until } from './network-support.ts';

const ORDERS = 40;

test('suppliers that are killed go on where they were, and ship and invoice nothing twice', async () => {
  const database = await createTestDatabase();
  const books = new pg.Pool({ connectionString: database.url });
  const client = { id: 'restart', secret: 'only-for-this-test', scopes: ['core.purchase_order.read', 'core.purchase_order.write'] };
  const runAsProcess = async () => {
    const child = fork(fileURLToPath(new URL('network-process.ts', import.meta.url)), [database.url, client.id, client.secret, '4']);
    const [url] = (await once(child, 'message')) as [string];
    return { url, kill: async () => { child.kill('SIGKILL'); await once(child, 'exit'); } };
  };
  try {
    const first = await runAsProcess();
    const coupa = await signOn({ url: first.url, clients: [client] });
    for (let number = 1; number <= ORDERS; number += 1) {
      await order(coupa, purchaseOrder(`PO-R${number}`, `REQ-R${number}`, {}, { quantity: '8' }));
    }
    await first.kill();
    assert.ok((await pendingWork(books)).openTasks > 0);

    const second = await runAsProcess();
    await until(async () => (await goodsShipped(books)).length >= 3);
    await second.kill();
    assert.ok((await pendingWork(books)).openTasks > 0);

    const third = await startNetwork({ ...quick, databaseUrl: database.url });
    try {
      await until(async () => (await pendingWork(books)).openTasks === 0);
    } finally {
      await third.close();
    }

    const lines = await ordersUnderstood(books);
    assert.equal(lines.length, ORDERS);
    assert.equal((await coupaOrders(books)).length, ORDERS);
    const shipped = await goodsShipped(books);
    const invoiced = await invoicesSent(books);
    for (const line of lines) {
      const left = shipped.filter(({ poNumber }) => poNumber === line.poNumber).reduce((sum, { quantity }) => sum + Number(quantity), 0);
      const billed = invoiced
        .filter(({ poNumber, kind }) => poNumber === line.poNumber && kind === 'original')
        .flatMap((invoice) => invoice.lines)
        .reduce((sum, { quantity }) => sum + Number(quantity), 0);
      const goes = line.lineState === 'shipped';
      const surplus = line.behaviour.startsWith('over-delivery') ? left - 8 : 0;
      assert.equal(left, goes ? 8 + surplus : 0, `${line.poNumber} (${line.behaviour}) shipped ${left}`);
      assert.equal(billed, goes ? 8 + (line.behaviour === 'over-delivery-billed' ? surplus : 0) : 0, `${line.poNumber} (${line.behaviour}) billed ${billed}`);
    }
    assert.equal(new Set(shipped.map(({ shipmentId }) => shipmentId)).size, new Set(shipped.filter(({ arrivedAt }) => arrivedAt).map(({ shipmentId }) => shipmentId)).size);
  } finally {
    await books.end();
    await database.drop();
  }
});

test('what the operator has set outlives a restart', async () => {
  const database = await createTestDatabase();
  try {
    const first = await startNetwork({ ...quick, databaseUrl: database.url });
    await first.control.setMsPerHour(3);
    await first.control.pauseSupplier('SUP-120');
    await first.control.setBehaviour('REQ-KEPT', 'backorder', 'IMP-1001');
    await first.close();
    const second = await startNetwork({ ...quick, databaseUrl: database.url });
    try {
      const state = (await (await fetch(`${second.url}/control`)).json()) as Record<string, unknown>;
      assert.deepEqual(
        [state['msPerHour'], state['pausedSuppliers'], state['overrides']],
        [3, ['SUP-120'], [{ reference: 'REQ-KEPT', itemNumber: 'IMP-1001', behaviour: 'backorder' }]],
      );
    } finally {
      await second.close();
    }
  } finally {
    await database.drop();
  }
});
