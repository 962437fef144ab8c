import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type { OrderDispatch, StoredDocument } from '#contracts/generated/system/procurement-network/v1.ts';
import { printInterchange } from '#formats/x12/index.ts';
import { dispatch, startApi, type ApiUnderTest } from '../../platform.ts';
import { acknowledgement, CASCADE, invoice, letter, PRAIRIE, shipNotice, verdict } from './supplier-interchanges.ts';

const DEVICE = '09521234567894';
const LINE = { itemNumber: 'CON-3002', unit: 'BX', unitPrice: '18.00', quantity: 8, supplierItemNumber: 'CMD-9', deviceIdentifier: DEVICE };
const PRODUCT = { lineNumber: '1', quantity: '8', unit: 'BX', unitPrice: '18.00' };
const OURS = { buyerItemNumber: 'CON-3002' };

describe('interchanges that suppliers hand in', () => {
  let api: ApiUnderTest;
  let count = 0;

  before(async () => {
    // The simulated suppliers stay out of it: what comes in is what the tests write.
    api = await startApi({ connected: false });
  });
  after(() => api?.stop());

  async function ordered(change: Partial<OrderDispatch> = {}, ...lines: Partial<OrderDispatch['lines'][number]>[]): Promise<string> {
    count += 1;
    const order = dispatch(`PO-I${count}`, { supplierNumber: 'SUP-130', ...change });
    await api.client.sendOrder({ body: { ...order, lines: (lines.length > 0 ? lines : [{}]).map((line, index) => ({ ...order.lines[0]!, ...LINE, line: index + 1, ...line })) } });
    return order.orderNumber;
  }

  async function handIn(text: string) {
    const answer = await api.handIn(text);
    assert.equal(answer.status, 200, answer.text);
    return verdict(answer.text);
  }

  const rejected = async (problem: RegExp): Promise<StoredDocument> => {
    const { items } = await api.client.listDocuments({ status: 'rejected', limit: 200 });
    return items.find((each) => problem.test(each.problem ?? '')) ?? assert.fail(`nothing was rejected because of ${problem}, but ${items.map((each) => each.problem).join(' | ')}`);
  };

  describe('are acknowledged', () => {
    it('with TA1 and a 999 for each group, from our address to the sender\'s', async () => {
      const order = await ordered();
      const said = await handIn(letter([acknowledgement(order, [{ ...PRODUCT, ...OURS, acknowledgments: [{ status: 'IA' }] }]), invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')], { controlNumber: '000000901' }));
      assert.deepEqual([said.from, said.to, said.ta1, said.sets, said.groups], ['ZZ:LAKESIDE', '12:5550130130', '000000901 A 000', ['999', '999'], ['A', 'A']]);
      assert.equal((await api.events(order, 'invoice.received.v1')).length, 1);
    });

    it('with a 997 before release 005010, and without TA1 where none is asked for', async () => {
      const order = await ordered();
      const said = await handIn(letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')], { version: '004010', header: { acknowledgmentRequested: false } }));
      assert.deepEqual([said.ta1, said.sets, said.groups], [undefined, ['997'], ['A']]);
    });

    it('as duplicates when they come again, with no second effect', async () => {
      const order = await ordered();
      const text = letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')], { controlNumber: '000000902' });
      await handIn(text);
      const again = await Promise.all([handIn(text), handIn(text)]);
      assert.deepEqual(again.map(({ ta1, groups }) => [ta1, groups]), [['000000902 R 025', []], ['000000902 R 025', []]]);
      assert.equal((await api.events(order, 'invoice.received.v1')).length, 1);
      assert.equal((await api.client.listDocuments({ orderNumber: order })).items.length, 1);
    });

    it('once, when they come many times at the same moment', async () => {
      const order = await ordered();
      const text = letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')]);
      const said = await Promise.all(Array.from({ length: 8 }, () => handIn(text)));
      assert.deepEqual(said.map(({ groups }) => groups.length).toSorted(), [0, 0, 0, 0, 0, 0, 0, 1]);
      assert.equal((await api.events(order, 'invoice.received.v1')).length, 1);
    });

    it('as duplicates, and kept for people to see, when a number comes again with another content', async () => {
      const order = await ordered();
      await handIn(letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')], { controlNumber: '000000903' }));
      const said = await handIn(letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00', { number: 'INV-78' })], { controlNumber: '000000903' }));
      assert.equal(said.ta1, '000000903 R 025');
      assert.equal((await rejected(/control number was used before/)).supplierNumber, 'SUP-130');
      assert.equal((await api.events(order, 'invoice.received.v1')).length, 1);
    });

    it('of two senders that count alike, as two', async () => {
      const [ours, theirs] = [await ordered(), await ordered({ supplierNumber: 'SUP-140' })];
      await handIn(letter([invoice(ours, [{ ...PRODUCT, ...OURS }], '144.00')], { controlNumber: '000000904' }));
      const said = await handIn(letter([invoice(theirs, [{ ...PRODUCT, ...OURS }], '144.00')], { controlNumber: '000000904', from: PRAIRIE }));
      assert.deepEqual([said.ta1, said.to], ['000000904 A 000', 'ZZ:PRAIRIESURG']);
      assert.equal((await api.events(theirs, 'invoice.received.v1')).length, 1);
    });
  });

  describe('that are damaged are rejected where they are, and kept', () => {
    it('by TA1 for what is wrong with the envelope; mended, the same number is taken', async () => {
      const order = await ordered();
      const text = letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')], { controlNumber: '000000905' });
      const said = await handIn(text.replace('IEA*1*', 'IEA*2*'));
      assert.deepEqual([said.ta1, said.groups], ['000000905 R 021', []]);
      assert.equal((await rejected(/interchange 021 .* at IEA01/)).kind, 'interchange');
      assert.deepEqual(await api.events(order, 'invoice.received.v1'), []);
      assert.equal((await handIn(text)).ta1, '000000905 A 000');
      assert.equal((await api.events(order, 'invoice.received.v1')).length, 1);
    });

    for (const [damage, from, to, note] of [
      ['without an end', /IEA.*$/, '', '023'],
      ['with another number at the end', /IEA\*1\*\d+/, 'IEA*1*000000001', '001'],
      ['for another receiver', 'LAKESIDE       ', 'RIVERSIDE      ', '009'],
      ['of a sender that nobody knows', '5550130130     ', 'STRANGER       ', '006'],
    ] as const) {
      it(`by TA1 ${note}: ${damage}`, async () => {
        const order = await ordered();
        const said = await handIn(letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')]).replace(from, to));
        assert.match(String(said.ta1), new RegExp(`R ${note}$`));
        assert.deepEqual(await api.events(order, 'invoice.received.v1'), []);
        await rejected(new RegExp(`interchange ${note}`));
      });
    }

    it('by 999 for a count of segments that is wrong, with set and segment', async () => {
      const order = await ordered();
      const said = await handIn(letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')]).replace(/SE\*\d+\*/, 'SE*99*'));
      assert.deepEqual(said.groups, ['R']);
      assert.deepEqual(said.functional[0]!.sets[0]!.codes, ['4']);
      const document = await rejected(/the 810 was rejected: transaction 4 .* at SE01/);
      assert.deepEqual([document.kind, document.supplierNumber], ['invoice', 'SUP-130']);
      assert.deepEqual(await api.events(order, 'invoice.received.v1'), []);
    });

    it('by 999 for a set that is not taken here', async () => {
      const said = await handIn(letter([{ id: '867', controlNumber: '0001', segments: [['BPT', '00', 'X', '20261120', '03']] }], { functionalId: 'PT' }));
      assert.deepEqual([said.groups, said.functional[0]!.sets[0]!.codes], [['R'], ['1']]);
      assert.equal((await rejected(/the 867 was rejected: transaction 1/)).kind, 'interchange');
    });

    it('by 999 for one set, while the others of the interchange are taken', async () => {
      const order = await ordered();
      const good = invoice(order, [{ ...PRODUCT, ...OURS }], '144.00');
      const bad: typeof good = { ...good, segments: good.segments.filter(([id]) => id !== 'BIG') };
      const said = await handIn(letter([bad, good]));
      assert.deepEqual(said.groups, ['R', 'A']);
      assert.equal((await api.events(order, 'invoice.received.v1')).length, 1);
      const [kept] = await api.database.query('select outcome from procurement_network.received_interchanges order by id desc limit 1');
      assert.equal(kept!['outcome'], 'partly-accepted');
    });

    it('by a problem when there is nobody to answer to', async () => {
      for (const text of ['', 'Dear Sirs,', 'ISA*00*', `ISA${'*'.repeat(200)}~`, `${letter([])}${letter([])}`]) {
        const answer = await api.handIn(text);
        assert.deepEqual([answer.status, answer.status === 400 && (JSON.parse(answer.text) as { type: string }).type], [400, '/problems/invalid-request'], text.slice(0, 20));
      }
      await rejected(/does not begin with an ISA|ISA/);
    });

    it('without a trace of a NUL in the tables', async () => {
      assert.equal((await api.handIn('ISA\0\0')).status, 400);
      const order = await ordered();
      const said = await api.handIn(letter([invoice(order, [{ ...PRODUCT, ...OURS, description: 'Glove' }], '144.00')]).replace('Glove', 'Glo\0ve'));
      assert.equal(said.status, 200, said.text);
    });
  });

  describe('in good form that cannot be used are accepted by 999, kept as rejected and told to nobody', () => {
    const unusable = async (text: string, problem: RegExp) => {
      const said = await handIn(text);
      assert.ok(said.groups.every((each) => each === 'A'), `${said.groups.join()} is accepted on its form`);
      return rejected(problem);
    };

    it('for an order that nobody sent', async () => {
      const document = await unusable(letter([invoice('PO-NOBODYS', [{ ...PRODUCT, ...OURS }], '144.00', { number: 'INV-NOBODY' })]), /an order that is not known/);
      assert.deepEqual([document.orderNumber, document.number, document.kind, document.duplicate], ['PO-NOBODYS', 'INV-NOBODY', 'invoice', false]);
      assert.deepEqual(await api.events('PO-NOBODYS', 'invoice.received.v1'), []);
    });

    it('for an order of another supplier', async () => {
      const order = await ordered({ supplierNumber: 'SUP-140' });
      const document = await unusable(letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')]), /an order of another supplier/);
      assert.deepEqual([document.supplierNumber, document.orderNumber], ['SUP-130', order]);
      assert.deepEqual(await api.events(order, 'invoice.received.v1'), []);
    });

    it('for no order at all', async () => {
      await unusable(letter([invoice(undefined, [{ ...PRODUCT, ...OURS }], '144.00')]), /names no order/);
    });

    it('for a product that was not ordered, when no number of ours says which it is', async () => {
      const order = await ordered();
      await unusable(letter([invoice(order, [{ ...PRODUCT, vendorPartNumber: 'CMD-10' }], '144.00')]), /IT1 1: the product is not known as that of line 1/);
      await unusable(letter([invoice(order, [{ ...PRODUCT, lineNumber: undefined, gtin: '09521234567000' }], '144.00')]), /IT1 1: no line is named and no line of the order is of this product/);
      await unusable(letter([invoice(order, [{ ...PRODUCT, lineNumber: '9', vendorPartNumber: 'CMD-9' }], '144.00')]), /IT1 1: the order has no line 9/);
      const twice = await ordered({}, {}, {});
      await unusable(letter([invoice(twice, [{ ...PRODUCT, lineNumber: undefined, vendorPartNumber: 'CMD-9' }], '144.00')]), /more than one is of this product/);
    });

    it('for a line that nobody ordered, when it is an answer', async () => {
      const order = await ordered();
      await unusable(letter([acknowledgement(order, [{ ...PRODUCT, ...OURS, lineNumber: '4', acknowledgments: [{ status: 'IA' }] }])]), /\/lines\/0: the order has no line 4/);
    });

    it('for money given back, a cancelled notice and a substitute of no number of ours', async () => {
      const order = await ordered();
      await unusable(letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00', { type: 'CR' })]), /BIG07: credit notes/);
      await unusable(letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00', { purpose: '01' })]), /BIG08/);
      await unusable(letter([shipNotice([{ purchaseOrderNumber: order, items: [{ ...PRODUCT, ...OURS }] }], { purpose: '01' })]), /BSN01/);
      await unusable(letter([acknowledgement(order, [{ ...PRODUCT, ...OURS, acknowledgments: [{ status: 'IS', product: { vendorPartNumber: 'CMD-11' } }] }])]), /the substitute is not named/);
    });

    it('for a number that contracts have no room for', async () => {
      const order = await ordered();
      await unusable(letter([invoice(order, [{ ...PRODUCT, ...OURS }], '144.00', { number: '#1%' })]), /^\/number/);
      await unusable(letter([invoice(order, [{ ...PRODUCT, ...OURS, unitPrice: '18.00001' }], '144.00')]), /IT104: is not an amount/);
      await unusable(letter([invoice(order, [{ ...PRODUCT, ...OURS, quantity: '-8' }], '144.00')]), /IT102: is not a quantity/);
    });
  });

  describe('are read into our words', () => {
    it('with the item that we ordered, where only the supplier\'s part or a GTIN comes back', async () => {
      const order = await ordered({}, {}, { itemNumber: 'CON-3007', supplierItemNumber: 'CMD-12', deviceIdentifier: '00012345678905' });
      await handIn(letter([
        invoice(order, [{ ...PRODUCT, vendorPartNumber: 'CMD-9' }, { ...PRODUCT, lineNumber: undefined, upc: '012345678905' }], '288.00'),
        shipNotice([{ purchaseOrderNumber: order, items: [{ ...PRODUCT, lineNumber: undefined, gtin: DEVICE }, { ...PRODUCT, lineNumber: '002', vendorPartNumber: 'CMD-12' }] }]),
      ]));
      const [bill] = await api.events(order, 'invoice.received.v1');
      const [notice] = await api.events(order, 'shipment.announced.v1');
      assert.deepEqual(bill!.lines.map(({ line, itemNumber }) => [line, itemNumber]), [[1, 'CON-3002'], [2, 'CON-3007']]);
      assert.deepEqual(notice!.lines.map(({ line, itemNumber }) => [line, itemNumber]), [[1, 'CON-3002'], [2, 'CON-3007']]);
    });

    it('an invoice with amounts of quantity and price, and the total that it claims', async () => {
      const order = await ordered();
      await handIn(letter([invoice(order, [{ ...PRODUCT, ...OURS, quantity: '3', unitPrice: '18.125' }], '60.00', { number: 'INV 7/A', taxes: [{ type: 'ST', amount: '5.62' }] })]));
      const [bill] = await api.events(order, 'invoice.received.v1');
      assert.deepEqual(bill, {
        supplierNumber: 'SUP-130', orderNumber: order, number: 'INV 7/A', invoicedOn: '2026-11-21', currency: 'USD', total: '60.00',
        lines: [{ line: 1, itemNumber: 'CON-3002', quantity: 3, unit: 'BX', unitPrice: '18.125', amount: '54.38' }],
      });
    });

    it('a shipment for two orders as a notice for each', async () => {
      const [one, two] = [await ordered(), await ordered()];
      await handIn(letter([shipNotice([{ purchaseOrderNumber: one, items: [{ ...PRODUCT, ...OURS }] }, { purchaseOrderNumber: two, items: [{ ...PRODUCT, ...OURS, quantity: '2' }] }], { shipmentNumber: 'SHP-TWO' })]));
      for (const [order, quantity] of [[one, 8], [two, 2]] as const) {
        const [notice] = await api.events(order, 'shipment.announced.v1');
        assert.deepEqual([notice!.number, notice!.lines.map((line) => line.quantity), notice!.shippedAt, notice!.expectedOn], ['SHP-TWO', [quantity], '2026-11-20T00:00:00Z', '2026-11-22']);
      }
    });

    it('packs with lots, serial numbers and expiry, piece by piece where each has its number', async () => {
      const order = await ordered();
      const traced = { ...OURS, lineNumber: '1', unit: 'EA', lotNumbers: ['L1'], expirationDate: '2028-01-31', gtin: DEVICE };
      await handIn(letter([shipNotice([{
        purchaseOrderNumber: order,
        packs: [{ level: 'P', marks: [{ qualifier: 'GM', id: '00195212345600000018' }], items: [{ ...traced, quantity: '2', serialNumbers: ['S1', 'S2'] }, { ...traced, quantity: '5', lotNumbers: ['L1', 'L2'], serialNumbers: ['S3'] }] }],
        items: [{ ...traced, quantity: '1' }],
      }])]));
      const [notice] = await api.events(order, 'shipment.announced.v1');
      const own = { expiresOn: '2028-01-31', deviceIdentifier: DEVICE };
      assert.deepEqual(notice!.lines.map(({ quantity, tracking }) => [quantity, tracking]), [
        [1, { lot: 'L1', ...own }], [1, { lot: 'L1', ...own, serial: 'S1' }], [1, { lot: 'L1', ...own, serial: 'S2' }], [5, own],
      ]);
    });

    it('more pieces than a notice has room for as one quantity', async () => {
      const order = await ordered({}, { quantity: 300 });
      const serialNumbers = Array.from({ length: 300 }, (_, index) => `S${index}`);
      await handIn(letter([shipNotice([{ purchaseOrderNumber: order, items: [{ ...OURS, lineNumber: '1', unit: 'EA', quantity: '300', lotNumbers: ['L1'], serialNumbers }] }])]));
      const [notice] = await api.events(order, 'shipment.announced.v1');
      assert.deepEqual(notice!.lines.map(({ quantity, tracking }) => [quantity, tracking]), [[300, { lot: 'L1' }]]);
    });

    it('an answer without lines as one for all of them', async () => {
      const [yes, no] = [await ordered({}, {}, {}), await ordered()];
      await handIn(letter([acknowledgement(yes, [], { type: 'AK' }), acknowledgement(no, [], { type: 'RJ' })]));
      assert.deepEqual((await api.events(yes, 'order.acknowledged.v1'))[0]!.lines, [{ line: 1, outcome: 'accepted' }, { line: 2, outcome: 'accepted' }]);
      assert.deepEqual((await api.events(no, 'order.acknowledged.v1'))[0]!.lines, [{ line: 1, outcome: 'rejected' }]);
    });

    for (const [said, acknowledgments, expected] of [
      ['in full, but dearer', [{ status: 'IA', quantity: '8', unit: 'BX' }], { outcome: 'changed', unitPrice: '19.50' }],
      ['in part now and in part later', [{ status: 'IA', quantity: '3', unit: 'BX' }, { status: 'IB', quantity: '5', unit: 'BX', dateQualifier: '067', date: '2026-12-24' }], { outcome: 'backordered', promisedOn: '2026-12-24', reason: 'Item backordered' }],
      ['in part and the rest not at all', [{ status: 'IA', quantity: '6', unit: 'BX' }, { status: 'IR', quantity: '2', unit: 'BX' }], { outcome: 'changed', quantity: 6, reason: 'Item rejected' }],
      ['on another day', [{ status: 'DR', dateQualifier: '067', date: '2027-01-02' }], { outcome: 'changed', promisedOn: '2027-01-02', reason: 'Item accepted, date rescheduled' }],
      ['when it leaves the warehouse, which is no promise', [{ status: 'IA', dateQualifier: '068', date: '2027-01-02' }], { outcome: 'accepted' }],
      ['not yet', [{ status: 'IH' }], { outcome: 'backordered', reason: 'Item on hold' }],
      ['not at all', [{ status: 'R2' }], { outcome: 'rejected', reason: 'Item rejected, invalid item product number' }],
    ] as const) {
      it(`a line that is answered ${said}`, async () => {
        const order = await ordered();
        await handIn(letter([acknowledgement(order, [{ ...PRODUCT, ...OURS, unitPrice: 'unitPrice' in expected ? '19.50' : '18', acknowledgments: acknowledgments.map((each) => ({ ...each })) }])]));
        const [answer] = await api.events(order, 'order.acknowledged.v1');
        assert.deepEqual(answer!.lines, [{ line: 1, ...expected }]);
      });
    }

    it('the same answer sent anew is a duplicate that is told once; another one is told again', async () => {
      const order = await ordered();
      const answer = (status: 'IA' | 'IR') => letter([acknowledgement(order, [{ ...PRODUCT, ...OURS, acknowledgments: [{ status }] }])]);
      await handIn(answer('IA'));
      await handIn(answer('IA'));
      await handIn(answer('IR'));
      assert.deepEqual((await api.events(order, 'order.acknowledged.v1')).map(({ lines }) => lines[0]!.outcome), ['accepted', 'rejected']);
      const { items } = await api.client.listDocuments({ orderNumber: order });
      assert.deepEqual(items.toReversed().map(({ duplicate, status }) => [duplicate, status]), [[false, 'announced'], [true, 'announced'], [false, 'announced']]);
    });
  });

  describe('that only acknowledge ours', () => {
    const functional = (about: number, accepted: boolean) => ({
      id: '999', controlNumber: '0001', implementation: '005010X231A1',
      segments: [['AK1', 'PO', String(about), '005010'], ['AK2', '850', '0001'], ['IK5', accepted ? 'A' : 'R', ...(accepted ? [] : ['5'])], ['AK9', accepted ? 'A' : 'R', '1', '1', accepted ? '1' : '0']] as const,
    });
    const numberOf = async (order: string) => {
      const [row] = await api.database.query<{ control_number: number }>('select control_number from procurement_network.sent_interchanges where order_number = $1', [order]);
      return row!.control_number;
    };

    it('are answered with nothing and change nothing when they say yes', async () => {
      const order = await ordered();
      const answer = await api.handIn(letter([functional(await numberOf(order), true)]));
      assert.deepEqual([answer.status, answer.text], [200, '']);
      assert.deepEqual((await api.client.listDocuments({ orderNumber: order })).items, []);
    });

    it('are kept for people to see when they reject an order after all', async () => {
      const order = await ordered();
      const number = await numberOf(order);
      assert.equal((await api.handIn(letter([functional(number, false)]))).text, '');
      const document = await rejected(new RegExp(`the supplier rejected our interchange ${number}: 999 R, 5`));
      assert.deepEqual([document.orderNumber, document.kind], [order, 'interchange']);
    });

    it('count for the sender\'s own orders only', async () => {
      const order = await ordered({ supplierNumber: 'SUP-140' });
      await api.handIn(letter([functional(await numberOf(order), false)]));
      assert.deepEqual((await api.client.listDocuments({ orderNumber: order })).items, []);
      const [row] = await api.database.query('select outcome from procurement_network.sent_interchanges where order_number = $1', [order]);
      assert.equal(row!['outcome'], 'accepted');
    });
  });

  it('whose numbers no acknowledgement could repeat are refused as a whole', async () => {
    const order = await ordered();
    const text = printInterchange({
      header: { ...CASCADE, receiverQualifier: 'ZZ', receiver: 'LAKESIDE', date: '261120', time: '0815', controlNumber: '000000990', acknowledgmentRequested: true },
      groups: [{ header: { functionalId: 'IN', sender: 'X', receiver: 'Y', date: '20261120', time: '0815', controlNumber: '1', version: '005010~' }, transactions: [invoice(order, [{ ...PRODUCT, ...OURS }], '144.00')] }],
    }, { delimiters: { element: '|', component: '>', segment: '\n', repetition: '!' } });
    assert.equal((await handIn(text)).ta1, '000000990 R 024');
    assert.deepEqual(await api.events(order, 'invoice.received.v1'), []);
  });
});
