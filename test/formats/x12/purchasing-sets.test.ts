import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  checkGroup, parseInterchange, parseInterchanges, printInterchange, printInvoice, printPurchaseOrder,
  printPurchaseOrderAcknowledgment, printShipNotice, readInvoice, readPurchaseOrder, readPurchaseOrderAcknowledgment,
  readShipNotice, SCHEMAS, violationsOf, outcomeOf,
} from '../../../formats/x12/index.ts';
import type {
  Invoice, PurchaseOrder, PurchaseOrderAcknowledgment, ShipNotice, TransactionInput, TransactionSet,
} from '../../../formats/x12/index.ts';
import { sampleText } from './samples.ts';

const FUNCTIONAL: Record<string, string> = { 850: 'PO', 855: 'PR', 856: 'SH', 810: 'IN' };

/** Over the wire and back, envelope and content checked on the way. */
function exchanged(input: TransactionInput): TransactionSet {
  const text = printInterchange({
    header: { senderQualifier: 'ZZ', sender: 'A', receiverQualifier: 'ZZ', receiver: 'B', date: '260301', time: '1200', controlNumber: '1', version: '00401' },
    groups: [{
      header: { functionalId: FUNCTIONAL[input.id] ?? '', sender: 'A', receiver: 'B', date: '20260301', time: '1200', controlNumber: '1', version: '004010' },
      transactions: [input],
    }],
  }, { lineBreaks: true });
  const interchange = parseInterchange(text);
  assert.deepEqual(violationsOf(interchange), []);
  const group = interchange.groups[0];
  assert.ok(group);
  const set = checkGroup(group, SCHEMAS).transactions[0];
  assert.ok(set);
  assert.deepEqual(set.violations, []);
  return set;
}

function sampleSets(name: string): TransactionSet[] {
  return parseInterchanges(sampleText(name)).flatMap(({ groups }) =>
    groups.flatMap((group) => checkGroup(group, SCHEMAS).transactions));
}

function only(name: string): TransactionSet {
  const [set] = sampleSets(name);
  assert.ok(set);
  return set;
}

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
});

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
});

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
});

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
});

describe('any order, answer, notice and invoice', () => {
  // Generated records have no prototype, which deepEqual holds against them.
  const plain = <T>(value: T): T => structuredClone(value);
  const words = fc.string({ unit: fc.constantFrom(...'ABCdef 0123456789-./&é'), minLength: 2, maxLength: 20 })
    .map((text) => text.trim()).filter((text) => text.length >= 2);
  const amount = fc.tuple(fc.nat(999_999), fc.nat(99)).map(([whole, part]) => `${whole}.${String(part).padStart(2, '0')}`);
  const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-12-31'), noInvalidDate: true }).map((at) => at.toISOString().slice(0, 10));
  const ids = fc.record({ buyerItemNumber: words, vendorPartNumber: words, upc: words, gtin: words }, { requiredKeys: ['vendorPartNumber'] });
  const party = fc.record({ role: fc.constantFrom('BY', 'ST', 'SE'), name: words, city: words, addressLines: fc.array(words, { minLength: 1, maxLength: 4 }) }, { requiredKeys: ['role', 'name'] });
  const priced = fc.tuple(fc.record({ lineNumber: words, quantity: amount, unit: fc.constantFrom('EA', 'BX'), unitPrice: amount }), ids).map(([line, names]) => ({ ...line, ...names }));
  const parties = fc.array(party, { maxLength: 3 });

  test('an 850 round-trips', () => {
    const orders = fc.record({ purpose: fc.constant('00'), type: fc.constant('SA'), number: words, date: day, parties, lines: fc.array(priced, { minLength: 1, maxLength: 5 }) });
    fc.assert(fc.property(orders.map(plain), (order) => assert.deepEqual(readPurchaseOrder(exchanged(printPurchaseOrder(order, '0001'))), order)));
  });

  test('an 855 round-trips', () => {
    const status = fc.record({ status: fc.constantFrom(...(['IA', 'IB', 'IQ', 'R2'] as const)), quantity: amount, unit: fc.constant('EA'), dateQualifier: fc.constant('068'), date: day });
    const lines = fc.array(fc.tuple(priced, fc.array(status, { maxLength: 3 })).map(([line, acknowledgments]) => ({ ...line, acknowledgments })), { maxLength: 5 });
    const answers = fc.record({ purpose: fc.constant('00'), type: fc.constant('AC'), purchaseOrderNumber: words, orderDate: day, parties, lines });
    fc.assert(fc.property(answers.map(plain), (answer) =>
      assert.deepEqual(readPurchaseOrderAcknowledgment(exchanged(printPurchaseOrderAcknowledgment(answer, '0001'))), answer)));
  });

  test('an 856 round-trips', () => {
    const item = fc.tuple(
      fc.record({ lineNumber: words, quantity: amount, unit: fc.constant('EA'), lotNumbers: fc.array(words, { minLength: 1, maxLength: 3 }), serialNumbers: fc.array(words, { minLength: 1, maxLength: 20 }), expirationDate: day }, { requiredKeys: ['lineNumber', 'quantity', 'unit'] }),
      ids,
    ).map(([one, names]) => ({ ...one, ...names }));
    const items = fc.array(item, { maxLength: 3 });
    const packs = fc.array(fc.record({ level: fc.constant('P' as const), marks: fc.array(words.map((id) => ({ qualifier: 'GM', id })), { minLength: 1, maxLength: 2 }), items }), { minLength: 1, maxLength: 2 });
    const orders = fc.array(fc.record({ purchaseOrderNumber: words, packs, items }, { requiredKeys: ['purchaseOrderNumber', 'items'] }), { maxLength: 3 });
    const notices = fc.record({ purpose: fc.constant('00'), shipmentNumber: words, date: day, time: fc.constant('1200'), structure: fc.constant('0001'), parties, orders });
    fc.assert(fc.property(notices.map(plain), (notice) => assert.deepEqual(readShipNotice(exchanged(printShipNotice(notice, '0001'))), notice)));
  });

  test('an 810 round-trips', () => {
    const invoices = fc.record({ date: day, number: words, total: amount, purchaseOrderNumber: words, parties, lines: fc.array(priced, { maxLength: 5 }) }, { requiredKeys: ['date', 'number', 'total', 'parties', 'lines'] })
      .map((invoice) => ({ ...invoice, total: invoice.total.replace(/^0+(?=\d)/, '') }));
    fc.assert(fc.property(invoices.map(plain), (invoice) => assert.deepEqual(readInvoice(exchanged(printInvoice(invoice, '0001'))), invoice)));
  });
});
