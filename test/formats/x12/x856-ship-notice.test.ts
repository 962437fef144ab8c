import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseInterchange, printShipNotice, readShipNotice } from '../../../formats/x12/index.ts';
import type { ShipNotice, TransactionSet } from '../../../formats/x12/index.ts';
import { amount, day, exchanged, only, parties, plain, productIds, words } from './exchange.ts';

const NOTICE: ShipNotice = {
  purpose: '00', shipmentNumber: 'SH-1', date: '2026-03-03', time: '1530', structure: '0001',
  packaging: 'CTN25', packageCount: '2', weight: '12.5', weightUnit: 'LB', carrierCode: 'UPSN', routing: 'GROUND',
  billOfLading: 'BOL1', carrierReference: '1Z999', references: [{ qualifier: 'LO', id: 'L1' }], shipped: '2026-03-03', estimatedDelivery: '2026-03-05',
  dates: [{ qualifier: '371', date: '2026-03-06' }],
  parties: [{ role: 'SF', name: 'Supplier' }, { role: 'ST', name: 'Hospital', idQualifier: 'UL', id: '0614141000005' }],
  orders: [
    {
      purchaseOrderNumber: '4500017', release: '1', orderDate: '2026-03-01', references: [{ qualifier: 'IA', id: '9' }],
      packs: [
        {
          level: 'T', marks: [{ qualifier: 'GM', id: '00106141411234567897' }], items: [],
          packs: [{
            level: 'P', marks: [{ qualifier: 'GM', id: '00106141411234567880' }],
            items: [{
              lineNumber: '1', quantity: '8', unit: 'BX', quantityOrdered: '12', quantityOrderedUnit: 'BX', status: 'IQ', vendorPartNumber: 'S-100', gtin: '10012345678902',
              description: 'Suture', lotNumbers: ['LOT7', 'LOT8'], expirationDate: '2027-12-31',
            }],
          }],
        },
        { level: 'P', items: [{ lineNumber: '2', quantity: '2', unit: 'EA', buyerItemNumber: 'IMPL', lotNumbers: ['A1'], serialNumbers: ['SN1', 'SN2'] }] },
      ],
      items: [{ lineNumber: '3', quantity: '1', unit: 'EA', upc: '012345678905', references: [{ qualifier: 'CT', id: 'K' }] }],
    },
    { purchaseOrderNumber: '4500018', items: [] },
  ],
};

describe('ship notice, 856', () => {
  test('shipment, orders, tares, packs and items come back the same, with lots, serials and expiry', () => {
    assert.deepEqual(readShipNotice(exchanged(printShipNotice(NOTICE, '0001'))), NOTICE);
  });

  test('the hierarchy is numbered, with parents before children and the count of levels in CTT', () => {
    const { segments } = printShipNotice(NOTICE, '0001');
    assert.deepEqual(segments.filter(([id]) => id === 'HL'), [
      ['HL', '1', undefined, 'S', '1'], ['HL', '2', '1', 'O', '1'], ['HL', '3', '2', 'T', '1'], ['HL', '4', '3', 'P', '1'],
      ['HL', '5', '4', 'I', '0'], ['HL', '6', '2', 'P', '1'], ['HL', '7', '6', 'I', '0'], ['HL', '8', '2', 'I', '0'], ['HL', '9', '1', 'O', '0'],
    ]);
    assert.deepEqual(segments.at(-1), ['CTT', '9']);
  });

  test('the notice of another system is read', () => {
    const set = only('node-x12/856.edi');
    assert.deepEqual(set.violations, []);
    const notice = readShipNotice(set);
    assert.equal(notice.carrierReference, '5787970539');
    assert.deepEqual(notice.orders, [{
      purchaseOrderNumber: '99999817', orderDate: '2011-12-05',
      items: [
        { lineNumber: '1', quantity: '24', unit: 'EA', vendorPartNumber: '87787D', upc: '999999310145', description: 'BLUE WIDGET' },
        { lineNumber: '2', quantity: '6', unit: 'EA', vendorPartNumber: '99887D', upc: '999999311746', description: 'RED WIDGET' },
      ],
    }]);
    assert.deepEqual(readShipNotice(exchanged(printShipNotice(notice, '0001'))), notice);
  });

  test('packs below an item are kept as its marks', () => {
    const ISA = 'ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260301*1200*U*00401*000000001*0*P*:~';
    const body = 'BSN*00*S1*20260301*1200*0002~HL*1**S~HL*2*1*O~PRF*PO9~HL*3*2*I~LIN**VP*A*SN*77~SN1**1*EA~HL*4*3*P~MAN*GM*001~';
    const set = parseInterchange(`${ISA}GS*SH*A*B*20260301*1200*1*X*004010~ST*856*0001~${body}SE*11*0001~GE*1*1~IEA*1*000000001~`).groups[0]?.transactions[0];
    assert.ok(set);
    const [item] = readShipNotice(set).orders[0]?.items ?? [];
    assert.deepEqual(item, { quantity: '1', unit: 'EA', vendorPartNumber: 'A', serialNumbers: ['77'], references: [{ qualifier: 'MAN', id: '001', description: 'GM' }] });
    assert.throws(() => printShipNotice(readShipNotice(set), '0001'), { code: 'invalid-value' });
  });

  test('an item without quantity, an order without number, a child before its parent are refused', () => {
    const set = exchanged(printShipNotice(NOTICE, '0001'));
    const without = (id: string): TransactionSet => ({ ...set, segments: set.segments.filter((segment) => segment.id !== id) });
    assert.throws(() => readShipNotice(without('SN1')), { code: 'missing-content' });
    assert.throws(() => readShipNotice(without('PRF')), { code: 'missing-content' });
    assert.throws(() => readShipNotice(without('HL')), { code: 'invalid-content' });
    const orphan = set.segments.map((segment) => (segment.id === 'HL' && segment.elements[0] === '2' ? { ...segment, elements: ['2', '99', 'O'] } : segment));
    assert.throws(() => readShipNotice({ ...set, segments: orphan }), { code: 'invalid-content' });
  });

  test('any notice goes out and comes back the same', () => {
    const item = fc.tuple(
      fc.record({ lineNumber: words, quantity: amount, unit: fc.constant('EA'), lotNumbers: fc.array(words, { minLength: 1, maxLength: 3 }), serialNumbers: fc.array(words, { minLength: 1, maxLength: 20 }), expirationDate: day }, { requiredKeys: ['lineNumber', 'quantity', 'unit'] }),
      productIds,
    ).map(([one, names]) => ({ ...one, ...names }));
    const items = fc.array(item, { maxLength: 3 });
    const packs = fc.array(fc.record({ level: fc.constant('P' as const), marks: fc.array(words.map((id) => ({ qualifier: 'GM', id })), { minLength: 1, maxLength: 2 }), items }), { minLength: 1, maxLength: 2 });
    const orders = fc.array(fc.record({ purchaseOrderNumber: words, packs, items }, { requiredKeys: ['purchaseOrderNumber', 'items'] }), { maxLength: 3 });
    const notices = fc.record({ purpose: fc.constant('00'), shipmentNumber: words, date: day, time: fc.constant('1200'), structure: fc.constant('0001'), parties, orders });
    fc.assert(fc.property(notices.map(plain), (notice) => assert.deepEqual(readShipNotice(exchanged(printShipNotice(notice, '0001'))), notice)));
  });
});
