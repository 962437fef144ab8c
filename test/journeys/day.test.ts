import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isClean } from '../../sandbox/day/report.ts';
import { runDay } from '../../commands/day/run-day.ts';

test('after a day at the hospital nothing is lost, nothing is there twice, and all books agree', async (context) => {
  const ended = new AbortController();
  context.signal.addEventListener('abort', () => ended.abort(), { once: true });
  const report = await runDay({ patients: 3, seed: 7, withFaults: false, keep: false, say: (line) => context.diagnostic(line), signal: ended.signal });
  assert.deepEqual(report.findings.map((each) => each.sentence), []);
  assert.ok(isClean(report));

  // The plan of this seed: what people asked for, and what became of it.
  assert.deepEqual(report.sent, { uses: 21, requisitions: 8, messages: 6 });
  const { refused, rejected, emergency, approvedByHand, escalated, supplierRejected, cancelled, duplicateInvoice, unmappedItem, orders } = report.outcomes;
  assert.deepEqual(
    { refused, rejected, emergency, approvedByHand, escalated, supplierRejected, cancelled, duplicateInvoice, unmappedItem, orders },
    { refused: 2, rejected: 1, emergency: 1, approvedByHand: 3, escalated: 1, supplierRejected: 1, cancelled: 1, duplicateInvoice: 1, unmappedItem: 1, orders: 11 });
});
