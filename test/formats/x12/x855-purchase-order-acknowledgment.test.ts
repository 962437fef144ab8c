import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { outcomeOf, printPurchaseOrderAcknowledgment, readPurchaseOrderAcknowledgment } from '../../../formats/x12/index.ts';
import type { PurchaseOrderAcknowledgment } from '../../../formats/x12/index.ts';
import { amount, day, exchanged, parties, plain, pricedLine, words } from './exchange.ts';

const ACKNOWLEDGMENT: PurchaseOrderAcknowledgment = {
  purpose: '00', type: 'AC', purchaseOrderNumber: '4500017', orderDate: '2026-03-01', sellerOrderNumber: 'SO-9', acknowledgedOn: '2026-03-02',
  currency: 'USD', references: [{ qualifier: 'VN', id: 'SO-9' }], dates: [{ qualifier: '068', date: '2026-03-03' }],
  parties: [{ role: 'SE', name: 'Supplier', idQualifier: '92', id: '17' }],
  lines: [
    {
      lineNumber: '1', quantity: '12', unit: 'BX', unitPrice: '104.50', priceBasis: 'PE', buyerItemNumber: '4711', vendorPartNumber: 'S-100', description: 'Suture',
      acknowledgments: [
        { status: 'IQ', quantity: '8', unit: 'BX', dateQualifier: '068', date: '2026-03-03' },
        { status: 'IB', quantity: '4', unit: 'BX', dateQualifier: '068', date: '2026-03-20' },
      ],
    },
    { lineNumber: '2', quantity: '1', unit: 'EA', vendorPartNumber: 'X', acknowledgments: [{ status: 'IS', quantity: '1', unit: 'EA', product: { vendorPartNumber: 'X-2', gtin: '10012345678902' } }] },
    { lineNumber: '3', references: [{ qualifier: 'CT', id: 'K' }], acknowledgments: [{ status: 'R2' }] },
    { lineNumber: '4', acknowledgments: [] },
  ],
};

describe('purchase order acknowledgment, 855', () => {
  test('an answer comes back the same, split quantities and substitutes included', () => {
    assert.deepEqual(readPurchaseOrderAcknowledgment(exchanged(printPurchaseOrderAcknowledgment(ACKNOWLEDGMENT, '0001'))), ACKNOWLEDGMENT);
  });

  test('what a line status means for the buyer is known', () => {
    assert.deepEqual((['IA', 'IB', 'IC', 'IQ', 'IP', 'IR', 'IS', 'R2', 'IH', 'DR'] as const).map(outcomeOf), [
      'accepted', 'backordered', 'changed', 'changed', 'changed', 'rejected', 'substituted', 'rejected', 'held', 'changed',
    ]);
  });

  test('a status nobody knows is refused, not guessed', () => {
    const set = exchanged(printPurchaseOrderAcknowledgment(ACKNOWLEDGMENT, '0001'));
    const segments = set.segments.map((segment) => (segment.id === 'ACK' ? { ...segment, elements: ['QQ'] } : segment));
    assert.throws(() => readPurchaseOrderAcknowledgment({ ...set, segments }), { code: 'invalid-content' });
  });

  test('any answer goes out and comes back the same', () => {
    const status = fc.record({ status: fc.constantFrom(...(['IA', 'IB', 'IQ', 'R2'] as const)), quantity: amount, unit: fc.constant('EA'), dateQualifier: fc.constant('068'), date: day });
    const lines = fc.array(fc.tuple(pricedLine, fc.array(status, { maxLength: 3 })).map(([line, acknowledgments]) => ({ ...line, acknowledgments })), { maxLength: 5 });
    const answers = fc.record({ purpose: fc.constant('00'), type: fc.constant('AC'), purchaseOrderNumber: words, orderDate: day, parties, lines });
    fc.assert(fc.property(answers.map(plain), (answer) =>
      assert.deepEqual(readPurchaseOrderAcknowledgment(exchanged(printPurchaseOrderAcknowledgment(answer, '0001'))), answer)));
  });
});
