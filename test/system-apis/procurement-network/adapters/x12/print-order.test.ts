import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { OrderDispatch } from '#contracts/generated/system/procurement-network/v1.ts';
import { checkGroup, parseInterchange, purchaseOrderSchema, readPurchaseOrder } from '#formats/x12/index.ts';
import { printOrder, type OrderPurpose } from '../../../../../system-apis/procurement-network/adapters/x12/print-order.ts';
import { fails } from '../../channel-conformance.ts';
import { dispatch } from '../../platform.ts';

const partner = { address: '12:5550130130', buyerItem: 'IN', vendorPart: 'VP' } as const;
const settings = { baseUrl: 'http://127.0.0.1:9', address: 'ZZ:LAKESIDE', usage: 'T', suppliers: { 'SUP-130': partner }, timeoutMs: 1_000 } as const;
const envelope = { settings, partner, number: 42, at: new Date('2026-11-20T08:15:30Z') };

function printed(order: OrderDispatch, purpose: OrderPurpose = 'original', change: Partial<typeof envelope> = {}) {
  const interchange = parseInterchange(printOrder(order, purpose, { ...envelope, ...change }));
  const group = checkGroup(interchange.groups[0]!, [purchaseOrderSchema]);
  assert.deepEqual([interchange.violations, group.violations, group.transactions[0]!.violations], [[], [], []]);
  return { interchange, group, order: readPurchaseOrder(group.transactions[0]!) };
}

describe('an order as X12', () => {
  const order = dispatch('PO-9', { supplierNumber: 'SUP-130', requisitionReference: 'use:abc*1', urgency: 'emergency' }, { supplierItemNumber: 'CMD-9', deviceIdentifier: '09521234567894', description: 'Stent ~ 3.5 × 28 mm: "XIENCE"', quantity: 0.5 });

  it('says who sends what to whom, and asks for an acknowledgement', () => {
    const { interchange, group, order: read } = printed(order);
    const { header } = interchange;
    assert.deepEqual(
      [header.senderQualifier, header.sender, header.receiverQualifier, header.receiver, header.date, header.time, header.controlNumber, header.acknowledgmentRequested, header.usage],
      ['ZZ', 'LAKESIDE', '12', '5550130130', '261120', '0815', '000000042', true, 'T']);
    assert.deepEqual([group.header.functionalId, group.header.controlNumber, group.header.version], ['PO', '42', '005010']);
    assert.deepEqual([read.purpose, read.type, read.number, read.date, read.currency], ['00', 'RO', 'PO-9', '2026-11-20', 'USD']);
    assert.deepEqual(read.parties.map(({ role, idQualifier, id }) => [role, idQualifier, id]), [['SU', '92', 'SUP-130'], ['ST', '92', 'MAIN']]);
    assert.deepEqual(read.lines, [{
      lineNumber: '1', quantity: '0.5', unit: 'EA', unitPrice: '1450.00', buyerItemNumber: 'IMP-1001', vendorPartNumber: 'CMD-9', gtin: '09521234567894', description: 'Stent   3.5   28 mm  "XIENCE"', requestedDelivery: '2026-12-01',
    }]);
  });

  it('keeps the reference as far as X12 has its characters', () => {
    assert.deepEqual(printed(order).order.references, [{ qualifier: 'RQ', id: 'use-abc-1' }]);
  });

  it('replaces and cancels by its purpose', () => {
    assert.equal(printed(order, 'replacement').order.purpose, '05');
    assert.equal(printed({ ...order, urgency: 'standard' }, 'cancellation').order.purpose, '01');
    assert.equal(printed({ ...order, urgency: 'standard' }).order.type, 'SA');
  });

  it('uses the qualifiers that the partner expects', () => {
    const text = printOrder(order, 'original', { ...envelope, partner: { ...partner, buyerItem: 'BP', vendorPart: 'VN' } });
    assert.match(text, /\*BP\*IMP-1001\*VN\*CMD-9\*UK\*09521234567894~/);
  });

  it('leaves a device identifier out that is no GTIN', () => {
    const [line] = order.lines;
    assert.equal(printed({ ...order, lines: [{ ...line!, deviceIdentifier: 'A123BJUI' }] }).order.lines[0]!.gtin, undefined);
  });

  for (const [what, change] of [
    ['a number too long', { orderNumber: 'PO-0123456789-0123456789' }],
    ['a number with a separator', { orderNumber: 'PO:9' }],
    ['an item with a separator', { lines: [{ ...order.lines[0]!, itemNumber: 'IMP:1001' }] }],
  ] as const) {
    it(`is refused for ${what}: numbers are not bent`, async () => {
      await fails(Promise.resolve().then(() => printOrder({ ...order, ...change } as OrderDispatch, 'original', envelope)), 'refused', 'order-not-printable');
    });
  }
});
