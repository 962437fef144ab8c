import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeAnswer, faultsOf, priceOf, surplusOf, hasUnknownLines, withoutSurplus, type Facts } from '../../../process-apis/procure-to-pay/rules.ts';
import { linesAsProposed } from '../../../process-apis/procure-to-pay/order.ts';
import { documentReference } from '../../../process-apis/procure-to-pay/references.ts';
import { answer, delivery, sampleFacts, sampleItem, sampleLine, sampleOrder, samplePolicy } from './samples.ts';

const policy = samplePolicy();
const need = (line: object = {}, more: object = {}) => ({ facility: 'MAIN', lines: [{ itemNumber: 'IMP-1', quantity: 2, unit: 'EA', ...line }], ...more });

describe('a need is refused', () => {
  const cases: [title: string, need: ReturnType<typeof need>, facts: Partial<Facts>, code: string, pointer: string][] = [
    ['for a cost centre that nobody knows', need(), { costCenter: undefined }, 'unknown-cost-center', '/costCenter'],
    ['for a closed cost centre', need(), { costCenter: { code: '7999', name: 'Old ward', facilities: ['MAIN'], status: 'closed', closedOn: '2025-12-31' } }, 'cost-center-closed', '/costCenter'],
    ['for a cost centre of another facility', need({}, { facility: 'EAST' }), {}, 'cost-center-elsewhere', '/costCenter'],
    ['for an item that nobody knows', need({ itemNumber: 'NO-1' }), {}, 'unknown-item', '/lines/0/itemNumber'],
    ['for an item that is given up', need(), { items: { 'IMP-1': sampleItem({ status: 'inactive' }) } }, 'item-inactive', '/lines/0/itemNumber'],
    ['in a unit that nobody knows', need({ unit: 'ZZ' }), {}, 'unknown-unit', '/lines/0/unit'],
    ['in a unit that the item is not bought by', need({ unit: 'BX' }), {}, 'wrong-unit', '/lines/0/unit'],
    ['for an item that nobody supplies', need(), { items: { 'IMP-1': sampleItem({ preferredSupplier: undefined }) } }, 'no-supplier', '/lines/0/itemNumber'],
    ['for an item without a price', need(), { items: { 'IMP-1': sampleItem({ listPrice: '' }) }, prices: {} }, 'no-price', '/lines/0/itemNumber'],
    ['at a list price of another currency', need(), { items: { 'IMP-1': sampleItem({ currency: 'EUR' }) }, prices: {} }, 'wrong-currency', '/lines/0/itemNumber'],
    ['at a contract price of another unit', need(), { prices: { 'IMP-1': { ...sampleFacts().prices['IMP-1']!, unit: 'BX' } } }, 'contract-unit-differs', '/lines/0/itemNumber'],
    ['beyond the budget', need({ quantity: 3 }), { budget: { costCenter: '7010', year: 2026, currency: 'USD', budgeted: '1000.00', committed: '0', actual: '0', available: '299.99' } }, 'budget-exceeded', '/costCenter'],
  ];
  for (const [title, asked, facts, code, pointer] of cases) {
    test(title, () => {
      assert.deepEqual(faultsOf(asked, sampleFacts(facts), 'USD').map((fault) => [fault.code, fault.pointer]), [[code, pointer]]);
    });
  }

  test('with all of its faults at once, in the order of the request', () => {
    const lines = [{ itemNumber: 'NO-1', quantity: 1, unit: 'EA' }, { itemNumber: 'IMP-1', quantity: 1, unit: 'BX' }];
    const faults = faultsOf({ facility: 'MAIN', lines }, sampleFacts({ costCenter: undefined }), 'USD');
    assert.deepEqual(faults.map((fault) => fault.pointer), ['/costCenter', '/lines/0/itemNumber', '/lines/1/unit']);
  });
});

describe('a need is taken', () => {
  test('when it uses the budget up to the last cent', () => {
    const budget = { costCenter: '7010', year: 2026, currency: 'USD', budgeted: '200.00', committed: '0', actual: '0', available: '200.00' };
    assert.deepEqual(faultsOf(need(), sampleFacts({ budget }), 'USD'), []);
  });

  test('at the contract price, and at the list price where there is no contract', () => {
    assert.equal(priceOf('IMP-1', sampleFacts()), '100.00');
    assert.equal(priceOf('IMP-1', sampleFacts({ prices: {} })), '120.00');
  });
});

describe("a supplier's answer", () => {
  const judged = (...lines: Parameters<typeof answer>) => judgeAnswer(sampleOrder({ lines: [sampleLine(), sampleLine({ line: 2 })], answer: answer(...lines) }), policy);

  test('that accepts every line is agreed', () => {
    assert.equal(judged({ line: 1, outcome: 'accepted' }, { line: 2, outcome: 'accepted', promisedOn: '2026-12-01' }), 'agreed');
  });
  test('that only comes later at the same price is agreed', () => {
    assert.equal(judged({ line: 1, outcome: 'backordered', quantity: 4, promisedOn: '2026-12-24' }), 'agreed');
  });
  test('within the tolerance of price is taken over without asking', () => {
    assert.equal(judged({ line: 1, outcome: 'changed', unitPrice: '102.00' }), 'agreed-with-changes');
    assert.equal(judged({ line: 1, outcome: 'backordered', unitPrice: '101.00' }), 'agreed-with-changes');
    assert.equal(judged({ line: 1, outcome: 'changed', unitPrice: '80.00' }), 'agreed-with-changes');
  });
  test('at a higher price needs a decision, on a backorder too', () => {
    assert.equal(judged({ line: 1, outcome: 'changed', unitPrice: '102.01' }), 'needs-decision');
    assert.equal(judged({ line: 1, outcome: 'backordered', unitPrice: '500.00' }), 'needs-decision');
  });
  test('with another quantity needs a decision', () => {
    assert.equal(judged({ line: 1, outcome: 'changed', quantity: 9 }), 'needs-decision');
  });
  test('with a substitute needs a decision', () => {
    assert.equal(judged({ line: 1, outcome: 'substituted', substituteItemNumber: 'IMP-2' }), 'needs-decision');
  });
  test('about a line that was not ordered needs a decision', () => {
    assert.equal(judged({ line: 9, outcome: 'changed', unitPrice: '1.00' }), 'needs-decision');
  });
  test('that rejects some lines needs a decision, and all of them is a rejection', () => {
    assert.equal(judged({ line: 1, outcome: 'rejected' }, { line: 2, outcome: 'accepted' }), 'needs-decision');
    assert.equal(judged({ line: 1, outcome: 'rejected' }, { line: 2, outcome: 'rejected' }), 'all-rejected');
  });

  test('turns the order into what it proposes', () => {
    const lines = [1, 2, 3, 4].map((line) => sampleLine({ line }));
    const proposed = linesAsProposed(sampleOrder({ lines, answer: answer(
      { line: 1, outcome: 'substituted', substituteItemNumber: 'IMP-2', unitPrice: '90.00' }, { line: 2, outcome: 'rejected' },
      { line: 3, outcome: 'changed', quantity: 4, promisedOn: '2026-12-01' }, { line: 4, outcome: 'backordered', quantity: 3, promisedOn: '2026-12-24' }) }));
    assert.deepEqual(proposed.map(({ itemNumber, orderedItemNumber, quantity, unitPrice, promisedOn }) => [itemNumber, orderedItemNumber, quantity, unitPrice, promisedOn]), [
      ['IMP-2', 'IMP-1', 10, '90.00', undefined], ['IMP-1', undefined, 0, '100.00', undefined], ['IMP-1', undefined, 4, '100.00', '2026-12-01'], ['IMP-1', undefined, 10, '100.00', '2026-12-24'],
    ]);
  });

  test('never falls below what has come already', () => {
    const lines = [sampleLine({ receivedQuantity: 6 }), sampleLine({ line: 2, receivedQuantity: 6 })];
    const proposed = linesAsProposed(sampleOrder({ lines, answer: answer({ line: 1, outcome: 'rejected' }, { line: 2, outcome: 'changed', quantity: 2 }) }));
    assert.deepEqual(proposed.map((line) => line.quantity), [6, 6]);
  });
});

describe('a delivery', () => {
  const order = sampleOrder({ lines: [sampleLine({ receivedQuantity: 7 }), sampleLine({ line: 2, quantity: 0.3, receivedQuantity: 0.1 })] });

  test('that is open has no surplus, whatever its decimals', () => {
    assert.equal(surplusOf(order, delivery('D', [1, 3], [2, 0.2])), 0);
  });
  test('beyond what is open has one, also when a line comes in several parts', () => {
    assert.equal(surplusOf(order, delivery('D', [1, 2], [1, 2.5])), 1.5);
    assert.equal(surplusOf(order, delivery('D', [2, 0.201])), 0.001);
  });
  test('of what is not on the order is surplus as a whole', () => {
    assert.equal(surplusOf(order, delivery('D', [9, 4])), 4);
    assert.ok(hasUnknownLines(order, delivery('D', [9, 4])));
  });
  test('without its surplus is what was open', () => {
    assert.deepEqual(withoutSurplus(order, delivery('D', [1, 2], [1, 2.5], [2, 0.5], [9, 1])).lines, [{ line: 1, quantity: 2 }, { line: 1, quantity: 1 }, { line: 2, quantity: 0.2 }]);
  });
});

describe('a reference of ours', () => {
  test('is made of its parts where they fit', () => assert.equal(documentReference('ref-1', 'SUP-1', 2), 'ref-1/SUP-1/2'));
  test('fits the contract and stays different where they do not', () => {
    const long = 'x'.repeat(120);
    const [one, other] = [documentReference(long, 'A'), documentReference(long, 'B')];
    assert.notEqual(one, other);
    assert.ok(one.length <= 120 && /^[\x21-\x7e]+$/.test(one), one);
  });
});
