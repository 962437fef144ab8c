import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { printPurchaseOrder, readPurchaseOrder } from '../../../formats/x12/index.ts';
import type { PurchaseOrder } from '../../../formats/x12/index.ts';
import { day, exchanged, only, parties, plain, pricedLine, sampleSets, words } from './exchange.ts';

const ORDER: PurchaseOrder = {
  purpose: '00', type: 'SA', number: '4500017', date: '2026-03-01', contract: 'GPO-77', currency: 'USD',
  references: [{ qualifier: 'DP', id: '5100', description: 'Operating room' }],
  contacts: [{ role: 'BD', name: 'Purchasing', numbers: [{ qualifier: 'TE', number: '5551234567' }, { qualifier: 'EM', number: 'po@example.org' }] }],
  terms: [{ type: '01', basis: '3', discountPercent: '2', discountDays: '10', netDays: '30', description: '2/10 NET 30' }],
  requestedDelivery: '2026-03-05',
  dates: [{ qualifier: '001', date: '2026-03-20' }],
  notes: ['Deliver to dock 3.'],
  parties: [
    { role: 'BY', name: 'General Hospital', idQualifier: '91', id: 'GH01' },
    { role: 'ST', name: 'General Hospital', idQualifier: 'UL', id: '0614141000005', addressLines: ['1 Main St', 'Dock 3', 'Door B'], city: 'Springfield', state: 'IL', postalCode: '62701', country: 'US' },
  ],
  lines: [
    { lineNumber: '1', quantity: '12', unit: 'BX', unitPrice: '104.5', priceBasis: 'PE', buyerItemNumber: '4711', vendorPartNumber: 'S-100', upc: '012345678905', gtin: '10012345678902', description: 'Suture 3-0\nabsorbable', requestedDelivery: '2026-03-04', references: [{ qualifier: 'CT', id: 'K9' }] },
    { lineNumber: '2', quantity: '0.5', unit: 'KG', unitPrice: '12345678901.2345', vendorPartNumber: 'X', otherIds: [{ qualifier: 'MG', id: 'M-1' }] },
  ],
  totalAmount: '1254.00',
};

describe('purchase order, 850', () => {
  test('an order goes out and comes back the same', () => {
    assert.deepEqual(readPurchaseOrder(exchanged(printPurchaseOrder(ORDER, '0001'))), ORDER);
  });

  test('lines name the item as the partner expects', () => {
    const printed = printPurchaseOrder(ORDER, '0001', { buyerItem: 'BP', vendorPart: 'VN' });
    assert.deepEqual(printed.segments.find(([id]) => id === 'PO1'),
      ['PO1', '1', '12', 'BX', '104.5', 'PE', 'BP', '4711', 'VN', 'S-100', 'UP', '012345678905', 'UK', '10012345678902']);
    assert.deepEqual(readPurchaseOrder(exchanged(printed)), ORDER);
  });

  test('the orders of others are read, and say the same when printed again', () => {
    for (const name of ['node-x12/850.edi', 'node-x12/850_fat.edi', 'edinet/x12.850.edi', 'edinet/x12.850a.edi']) {
      for (const set of sampleSets(name)) {
        assert.deepEqual(set.violations, [], name);
        const order = readPurchaseOrder(set);
        assert.deepEqual(readPurchaseOrder(exchanged(printPurchaseOrder(order, '0001'))), order, name);
      }
    }
    const order = readPurchaseOrder(only('node-x12/850.edi'));
    assert.equal(order.number, '08292233294');
    assert.equal(order.requestedDelivery, '2010-12-14');
    assert.deepEqual(order.lines[0], {
      lineNumber: '1', quantity: '120', unit: 'EA', unitPrice: '9.25', priceBasis: 'TE', vendorPartNumber: 'AB3542',
      otherIds: [{ qualifier: 'CB', id: '065322-117' }, { qualifier: 'PR', id: 'RO' }], description: 'SMALL WIDGET',
    });
  });

  test('what does not fit is refused before it is sent', () => {
    const [line] = ORDER.lines;
    assert.ok(line);
    const print = (order: Partial<PurchaseOrder>) => () => printPurchaseOrder({ ...ORDER, ...order }, '0001');
    assert.throws(print({ date: '03/01/2026' }), { code: 'invalid-value', location: { segmentId: 'BEG', element: 5 } });
    assert.throws(print({ date: '2026-02-30' }), { code: 'invalid-value' });
    assert.throws(print({ lines: [{ ...line, unitPrice: '1,50' }] }), { code: 'invalid-value', location: { segmentId: 'PO1', element: 4 } });
    assert.throws(print({ lines: [{ ...line, quantity: '1e3' }] }), { code: 'invalid-value' });
    assert.throws(print({ notes: ['x'.repeat(265)] }), { code: 'invalid-value' });
    assert.throws(print({ lines: [{ ...line, description: 'x'.repeat(81) }] }), { code: 'invalid-value' });
    assert.throws(print({ lines: [{ ...line, otherIds: Array.from({ length: 8 }, () => ({ qualifier: 'MG', id: '1' })) }] }), { code: 'invalid-value' });
  });

  test('an order without its beginning, or another set, is refused', () => {
    const set = exchanged(printPurchaseOrder(ORDER, '0001'));
    assert.throws(() => readPurchaseOrder({ ...set, segments: set.segments.filter(({ id }) => id !== 'BEG') }), { code: 'missing-content' });
    assert.throws(() => readPurchaseOrder({ ...set, id: '855' }), { code: 'invalid-content' });
    const [st, beg] = set.segments;
    assert.ok(st && beg);
    const spoiled = { ...beg, elements: ['00', 'SA', 'N', '', '260301'] };
    assert.throws(() => readPurchaseOrder({ ...set, segments: [st, spoiled] }), { code: 'invalid-content', location: { segmentId: 'BEG', position: 4, element: 5 } });
  });

  test('any order goes out and comes back the same', () => {
    const orders = fc.record({ purpose: fc.constant('00'), type: fc.constant('SA'), number: words, date: day, parties, lines: fc.array(pricedLine, { minLength: 1, maxLength: 5 }) });
    fc.assert(fc.property(orders.map(plain), (order) => assert.deepEqual(readPurchaseOrder(exchanged(printPurchaseOrder(order, '0001'))), order)));
  });
});
