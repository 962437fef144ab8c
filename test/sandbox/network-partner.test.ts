import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { masterData } from '../../sandbox/hospital/master-data.ts';
import { documentsSent, ordersUnderstood } from '../../sandbox/network/books.ts';
import type { Acknowledgement, Invoice, ShipNotice } from '../../sandbox/network/suppliers/documents.ts';
import { PortalRefusal } from '../../sandbox/network/suppliers/partner-portal.ts';
import type { PartnerPortal, PortalOrder } from '../../sandbox/network/suppliers/partner-portal.ts';
import { networkForTest, until } from './network-support.ts';

/** The platform's partner API as far as a supplier sees it: a feed of orders, and documents kept by their key. */
class RememberingPortal implements PartnerPortal {
  feed: PortalOrder[] = [];
  documents = new Map<string, Acknowledgement | ShipNotice | Invoice>();
  sendings: string[] = [];
  /** Thrown at the next sendings, oldest first. */
  troubles: Error[] = [];

  async listOrders(supplierNumber: string, cursor: string | undefined) {
    assert.equal(supplierNumber, 'SUP-150');
    const from = Number(cursor ?? 0);
    return { orders: this.feed.slice(from, from + 2), cursor: String(Math.min(this.feed.length, from + 2)) };
  }

  acknowledge = (_supplier: string, document: Acknowledgement, key: string) => this.#keep(document, key);
  sendShipNotice = (_supplier: string, document: ShipNotice, key: string) => this.#keep(document, key);
  sendInvoice = (_supplier: string, document: Invoice, key: string) => this.#keep(document, key);

  async #keep(document: Acknowledgement | ShipNotice | Invoice, key: string) {
    this.sendings.push(key);
    const trouble = this.troubles.shift();
    if (trouble) throw trouble;
    this.documents.set(key, document);
  }

  of<Kind extends 'acknowledgement' | 'ship-notice' | 'invoice'>(kind: Kind, poNumber: string) {
    return [...this.documents.values()].filter((each) => each.kind === kind && each.order.poNumber === poNumber) as Extract<Acknowledgement | ShipNotice | Invoice, { kind: Kind }>[];
  }
}

const item = masterData.items.find((each) => each.supplier === 'SUP-150' && each.lotControlled && each.expiryControlled && !each.substitute)!;

const portalOrder = (poNumber: string, change: Partial<PortalOrder> = {}): PortalOrder => ({
  poNumber, revision: 1, status: 'issued', reference: `REQ-${poNumber}`, facility: 'EAST', currency: 'USD',
  lines: [{ lineNumber: 1, itemNumber: item.number, description: item.description, uom: item.purchasingUom, quantity: '6', price: '9.00', needBy: null }],
  ...change,
});

describe('a supplier that uses the partner API', () => {
  const portal = new RememberingPortal();
  let network: Awaited<ReturnType<typeof networkForTest>>;
  let books: pg.Pool;

  before(async () => {
    network = await networkForTest({ portal });
    books = new pg.Pool({ connectionString: network.databaseUrl });
  });
  after(async () => {
    await books.end();
    await network.dispose();
  });

  const place = async (order: PortalOrder, behaviour: Parameters<typeof network.control.setBehaviour>[1]) => {
    await network.control.setBehaviour(order.reference, behaviour);
    portal.feed.push(order);
  };
  const arrived = <Kind extends 'acknowledgement' | 'ship-notice' | 'invoice'>(kind: Kind, poNumber: string, count = 1) =>
    until(async () => {
      const found = portal.of(kind, poNumber);
      return found.length >= count && found;
    });

  test('reads its orders, acknowledges, ships and invoices, in that order', async () => {
    await place(portalOrder('PO-1'), 'deliver-in-full');
    const [invoice] = await arrived('invoice', 'PO-1');
    assert.deepEqual([invoice?.total, invoice?.paymentTerms, invoice?.lines[0]?.quantity], ['54.00', 'NET30', '6']);
    assert.equal(portal.of('acknowledgement', 'PO-1')[0]?.lines[0]?.decision, 'accept');
    const line = portal.of('ship-notice', 'PO-1')[0]?.lines[0];
    assert.ok(line?.lot && line.expiresOn && line.gtin);
    assert.deepEqual([...portal.documents.values()].map(({ kind }) => kind), ['acknowledgement', 'ship-notice', 'invoice']);
  });

  test('sends a document again under the same key until it is taken', async () => {
    portal.troubles.push(new Error('503'), new Error('connection reset'));
    await place(portalOrder('PO-2'), 'deliver-in-full');
    await arrived('invoice', 'PO-2');
    const [first, second, third, fourth] = portal.sendings.slice(-5);
    assert.equal(first, second);
    assert.equal(second, third);
    assert.notEqual(third, fourth);
  });

  test('does not repeat what the platform refused', async () => {
    portal.troubles.push(new PortalRefusal('Unknown order'));
    await place(portalOrder('PO-3'), 'deliver-in-full');
    await arrived('invoice', 'PO-3');
    assert.equal(portal.of('acknowledgement', 'PO-3').length, 0);
    const sent = (await documentsSent(books)).filter(({ poNumber }) => poNumber === 'PO-3');
    assert.deepEqual(sent.map(({ state, attempts }) => [state, attempts]), [['refused', 1], ['acknowledged', 1], ['acknowledged', 1]]);
  });

  test('takes a new revision as the answer to its proposal, and an order it has seen as nothing new', async () => {
    await place(portalOrder('PO-4'), 'price-higher-on-acknowledgement');
    const [offer] = await arrived('acknowledgement', 'PO-4');
    const price = offer?.lines[0]?.price ?? '';
    assert.ok(Number(price) > 9);
    const agreed = portalOrder('PO-4', { revision: 2 });
    const lines = agreed.lines.map((line) => ({ ...line, price }));
    portal.feed.push({ ...agreed, lines }, { ...agreed, lines });
    const [invoice] = await arrived('invoice', 'PO-4');
    assert.equal(invoice?.lines[0]?.price, price);
    assert.equal(portal.of('acknowledgement', 'PO-4').length, 2);
  });

  test('cancels what has not left', async () => {
    await place(portalOrder('PO-5'), 'substitute');
    await place(portalOrder('PO-6'), 'price-higher-on-acknowledgement');
    await arrived('acknowledgement', 'PO-6');
    portal.feed.push(portalOrder('PO-6', { revision: 2, status: 'cancelled' }));
    const [, answer] = await arrived('acknowledgement', 'PO-6', 2);
    assert.equal(answer?.lines[0]?.decision, 'cancel');
    assert.equal(portal.of('ship-notice', 'PO-6').length, 0);
    const [understood] = (await ordersUnderstood(books)).filter(({ poNumber }) => poNumber === 'PO-6');
    assert.deepEqual([understood?.orderState, understood?.lineState], ['cancelled', 'cancelled']);
  });

  test('delivers in full where it would like to substitute and has nothing to offer', async () => {
    const [invoice] = await arrived('invoice', 'PO-5');
    assert.equal(invoice?.lines[0]?.itemNumber, item.number);
  });
});
