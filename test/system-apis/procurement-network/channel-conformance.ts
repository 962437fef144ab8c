import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';

import { ApiError, type FailureKind } from '#chassis/errors/failures.ts';
import type { OrderDispatch } from '#contracts/generated/system/procurement-network/v1.ts';
import { goodsShipped, invoicesSent, ordersRepeated, ordersUnderstood } from '../../../sandbox/network/books.ts';
import type { Behaviour } from '../../../sandbox/network/suppliers/behaviour.ts';
import { dispatch, startApi, type ApiUnderTest } from './platform.ts';

/** A supplier that is reached through the channel, and what it sells. */
export interface ChannelFixture {
  supplierNumber: string;
  item: { itemNumber: string; unit: string; unitPrice: string };
  /** An item for which the supplier has another to offer; absent when it has none for any. */
  substitutable?: { itemNumber: string; unit: string; unitPrice: string; substitute: string };
}

let count = 0;

/** What every channel does, whatever goes over its wire: the same orders out, the same events in. */
export function channelConformance(name: string, fixture: ChannelFixture): void {
  describe(`suppliers reached by ${name}`, () => {
    let api: ApiUnderTest;
    let books: pg.Pool;

    before(async () => {
      api = await startApi();
      books = new pg.Pool({ connectionString: api.network.databaseUrl, max: 2 });
    });
    after(async () => {
      await books?.end();
      await api?.stop();
    });

    function orderOf(change: Partial<OrderDispatch['lines'][number]> = {}): OrderDispatch {
      count += 1;
      return dispatch(`PO-${name}-${count}`, { supplierNumber: fixture.supplierNumber, urgency: 'standard' }, { description: 'Goods', ...fixture.item, ...change });
    }

    async function place(behaviour: Behaviour, change: Partial<OrderDispatch['lines'][number]> = {}): Promise<OrderDispatch> {
      const order = orderOf(change);
      await api.network.control.setBehaviour(order.requisitionReference, behaviour);
      await api.client.sendOrder({ body: order });
      return order;
    }

    const understood = async ({ orderNumber }: OrderDispatch) => (await ordersUnderstood(books)).filter((each) => each.poNumber === orderNumber);
    const withLine = (order: OrderDispatch, change: Partial<OrderDispatch['lines'][number]>): OrderDispatch => ({ ...order, lines: order.lines.map((line) => ({ ...line, ...change })) });
    const documents = async ({ orderNumber }: OrderDispatch) => (await api.client.listDocuments({ orderNumber, limit: 200 })).items.toReversed();

    describe('orders', () => {
      it('reach the supplier with everything that was asked for, and are read back as they were sent', async () => {
        const order = orderOf({ quantity: 6 });
        const sent = await api.client.sendOrder({ body: order });
        assert.deepEqual({ ...sent, sentAt: '' }, { ...order, revision: 0, status: 'sent', channel: name, sentAt: '' });
        assert.deepEqual(await api.client.getOrder({ orderNumber: order.orderNumber }), sent);
        await api.told(order.orderNumber, 'invoice.received.v1');
        const [line, ...others] = await understood(order);
        assert.deepEqual(others, []);
        assert.deepEqual(
          [line!.supplierNumber, line!.reference, line!.facility, line!.lineNumber, line!.itemNumber, line!.uom, Number(line!.quantity), line!.price],
          [order.supplierNumber, order.requisitionReference, 'MAIN', 1, fixture.item.itemNumber, fixture.item.unit, 6, fixture.item.unitPrice]);
      });

      it('are sent once, however often they are asked for', async () => {
        const order = await place('deliver-in-full');
        const first = await api.client.getOrder({ orderNumber: order.orderNumber });
        const again = await Promise.all([1, 2, 3].map(() => api.client.sendOrder({ body: { ...order, orderedOn: '2026-11-21' } })));
        assert.deepEqual(again, [first, first, first]);
        await api.quiet(order.orderNumber);
        assert.deepEqual((await ordersRepeated(books)).filter((each) => each.poNumber === order.orderNumber), []);
      });

      it('that are asked for at the same moment under several keys become one', async () => {
        const order = orderOf();
        const answers = await Promise.allSettled([1, 2, 3, 4].map(() => api.client.sendOrder({ body: order })));
        assert.deepEqual(answers.map((each) => (each.status === 'fulfilled' ? each.value.orderNumber : String(each.reason))), Array(4).fill(order.orderNumber));
        await api.told(order.orderNumber, 'order.acknowledged.v1');
        assert.equal((await understood(order)).length, 1);
        assert.deepEqual((await ordersRepeated(books)).filter((each) => each.poNumber === order.orderNumber), []);
      });

      it('of a number that another order has are refused', async () => {
        const order = await place('deliver-in-full');
        await fails(api.client.sendOrder({ body: withLine(order, { quantity: 9 }) }), 'conflict', 'order-number-taken');
      });

      it('that nobody sent cannot be read, changed or withdrawn', async () => {
        const order = orderOf();
        await fails(api.client.getOrder({ orderNumber: order.orderNumber }), 'not-found', 'unknown-order');
        await fails(api.client.reviseOrder({ orderNumber: order.orderNumber, body: order }), 'not-found', 'unknown-order');
        await fails(api.client.withdrawOrder({ orderNumber: order.orderNumber }), 'not-found', 'unknown-order');
      });

      it('are not changed into orders of another number or supplier', async () => {
        const order = await place('deliver-in-full');
        const { orderNumber } = order;
        await fails(api.client.reviseOrder({ orderNumber, body: { ...order, orderNumber: 'PO-ANOTHER' } }), 'invalid-request', 'order-differs');
        await fails(api.client.reviseOrder({ orderNumber, body: { ...order, supplierNumber: 'SUP-999' } }), 'refused', 'order-differs');
      });

      it('are changed in place: quantity and date are the supplier\'s from then on', async () => {
        const order = await place('price-higher-on-acknowledgement', { quantity: 4 });
        await api.told(order.orderNumber, 'order.acknowledged.v1');
        const changed = withLine(order, { quantity: 3, neededBy: '2027-01-15' });
        const answer = await api.client.reviseOrder({ orderNumber: order.orderNumber, body: changed });
        assert.deepEqual([answer.revision, answer.status, answer.lines[0]!.quantity], [1, 'sent', 3]);
        const [invoice] = await api.told(order.orderNumber, 'invoice.received.v1');
        assert.deepEqual([invoice!.lines[0]!.quantity, invoice!.lines[0]!.unitPrice], [3, order.lines[0]!.unitPrice]);
        assert.deepEqual(await api.client.reviseOrder({ orderNumber: order.orderNumber, body: changed }), await api.client.getOrder({ orderNumber: order.orderNumber }));
      });

      it('lose the lines that their new version lacks', async () => {
        const order = orderOf();
        const body = { ...order, lines: [order.lines[0]!, { ...order.lines[0]!, line: 2, quantity: 2 }] };
        await api.network.control.setBehaviour(order.requisitionReference, 'price-higher-on-acknowledgement');
        await api.client.sendOrder({ body });
        const [proposal] = await api.told(order.orderNumber, 'order.acknowledged.v1');
        assert.deepEqual(proposal!.lines.map(({ line, outcome }) => [line, outcome]), [[1, 'changed'], [2, 'changed']]);
        await api.client.reviseOrder({ orderNumber: order.orderNumber, body: order });
        const [, answer] = await api.told(order.orderNumber, 'order.acknowledged.v1', 2);
        assert.deepEqual(answer!.lines.map(({ line, outcome }) => [line, outcome]), [[1, 'accepted'], [2, 'accepted']], 'a line that we took back is agreed on');
        await api.told(order.orderNumber, 'invoice.received.v1');
        assert.deepEqual((await understood(order)).map(({ lineNumber, lineState }) => [lineNumber, lineState]), [[1, 'shipped'], [2, 'cancelled']]);
      });

      it('are withdrawn once and ship nothing more', async () => {
        const order = await place('price-higher-on-acknowledgement');
        await api.told(order.orderNumber, 'order.acknowledged.v1');
        const withdrawn = await api.client.withdrawOrder({ orderNumber: order.orderNumber });
        assert.equal(withdrawn.status, 'withdrawn');
        assert.deepEqual(await api.client.withdrawOrder({ orderNumber: order.orderNumber }), withdrawn);
        const [, answer] = await api.told(order.orderNumber, 'order.acknowledged.v1', 2);
        assert.deepEqual(answer!.lines.map(({ outcome }) => outcome), ['accepted'], 'the supplier agrees to the withdrawal');
        await api.quiet(order.orderNumber);
        assert.deepEqual(await api.events(order.orderNumber, 'shipment.announced.v1'), []);
        assert.deepEqual((await understood(order)).map(({ orderState, lineState }) => [orderState, lineState]), [['cancelled', 'cancelled']]);
        await fails(api.client.reviseOrder({ orderNumber: order.orderNumber, body: order }), 'refused', 'order-withdrawn');
      });
    });

    describe('what suppliers do', () => {
      it('accepted, shipped and invoiced in full is told once each, in that order, in our numbers', async () => {
        const order = await place('deliver-in-full', { quantity: 5 });
        const [invoice] = await api.told(order.orderNumber, 'invoice.received.v1');
        const [answer] = await api.events(order.orderNumber, 'order.acknowledged.v1');
        const [notice] = await api.told(order.orderNumber, 'shipment.announced.v1');
        await api.quiet(order.orderNumber);
        assert.deepEqual(answer!.lines.map(({ promisedOn: _, ...line }) => line), [{ line: 1, outcome: 'accepted' }]);
        assert.match(String(answer!.lines[0]!.promisedOn), /^\d{4}-\d{2}-\d{2}$/);
        assert.deepEqual(notice!.lines.map(({ line, itemNumber, quantity, unit }) => [line, itemNumber, quantity, unit]), [[1, fixture.item.itemNumber, 5, fixture.item.unit]]);
        assert.match(String(notice!.lines[0]!.tracking?.deviceIdentifier), /^\d{14}$/);
        assert.deepEqual(invoice!.lines.map(({ line, itemNumber, quantity, unit, unitPrice }) => [line, itemNumber, quantity, unit, unitPrice]), [[1, fixture.item.itemNumber, 5, fixture.item.unit, fixture.item.unitPrice]]);
        assert.equal(Number(invoice!.total), 5 * Number(fixture.item.unitPrice));
        const kept = await documents(order);
        assert.deepEqual(kept.map(({ kind, status, duplicate }) => [kind, status, duplicate]).toSorted(), [['acknowledgement', 'announced', false], ['invoice', 'announced', false], ['ship-notice', 'announced', false]]);
        const told = kept.find(({ kind }) => kind === 'invoice')!;
        assert.deepEqual(told.invoice, invoice);
        assert.deepEqual(await api.client.getDocument({ documentId: told.documentId }), told);
      });

      it('a higher price is told as such, and agreed to by a revision that the supplier then invoices', async () => {
        const order = await place('price-higher-on-acknowledgement');
        const [proposal] = await api.told(order.orderNumber, 'order.acknowledged.v1');
        const [line] = proposal!.lines;
        assert.deepEqual([line!.outcome, line!.quantity, typeof line!.unitPrice], ['changed', undefined, 'string']);
        assert.ok(Number(line!.unitPrice) > Number(fixture.item.unitPrice));
        assert.deepEqual(await api.events(order.orderNumber, 'shipment.announced.v1'), []);
        await api.client.reviseOrder({ orderNumber: order.orderNumber, body: withLine(order, { unitPrice: line!.unitPrice! }) });
        const [invoice] = await api.told(order.orderNumber, 'invoice.received.v1');
        assert.equal(Number(invoice!.lines[0]!.unitPrice), Number(line!.unitPrice));
        await api.quiet(order.orderNumber);
        const later = (await api.events(order.orderNumber, 'order.acknowledged.v1')).slice(1);
        assert.ok(later.every((answer) => answer.lines.every(({ outcome, unitPrice }) => outcome === 'accepted' && unitPrice === undefined)), 'what was agreed to is accepted');
      });

      it('a higher price is declined by sending the order again as it stands: the supplier gives in', async () => {
        const order = await place('price-higher-on-acknowledgement');
        await api.told(order.orderNumber, 'order.acknowledged.v1');
        const { revision } = await api.client.reviseOrder({ orderNumber: order.orderNumber, body: order });
        assert.equal(revision, 1, 'holding to an order is a version of its own');
        const [invoice] = await api.told(order.orderNumber, 'invoice.received.v1');
        assert.equal(Number(invoice!.lines[0]!.unitPrice), Number(order.lines[0]!.unitPrice));
      });

      it('a rejection is declined by sending the order again as it stands: what is billed already is delivered', async () => {
        const order = await place('bill-then-reject');
        const [invoice] = await api.told(order.orderNumber, 'invoice.received.v1');
        assert.ok(await api.network.control.rejectOrder(order.orderNumber));
        const [, rejection] = await api.told(order.orderNumber, 'order.acknowledged.v1', 2);
        assert.deepEqual(rejection!.lines.map(({ outcome }) => outcome), ['rejected']);
        assert.deepEqual(await api.events(order.orderNumber, 'shipment.announced.v1'), []);
        await api.client.reviseOrder({ orderNumber: order.orderNumber, body: order });
        const [notice] = await api.told(order.orderNumber, 'shipment.announced.v1');
        assert.equal(notice!.lines[0]!.quantity, invoice!.lines[0]!.quantity);
        await api.quiet(order.orderNumber);
        assert.equal((await api.events(order.orderNumber, 'invoice.received.v1')).length, 1, 'it is billed once');
      });

      const { substitutable } = fixture;
      if (substitutable) {
        it('a substitute is told by its item number, and agreed to by a revision that the supplier then ships', async () => {
          const { substitute, ...item } = substitutable;
          const order = await place('substitute', item);
          const [proposal] = await api.told(order.orderNumber, 'order.acknowledged.v1');
          const [line] = proposal!.lines;
          assert.deepEqual([line!.outcome, line!.substituteItemNumber, line!.quantity], ['substituted', substitute, undefined]);
          const body = withLine(order, { itemNumber: substitute, unitPrice: line!.unitPrice ?? item.unitPrice });
          await api.client.reviseOrder({ orderNumber: order.orderNumber, body });
          const [notice] = await api.told(order.orderNumber, 'shipment.announced.v1');
          const [invoice] = await api.told(order.orderNumber, 'invoice.received.v1');
          assert.deepEqual([notice!.lines[0]!.itemNumber, invoice!.lines[0]!.itemNumber], [substitute, substitute]);
          assert.equal(Number(invoice!.lines[0]!.unitPrice), Number(body.lines[0]!.unitPrice));
        });

        it('a substitute that is refused is not shipped', async () => {
          const { substitute, ...item } = substitutable;
          const order = await place('substitute', item);
          await api.told(order.orderNumber, 'order.acknowledged.v1');
          await api.client.withdrawOrder({ orderNumber: order.orderNumber });
          await api.quiet(order.orderNumber);
          assert.deepEqual(await api.events(order.orderNumber, 'shipment.announced.v1'), []);
          assert.equal((await goodsShipped(books)).filter((each) => each.poNumber === order.orderNumber && each.itemNumber === substitute).length, 0);
        });
      }

      it('a backorder is told with its date and comes later', async () => {
        const order = await place('backorder');
        const [answer] = await api.told(order.orderNumber, 'order.acknowledged.v1');
        const [line] = answer!.lines;
        assert.deepEqual([line!.outcome, line!.quantity, line!.unitPrice], ['backordered', undefined, undefined]);
        assert.ok(line!.promisedOn! > '2026-12-01' && line!.reason);
        const [notice] = await api.told(order.orderNumber, 'shipment.announced.v1');
        assert.equal(notice!.lines[0]!.quantity, 4);
      });

      it('a rejected line is told with a reason and never comes', async () => {
        const order = await place('reject-line');
        const [answer] = await api.told(order.orderNumber, 'order.acknowledged.v1');
        assert.deepEqual(answer!.lines.map(({ line, outcome, quantity, promisedOn }) => [line, outcome, quantity, promisedOn]), [[1, 'rejected', undefined, undefined]]);
        assert.ok(answer!.lines[0]!.reason);
        await api.quiet(order.orderNumber);
        assert.deepEqual(await api.events(order.orderNumber, 'shipment.announced.v1'), []);
      });

      it('a delivery in two parts is two notices and two invoices over what was ordered', async () => {
        const order = await place('short-shipment-two-invoices', { quantity: 10 });
        const notices = await api.told(order.orderNumber, 'shipment.announced.v1', 2);
        const invoices = await api.told(order.orderNumber, 'invoice.received.v1', 2);
        const total = (lines: { quantity: number }[]) => lines.reduce((sum, line) => sum + line.quantity, 0);
        assert.equal(total(notices.flatMap(({ lines }) => lines)), 10);
        assert.equal(total(invoices.flatMap(({ lines }) => lines)), 10);
        assert.ok(notices.every(({ lines }) => total(lines) < 10));
        assert.equal(new Set(notices.map(({ number }) => number)).size, 2);
        await api.quiet(order.orderNumber);
      });

      it('an invoice that is sent again is kept as a duplicate and told again, for the process to refuse', async () => {
        const order = await place('invoice-resent');
        const [first, second] = await api.told(order.orderNumber, 'invoice.received.v1', 2);
        assert.deepEqual(second, first);
        await api.quiet(order.orderNumber);
        const invoices = (await documents(order)).filter(({ kind }) => kind === 'invoice');
        assert.deepEqual(invoices.map(({ status, duplicate }) => [status, duplicate]), [['announced', false], ['announced', true]]);
        assert.equal((await api.events(order.orderNumber, 'invoice.received.v1')).length, 2);
      });

      it('an invoice under a number that only looks alike is passed on under that number', async () => {
        const order = await place('invoice-near-duplicate');
        const told = await api.told(order.orderNumber, 'invoice.received.v1', 2);
        const sent = (await invoicesSent(books)).filter((each) => each.poNumber === order.orderNumber);
        assert.deepEqual(told.map(({ number }) => number), sent.map(({ number }) => number.trim()));
        assert.equal(told[0]!.total, told[1]!.total);
      });

      it('more than was ordered is told as it was shipped, and as it was billed', async () => {
        const [free, billed] = [await place('over-delivery'), await place('over-delivery-billed')];
        const [freeNotice] = await api.told(free.orderNumber, 'shipment.announced.v1');
        const [freeInvoice] = await api.told(free.orderNumber, 'invoice.received.v1');
        assert.ok(freeNotice!.lines[0]!.quantity > 4);
        assert.equal(freeInvoice!.lines[0]!.quantity, 4);
        const [billedNotice] = await api.told(billed.orderNumber, 'shipment.announced.v1');
        const [billedInvoice] = await api.told(billed.orderNumber, 'invoice.received.v1');
        assert.equal(billedInvoice!.lines[0]!.quantity, billedNotice!.lines[0]!.quantity);
        assert.ok(billedInvoice!.lines[0]!.quantity > 4);
      });
    });

    describe('prices', () => {
      it('are those of the contract that is valid on the day', async () => {
        const price = await api.client.getContractPrice({ supplierNumber: fixture.supplierNumber, itemNumber: fixture.item.itemNumber });
        assert.deepEqual([price.supplierNumber, price.itemNumber, price.unit, price.currency], [fixture.supplierNumber, fixture.item.itemNumber, fixture.item.unit, 'USD']);
        assert.equal(Number(price.unitPrice), Number(fixture.item.unitPrice));
        assert.match(price.contractNumber, /^CTR-\d+$/);
        await fails(api.client.getContractPrice({ supplierNumber: fixture.supplierNumber, itemNumber: fixture.item.itemNumber, on: '1999-01-01' }), 'not-found', 'no-contract-price');
        await fails(api.client.getContractPrice({ supplierNumber: fixture.supplierNumber, itemNumber: 'NOTHING-404' }), 'not-found', 'unknown-item');
      });

      it('are found in the catalogue', async () => {
        const { items } = await api.client.listCatalogEntries({ supplierNumber: fixture.supplierNumber, limit: 200 });
        assert.ok(items.some(({ itemNumber }) => itemNumber === fixture.item.itemNumber));
        assert.ok(items.every(({ supplierNumber }) => supplierNumber === fixture.supplierNumber));
        const { items: found } = await api.client.listCatalogEntries({ supplierNumber: fixture.supplierNumber, text: fixture.item.itemNumber.toLowerCase() });
        assert.deepEqual(found.map(({ itemNumber }) => itemNumber), [fixture.item.itemNumber]);
      });
    });

    it('declare what they can do, and why one thing is lacking', async () => {
      const { adapter, capabilities } = await api.client.getCapabilities({ supplierNumber: fixture.supplierNumber });
      assert.equal(adapter, name);
      assert.deepEqual(capabilities.map((each) => each.name).toSorted(), ['acknowledgements', 'add-lines', 'contract-prices', 'interchanges', 'invoices', 'revise-order', 'send-order', 'ship-notices', 'withdraw-order']);
      for (const { name: capability, supported, reason } of capabilities) assert.ok(supported || reason, `${capability} is lacking for a reason`);
      const order = await place('price-higher-on-acknowledgement');
      await api.told(order.orderNumber, 'order.acknowledged.v1');
      const longer = { ...order, lines: [...order.lines, { ...order.lines[0]!, line: 2 }] };
      const revision = api.client.reviseOrder({ orderNumber: order.orderNumber, body: longer });
      if (capabilities.find((each) => each.name === 'add-lines')!.supported) {
        await revision;
        assert.equal((await api.client.getOrder({ orderNumber: order.orderNumber })).lines.length, 2);
      } else {
        await fails(revision, 'not-supported', 'lines-cannot-be-added');
        assert.equal((await api.client.getOrder({ orderNumber: order.orderNumber })).lines.length, 1);
      }
    });
  });
}

/** The call fails with this kind and code. */
export async function fails(call: Promise<unknown>, kind: FailureKind, code?: string): Promise<ApiError> {
  const failure = await call.then((answer) => assert.fail(`did not fail but answered ${JSON.stringify(answer)}`), (thrown: unknown) => thrown);
  assert.ok(failure instanceof ApiError, `threw ${String(failure)}`);
  assert.deepEqual({ kind: failure.kind, code: failure.code }, { kind, code: code ?? failure.code }, `${failure.kind} ${failure.code}: ${failure.message}`);
  return failure;
}
