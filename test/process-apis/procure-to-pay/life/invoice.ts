import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bill, billed, sampleLine } from '../samples.ts';
import { acknowledged, definition, delivered, failure, inState, invoiced, open, paid, received, stocked } from './order.ts';

describe('an invoice', () => {
  const here = () => received(acknowledged(open(), { line: 1, outcome: 'accepted' }), 'D-1', 10);

  test('that agrees is entered and paid', () => {
    const entering = inState(invoiced(here(), 'I-1', 10), 'open.bills.entering');
    assert.deepEqual(entering.asked, ['enterInvoice']);
    const entered = entering.when('invoice entered');
    assert.deepEqual(entered.asked, ['tellMatched', 'payInvoice']);
    const done = entered.when('invoice paid');
    assert.equal(done.state, 'settling');
    assert.deepEqual(done.asked, ['tellPaid', 'settleOrder']);
    assert.deepEqual(done.context.invoices.map((invoice) => invoice.state), ['paid']);
  });

  test('that is large is paid when somebody has approved it', () => {
    const large = { lines: [sampleLine({ unitPrice: '2000.00' })] };
    const life = invoiced(received(open(large), 'D-1', 10), 'I-1', 10, '2000.00').when('invoice entered');
    assert.equal(life.work.get('payment-approval')?.owner, 'role:accounts-payable-manager');
    inState(life.decide('payment-approval', 'approve-payment'), 'open.bills.paying');
  });

  test('that comes before the goods waits for them', () => {
    const early = inState(invoiced(open(), 'I-1', 10), 'open.bills.waitingForGoods');
    inState(received(early, 'D-1', 4), 'open.bills.waitingForGoods');
    inState(received(received(early, 'D-1', 4), 'D-2', 6), 'open.bills.entering');
  });

  test('whose goods do not come in time is decided by a person, or by the goods', () => {
    const late = invoiced(open(), 'I-1', 10).elapse('goodsLimit', 'waitingForGoods');
    assert.equal(late.work.get('quantity-exception')?.owner, 'role:accounts-payable-clerk');
    inState(received(late, 'D-1', 10), 'open.bills.entering');
    inState(late.decide('quantity-exception', 'accept-quantity'), 'open.bills.entering');
    assert.deepEqual(late.decide('quantity-exception', 'refuse-invoice').asked, ['tellInvoiceRefused']);
  });

  test('at another price is accepted or refused, and accepting the price does not pay for goods that are not there', () => {
    const dear = invoiced(here(), 'I-1', 10, '110.00');
    inState(dear.decide('price-exception', 'accept-price'), 'open.bills.entering');
    inState(dear.decide('price-exception', 'refuse-invoice'), 'open.bills.awaiting');
    inState(invoiced(open(), 'I-1', 10, '110.00').decide('price-exception', 'accept-price'), 'open.bills.waitingForGoods');
  });

  test('for more than came is accepted or refused', () => {
    const over = invoiced(here(), 'I-1', 12);
    inState(over.decide('quantity-exception', 'accept-quantity'), 'open.bills.entering');
    inState(over.decide('quantity-exception', 'refuse-invoice'), 'open.bills.awaiting');
  });

  test('sent twice is refused the second time, without a person', () => {
    const first = invoiced(received(open(), 'D-1', 4), 'I-1', 4);
    const again = invoiced(first, 'I-1', 4);
    assert.deepEqual(again.kept, ['invoice.received.v1']);
    const life = inState(paid(again), 'open.bills.awaiting');
    assert.deepEqual(life.context.invoices.map((invoice) => [invoice.number, invoice.state]), [['I-1', 'paid'], ['I-1', 'refused']]);
  });

  test('nearly the same as another is looked at by a person, and is not paid for nothing when it is genuine', () => {
    const suspect = invoiced(paid(invoiced(received(open(), 'D-1', 4), 'INV-01', 4)), 'INV-1', 4);
    inState(suspect.decide('suspected-duplicate', 'is-duplicate'), 'open.bills.awaiting');
    inState(suspect.decide('suspected-duplicate', 'is-genuine'), 'open.bills.waitingForGoods');
  });

  test('that does not fit the order is refused with a reason', () => {
    const faulty = open().when('invoice.received.v1', { document: bill('I-1', [billed(9, 1)]) });
    assert.match(String(faulty.work.get('invoice-faulty')?.facts['why']), /Line 9 is not on the order/);
    inState(faulty.decide('invoice-faulty', 'refuse-invoice'), 'open.bills.awaiting');
  });

  test('that the ERP refuses is tried again or refused; one that only lacks its journal is neither', () => {
    const failed = invoiced(here(), 'I-1', 10).when('enter-invoice.failed', failure('duplicate-invoice'));
    inState(failed.decide('invoice-not-entered', 'retry-invoice'), 'open.bills.entering');
    inState(failed.decide('invoice-not-entered', 'refuse-invoice'), 'open.bills.awaiting');
    inState(invoiced(here(), 'I-1', 10).given('enter-invoice.failed', failure('half-done')), 'open.bills.entering');
  });

  test('that does not come is asked for', () => {
    const missing = here().elapse('invoiceLimit');
    assert.equal(missing.work.get('invoice-missing')?.owner, 'role:accounts-payable-clerk');
    inState(missing.decide('invoice-missing', 'wait-for-invoice'), 'open.bills.awaiting');
    inState(invoiced(missing, 'I-1', 10), 'open.bills.entering');
  });

  test('that will never come, as for a surplus that was kept, is given up by the clerk and its accrual by the manager', () => {
    const surplus = stocked(delivered(acknowledged(open(), { line: 1, outcome: 'accepted' }), 'D-1', 12).decide('over-receipt', 'accept-surplus'));
    const missing = inState(paid(invoiced(surplus, 'I-1', 10)), 'open.bills.awaiting').elapse('invoiceLimit');
    assert.deepEqual([missing.work.get('invoice-missing')?.resolutions, missing.work.get('invoice-missing')?.facts['unbilled']], [['wait-for-invoice', 'expect-no-invoice'], '200.00']);
    const unbilled = inState(missing.decide('invoice-missing', 'expect-no-invoice', { by: 'carla' }), 'open.bills.unbilled');
    const item = unbilled.work.get('accrual-write-off');
    assert.deepEqual([item?.owner, item?.facts['unbilled'], item?.resolutions], ['role:accounts-payable-manager', '200.00', ['write-off-accrual', 'wait-for-invoice']]);
    const settling = unbilled.decide('accrual-write-off', 'write-off-accrual', { by: 'arthur' });
    assert.deepEqual([settling.state, settling.asked], ['settling', ['settleOrder']]);
    const input = definition.moves['settleOrder']!.input(settling.context, null) as { accrual: string; writesOff: boolean };
    assert.deepEqual([input.accrual, input.writesOff], ['200.00', false]);
    // The manager may know better, and so may the supplier.
    inState(unbilled.decide('accrual-write-off', 'wait-for-invoice'), 'open.bills.awaiting');
    const late = inState(invoiced(unbilled, 'I-2', 2), 'open.bills.entering').when('invoice entered').when('invoice paid');
    assert.equal((definition.moves['settleOrder']!.input(late.context, null) as { accrual: string }).accrual, '0');
  });

  test('is not given up while goods are still to come', () => {
    const part = received(open(), 'D-1', 4).elapse('invoiceLimit');
    assert.deepEqual(part.work.get('invoice-missing')?.resolutions, ['wait-for-invoice']);
    inState(part.given('expect-no-invoice', { by: 'carla' }), 'open.bills.missing');
    assert.deepEqual(received(part, 'D-2', 6).work.get('invoice-missing')?.resolutions, ['wait-for-invoice', 'expect-no-invoice']);
  });

  test('is not asked for any more when the rest of the order falls away', () => {
    const part = paid(invoiced(received(open(), 'D-1', 4), 'I-1', 4)).elapse('invoiceLimit').elapse('goodsLimit', 'goods.awaiting');
    assert.ok(part.work.has('invoice-missing'));
    inState(acknowledged(part, { line: 1, outcome: 'rejected' }).decide('supplier-rejection', 'accept-proposal').when('order changed'), 'settling');
  });
});
