import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { printInvoice, readInvoice } from '../../../formats/x12/index.ts';
import type { Invoice } from '../../../formats/x12/index.ts';
import { amount, day, exchanged, only, parties, plain, pricedLine, sampleSets, words } from './exchange.ts';

const INVOICE: Invoice = {
  date: '2026-03-04', number: 'INV-1', purchaseOrderDate: '2026-03-01', purchaseOrderNumber: '4500017', type: 'DI', purpose: '00', currency: 'USD',
  references: [{ qualifier: 'BM', id: 'BOL1' }], terms: [{ type: '01', basis: '3', netDays: '30' }], dates: [{ qualifier: '011', date: '2026-03-03' }],
  parties: [{ role: 'RE', name: 'Supplier', idQualifier: '92', id: '17' }],
  lines: [
    {
      lineNumber: '1', quantity: '8', unit: 'BX', unitPrice: '104.5', priceBasis: 'PE', buyerItemNumber: '4711', vendorPartNumber: 'S-100', description: 'Suture', references: [{ qualifier: 'PO', id: '1' }],
      taxes: [{ type: 'ST', amount: '50.16', percent: '6', jurisdictionQualifier: 'CC', jurisdiction: 'IL' }],
      allowancesAndCharges: [{ indicator: 'A', code: 'C310', amount: '10.00', description: 'Discount', taxes: [{ type: 'ST', amount: '-0.60' }] }],
    },
    { vendorPartNumber: 'INFO' },
  ],
  total: '876.16', amountSubjectToDiscount: '836.00', discountedTotal: '859.44', discount: '16.72',
  taxes: [{ type: 'ST', amount: '50.16', exemption: '2' }],
  allowancesAndCharges: [{ indicator: 'C', code: 'D240', amount: '0.05', percentQualifier: '3', percent: '1.5', rate: '0.5', description: 'Freight' }],
};

describe('invoice, 810', () => {
  test('an invoice comes back the same, with taxes and charges of lines and of the whole', () => {
    assert.deepEqual(readInvoice(exchanged(printInvoice(INVOICE, '0001'))), INVOICE);
  });

  test('totals have two implied decimals on the wire', () => {
    const { segments } = printInvoice(INVOICE, '0001');
    assert.deepEqual(segments.find(([id]) => id === 'TDS'), ['TDS', '87616', '83600', '85944', '1672']);
    assert.equal(segments.filter(([id]) => id === 'SAC').at(-1)?.[5], '5');
  });

  test('amounts survive in both directions, negative and large ones too, and never pass through a float', () => {
    const amounts = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }))
      .map(([negative, cents]) => {
        const digits = cents.toString().padStart(3, '0');
        return `${negative && cents > 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
      });
    fc.assert(fc.property(amounts, (total) => {
      assert.equal(readInvoice(exchanged(printInvoice({ ...INVOICE, total }, '0001'))).total, total);
    }));
    assert.equal(readInvoice(exchanged(printInvoice({ ...INVOICE, total: '12' }, '0001'))).total, '12.00');
    assert.throws(() => printInvoice({ ...INVOICE, total: '1.005' }, '0001'), { code: 'invalid-value', location: { segmentId: 'TDS', element: 1 } });
  });

  test('the invoices of others are read, and say the same when printed again', () => {
    for (const name of ['staedi/simple810.edi', 'edinet/x12.810a.edi']) {
      for (const set of sampleSets(name)) {
        assert.deepEqual(set.violations, [], name);
        const invoice = readInvoice(set);
        assert.deepEqual(readInvoice(exchanged(printInvoice(invoice, '0001'))), invoice, name);
      }
    }
    const invoice = readInvoice(only('edinet/x12.810a.edi'));
    assert.equal(invoice.total, '365.96');
    assert.deepEqual(invoice.lines[0]?.allowancesAndCharges?.[1], { indicator: 'C', code: 'G830', amount: '3.00' });
    assert.equal(invoice.lines[0]?.vendorPartNumber, 'ID001');
    assert.equal(invoice.parties.length, 2, 'parties of lines are not parties of the invoice');
  });

  test('an invoice without lines has its total, one without total is refused', () => {
    const set = exchanged(printInvoice({ ...INVOICE, lines: [] }, '0001'));
    assert.equal(readInvoice(set).total, '876.16');
    assert.throws(() => readInvoice({ ...set, segments: set.segments.filter(({ id }) => id !== 'TDS') }), { code: 'missing-content' });
  });

  test('any invoice goes out and comes back the same', () => {
    const invoices = fc.record({ date: day, number: words, total: amount, purchaseOrderNumber: words, parties, lines: fc.array(pricedLine, { maxLength: 5 }) }, { requiredKeys: ['date', 'number', 'total', 'parties', 'lines'] })
      .map((invoice) => ({ ...invoice, total: invoice.total.replace(/^0+(?=\d)/, '') }));
    fc.assert(fc.property(invoices.map(plain), (invoice) => assert.deepEqual(readInvoice(exchanged(printInvoice(invoice, '0001'))), invoice)));
  });
});
