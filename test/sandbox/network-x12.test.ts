import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import pg from 'pg';
import { documentsSent, interchangesReceived, invoicesSent, ordersRepeated, ordersUnderstood } from '../../sandbox/network/books.ts';
import type { Behaviour } from '../../sandbox/network/suppliers/behaviour.ts';
import { CASCADE, interchange850, interchangeTa1, order850, post, startPlatform } from './network-edi-support.ts';
import { call, networkForTest, until } from './network-support.ts';

const TOKEN = 'for this test only';

describe('suppliers reached by X12', () => {
  let network: Awaited<ReturnType<typeof networkForTest>>;
  let platform: Awaited<ReturnType<typeof startPlatform>>;
  let books: pg.Pool;
  let count = 0;

  before(async () => {
    platform = await startPlatform(`Bearer ${TOKEN}`);
    network = await networkForTest();
    network.connectVan({ callbackUrl: platform.url, headers: () => ({ authorization: `Bearer ${TOKEN}` }) });
    books = new pg.Pool({ connectionString: network.databaseUrl });
  });
  beforeEach(() => {
    count += 1;
  });
  after(async () => {
    await books.end();
    await network.dispose();
    await platform.close();
  });

  const controlNumber = () => String(count).padStart(9, '0');
  const place = async (behaviour: Behaviour) => {
    const [po, reference] = [`PO-X${count}`, `REQ-X${count}`];
    await network.control.setBehaviour(reference, behaviour);
    const answer = await post(network.url, CASCADE.number, interchange850(controlNumber(), [order850(po, reference)]));
    return { po, reference, answer };
  };
  const some = <Each>(list: (po: string) => Each[], po: string, atLeast = 1) =>
    until(async () => list(po).length >= atLeast && list(po));
  const understood = async (po: string) => (await ordersUnderstood(books)).filter(({ poNumber }) => poNumber === po);
  const settled = (po: string) =>
    until(async () => {
      const { body } = await call<{ openTasks: number; waitingDocuments: number }>('GET', `${network.url}/control/orders/${po}`);
      return body.openTasks + body.waitingDocuments === 0;
    });

  test('accept an 850 with TA1 and 999 and answer it with 855, 856 and 810', async () => {
    const { po, reference, answer } = await place('deliver-in-full');
    assert.equal(answer.status, 200);
    assert.deepEqual([answer.ta1?.verdict, answer.ta1?.note, answer.ta1?.controlNumber], ['A', '000', controlNumber()]);
    assert.deepEqual(answer.functional.map(({ verdict, functionalId }) => [verdict, functionalId]), [['A', 'PO']]);

    const [invoice] = await some(platform.invoices, po);
    assert.deepEqual([invoice?.total, invoice?.lines[0]?.unitPrice, invoice?.lines[0]?.lineNumber], ['144.00', '18.00', '1']);
    assert.deepEqual(invoice?.terms?.[0], { type: '08', basis: '3', discountPercent: '2', discountDays: '10', netDays: '30' });
    const [acknowledgement] = platform.acknowledgements(po);
    assert.equal(acknowledgement?.type, 'AD');
    assert.equal(acknowledgement?.references?.[0]?.id, reference);
    assert.equal(acknowledgement?.lines[0]?.acknowledgments[0]?.status, 'IA');
    const [notice] = platform.shipNotices(po);
    const item = notice?.orders[0]?.items[0];
    assert.deepEqual([item?.quantity, item?.unit, item?.buyerItemNumber], ['8', 'BX', 'CON-3002']);
    assert.match(String(item?.gtin), /^\d{14}$/);
  });

  test('answer the same interchange again as a duplicate and enter nothing', async () => {
    const { po, reference } = await place('deliver-in-full');
    const again = await post(network.url, CASCADE.number, interchange850(controlNumber(), [order850(po, reference)]));
    assert.deepEqual([again.status, again.ta1?.verdict, again.ta1?.note], [200, 'R', '025']);
    assert.deepEqual(again.functional, []);
    assert.equal((await understood(po)).length, 1);
    assert.deepEqual((await interchangesReceived(books)).slice(-2).map(({ outcome }) => outcome), ['accepted', 'duplicate']);
  });

  test('enter an order once when the same interchange comes many times at once', async () => {
    const text = interchange850(controlNumber(), [order850(`PO-X${count}`, `REQ-X${count}`)]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(network.url, CASCADE.number, text)));
    assert.deepEqual(answers.map(({ ta1 }) => ta1?.note).sort(), ['000', ...Array.from({ length: 9 }, () => '025')]);
    assert.equal((await understood(`PO-X${count}`)).length, 1);
  });

  test('enter an order number once, and note the repeat, when it comes in another interchange', async () => {
    const { po, reference } = await place('deliver-in-full');
    const again = await post(network.url, CASCADE.number, interchange850(String(900_000 + count), [order850(po, reference)]));
    assert.equal(again.functional[0]?.verdict, 'A');
    assert.equal((await understood(po)).length, 1);
    assert.equal((await ordersRepeated(books)).filter(({ poNumber }) => poNumber === po).length, 1);
    await settled(po);
    assert.equal(platform.shipNotices(po).length, 1);
  });

  test('reject a malformed 850 in the 999 and enter nothing of it', async () => {
    const good = interchange850(controlNumber(), [order850(`PO-X${count}`, `REQ-X${count}`)]);
    const malformed: [what: string, text: string][] = [
      ['a wrong count of segments', good.replace(/SE\*(\d+)/, 'SE*99')],
      ['a trailer that names another set', good.replace(/(SE\*\d+)\*0001/, '$1*0002')],
      ['no beginning', good.replace(/BEG\*[^~]*~/, '').replace(/SE\*(\d+)/, (_, n: string) => `SE*${Number(n) - 1}`)],
      ['no date', good.replace(/(BEG(\*[^*~]*){4})\*[^*~]*/, '$1*')],
      ['a price that is none', good.replace('*18.00*', '*DEAR*')],
      ['fewer lines than counted', good.replace('CTT*1', 'CTT*2')],
      ['nothing ordered', good.replace('PO1*1*8*', 'PO1*1*0*')],
      ['an unknown purpose', good.replace('BEG*00', 'BEG*99')],
      ['another transaction set', good.replace('ST*850', 'ST*840')],
    ];
    for (const [what, text] of malformed) {
      count += 1;
      const answer = await post(network.url, CASCADE.number, text.replace(/000000\d{3}/g, controlNumber()));
      assert.equal(answer.ta1?.verdict, 'A', what);
      assert.deepEqual([answer.functional[0]?.verdict, answer.functional[0]?.isAccepted], ['R', false], what);
    }
    assert.ok((await ordersUnderstood(books)).every(({ poNumber }) => !malformed.some(([, text]) => text.includes(`*${poNumber}*`))));
  });

  test('enter the good orders of an interchange and reject the bad one', async () => {
    const orders = [1, 2].map((number) => order850(`PO-X${count}-${number}`, `REQ-X${count}`));
    const text = interchange850(controlNumber(), orders).replace(`PO-X${count}-2**20261120`, `PO-X${count}-2**20261399`);
    const answer = await post(network.url, CASCADE.number, text);
    assert.equal(answer.functional[0]?.verdict, 'P');
    assert.deepEqual(answer.functional[0]?.sets.map(({ isAccepted }) => isAccepted), [true, false]);
    assert.equal((await understood(`PO-X${count}-1`)).length, 1);
    assert.equal((await understood(`PO-X${count}-2`)).length, 0);
  });

  test('refuse an interchange whose envelope is broken or meant for another, by TA1 alone', async () => {
    const send = async (text: string) => {
      const { status, ta1, functional } = await post(network.url, CASCADE.number, text);
      return [status, ta1?.verdict, ta1?.note, functional.length];
    };
    const good = interchange850(controlNumber(), [order850(`PO-X${count}`, `REQ-X${count}`)]);
    assert.deepEqual(await send(good.replace(/IEA\*1\*\d+/, 'IEA*1*000000999')), [200, 'R', '001', 0]);
    assert.deepEqual(await send(good.replace(/IEA\*1/, 'IEA*2')), [200, 'R', '021', 0]);
    assert.deepEqual(await send(interchange850(controlNumber(), [order850('PO', 'REQ')], 'SOMEBODY')), [200, 'R', '009', 0]);
    assert.equal((await understood(`PO-X${count}`)).length, 0);
    // A refused interchange has not been taken: mended, it may come under its number.
    assert.deepEqual(await send(good), [200, 'A', '000', 1]);
  });

  test('answer what is no X12 at all, or for no mailbox, in HTTP', async () => {
    const good = interchange850(controlNumber(), [order850(`PO-X${count}`, `REQ-X${count}`)]);
    assert.equal((await post(network.url, CASCADE.number, 'hello')).status, 400);
    assert.equal((await post(network.url, CASCADE.number, '')).status, 400);
    assert.equal((await post(network.url, 'SUP-190', interchange850(controlNumber(), [order850('PO', 'REQ')]))).status, 404);
    assert.equal((await post(network.url, 'SUP-100', interchange850(controlNumber(), [order850('PO', 'REQ')]))).status, 404);
    assert.equal((await post(network.url, CASCADE.number, good, { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await post(network.url, CASCADE.number, `${good}${good}`)).status, 400);
    assert.equal((await understood(`PO-X${count}`)).length, 0);
  });

  test('offer a substitute and ship it after an 850 that replaces the order', async () => {
    const { po, reference } = await place('substitute');
    const [offer] = await some(platform.acknowledgements, po);
    const line = offer?.lines[0];
    assert.equal(offer?.type, 'AC');
    assert.deepEqual(
      [line?.buyerItemNumber, line?.unitPrice, line?.acknowledgments[0]?.status, line?.acknowledgments[0]?.product],
      ['CON-3002', '21.00', 'IS', { buyerItemNumber: 'CON-3007' }],
    );
    await settled(po);
    assert.equal(platform.shipNotices(po).length, 0);
    const replaced = order850(po, reference, { purpose: '05', lines: [{ lineNumber: '1', quantity: '8', unit: 'BX', unitPrice: '21.00', buyerItemNumber: 'CON-3007' }] });
    await post(network.url, CASCADE.number, interchange850(String(800_000 + count), [replaced]));
    const [invoice] = await some(platform.invoices, po);
    assert.deepEqual([invoice?.total, invoice?.lines[0]?.buyerItemNumber], ['168.00', 'CON-3007']);
    assert.deepEqual(platform.acknowledgements(po).map(({ purpose }) => purpose), ['00', '05']);
  });

  test('ask for a higher price, and drop the order on an 850 that cancels it', async () => {
    const { po, reference } = await place('price-higher-on-acknowledgement');
    const [offer] = await some(platform.acknowledgements, po);
    assert.equal(offer?.lines[0]?.acknowledgments[0]?.status, 'IP');
    assert.ok(Number(offer?.lines[0]?.unitPrice) > 18);
    await post(network.url, CASCADE.number, interchange850(String(800_000 + count), [order850(po, reference, { purpose: '01' })]));
    const [, confirmed] = await some(platform.acknowledgements, po, 2);
    assert.deepEqual([confirmed?.type, confirmed?.lines[0]?.acknowledgments[0]?.status], ['RD', 'ID']);
    await settled(po);
    assert.equal(platform.shipNotices(po).length, 0);
    assert.deepEqual((await understood(po)).map(({ orderState, lineState }) => [orderState, lineState]), [['cancelled', 'cancelled']]);
  });

  test('backorder with a later date, and reject what is not known', async () => {
    const { po } = await place('backorder');
    const [later] = await some(platform.acknowledgements, po);
    const [answer] = later?.lines[0]?.acknowledgments ?? [];
    assert.deepEqual([answer?.status, answer?.dateQualifier], ['IB', '067']);
    assert.ok(String(answer?.date) > '2026-12-01');

    count += 1;
    const lines = [{ lineNumber: '1', quantity: '1', unit: 'EA', unitPrice: '5', buyerItemNumber: 'EHR-88417' }];
    await post(network.url, CASCADE.number, interchange850(controlNumber(), [order850(`PO-X${count}`, `REQ-X${count}`, { lines })]));
    const [rejection] = await some(platform.acknowledgements, `PO-X${count}`);
    assert.deepEqual([rejection?.type, rejection?.lines[0]?.acknowledgments[0]?.status], ['RD', 'IR']);
  });

  test('resend an invoice in a new interchange, under the same number', async () => {
    const { po } = await place('invoice-resent');
    const [first, second] = await some(platform.invoices, po, 2);
    assert.equal(second?.number, first?.number);
    const sent = (await documentsSent(books)).filter(({ poNumber, document }) => poNumber === po && document === 'invoice');
    assert.notEqual(sent[0]?.controlNumber, sent[1]?.controlNumber);
    assert.deepEqual((await invoicesSent(books)).filter(({ poNumber }) => poNumber === po).map(({ kind }) => kind), ['original', 'resend']);
  });

  test('send again under the same control number until a TA1 or 999 comes, which may call it a duplicate', async () => {
    platform.moods.push('unavailable', 'silent');
    const { po } = await place('deliver-in-full');
    await some(platform.invoices, po);
    await settled(po);
    const sent = (await documentsSent(books)).filter(({ poNumber }) => poNumber === po);
    assert.deepEqual(sent.map(({ document, state, attempts }) => [document, state, attempts]), [
      ['acknowledgement', 'acknowledged', 3], ['ship-notice', 'acknowledged', 1], ['invoice', 'acknowledged', 1],
    ]);
    assert.equal(sent[0]?.answer, 'TA1 R 025');
    assert.equal(platform.seen.filter((key) => key.endsWith(sent[0]?.controlNumber ?? '-')).length, 3);
    assert.equal(platform.acknowledgements(po).length, 1);
  });

  test('take an acknowledgement that comes to the mailbox by itself', async () => {
    platform.moods.push(...Array.from({ length: 1000 }, () => 'silent' as const));
    const { po } = await place('reject-order');
    const waiting = await until(async () => (await documentsSent(books)).find(({ poNumber, attempts }) => poNumber === po && attempts > 0));
    const answer = await post(network.url, CASCADE.number, interchangeTa1(String(700_000 + count), waiting.controlNumber ?? ''));
    assert.deepEqual([answer.status, answer.text], [200, '']);
    await settled(po);
    platform.moods.length = 0;
    const [sent] = (await documentsSent(books)).filter(({ poNumber }) => poNumber === po);
    assert.equal(sent?.state, 'acknowledged');
  });

  test('stop at a 999 that rejects, and leave the refusal in the books', async () => {
    platform.moods.push('reject');
    const { po } = await place('deliver-in-full');
    await some(platform.invoices, po);
    const [refused] = (await documentsSent(books)).filter(({ poNumber }) => poNumber === po);
    assert.deepEqual([refused?.state, refused?.attempts, refused?.answer], ['refused', 1, '999 R']);
  });

  test('put what they ship on the dock of the facility in the order', async () => {
    const { po } = await place('deliver-in-full');
    const delivery = await until(async () => {
      const { body } = await call<{ deliveries: { poNumber: string; facility: string; supplierNumber: string }[] }>('GET', `${network.url}/dock/deliveries?status=arrived&facility=MAIN`);
      return body.deliveries.find(({ poNumber }) => poNumber === po);
    });
    assert.deepEqual([delivery.facility, delivery.supplierNumber], ['MAIN', 'SUP-130']);
  });
});

test('documents wait while the platform has no inbound EDI address, and a mailbox asks for its token', async () => {
  const platform = await startPlatform('Bearer inbound');
  const network = await networkForTest({ vanToken: 'mailbox' });
  try {
    await network.control.setBehaviour('REQ-WAIT', 'deliver-in-full');
    const text = interchange850('1', [order850('PO-WAIT', 'REQ-WAIT')]);
    assert.equal((await post(network.url, CASCADE.number, text)).status, 401);
    assert.equal((await post(network.url, CASCADE.number, text, { authorization: 'Bearer mailbox' })).ta1?.verdict, 'A');
    await until(async () => {
      const { body } = await call<{ openTasks: number; waitingDocuments: number }>('GET', `${network.url}/control/pending`);
      return body.openTasks === 0 && body.waitingDocuments === 3;
    });
    network.connectVan({ callbackUrl: platform.url, headers: () => Promise.resolve({ authorization: 'Bearer inbound' }) });
    await until(async () => platform.invoices('PO-WAIT').length === 1);
  } finally {
    await network.dispose();
    await platform.close();
  }
});
