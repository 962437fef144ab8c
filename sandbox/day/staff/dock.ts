import { Refusal } from '../portal.ts';
import { makeRounds, withHands, type Floor } from './floor.ts';

export const FIND = `query Find($number: ID!) { orders(orderNumber: $number, first: 1) { items { id } } }`;
export const RECEIVE = `mutation Receive($order: ID!, $input: GoodsReceivedInput!) { receiveGoods(orderId: $order, input: $input) { id } }`;

export interface Delivery {
  id: number;
  poNumber: string;
  shipmentNumber: string;
  lines: { orderLineNumber: number; quantity: string; lot: string | null; serial: string | null; expiresOn: string | null; gtin: string | null }[];
}

const HANDS = 4;

/** The order is not known yet, or not ready: the box waits a little. */
const LATER = new Set(['order-not-placed', 'unknown-line', 'not-found']);

/** Nobody wants it any more: the driver takes it back. */
const NO_MORE = new Set(['order-not-open', 'nothing-expected']);

/** A dock clerk: counts what stands there, records it, and only then ticks it off, or sends it back when nobody wants it any more. */
export function receive(floor: Floor, username: string, facility: string): Promise<void> {
  const portal = floor.portalOf(username);
  /** Boxes that nobody can receive any more. */
  const unwanted = new Set<number>();

  async function takeIn(delivery: Delivery): Promise<void> {
    const { orders } = await portal.ask<{ orders: { items: { id: string }[] } }>(FIND, { number: delivery.poNumber });
    const [order] = orders.items;
    if (!order) return;
    try {
      await portal.ask(RECEIVE, { order: order.id, input: countOf(delivery, floor.today) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (LATER.has(error.code)) return;
      if (NO_MORE.has(error.code)) return mark(floor, delivery, 'returned');
      unwanted.add(delivery.id);
      floor.say(`${username}: delivery ${delivery.shipmentNumber} for order ${delivery.poNumber}: ${error.code} ${error.message}`);
      return;
    }
    await mark(floor, delivery, 'received');
  }

  return makeRounds(floor, username, async () => {
    const response = await fetch(`${floor.dockUrl}/dock/deliveries?status=arrived&facility=${facility}`, { signal: floor.signal });
    if (!response.ok) throw new Error(`the dock answered ${response.status}`);
    const { deliveries } = await response.json() as { deliveries: Delivery[] };
    const wanted = deliveries.filter((each) => !unwanted.has(each.id));
    await withHands(HANDS, wanted, takeIn);
    return wanted.length;
  });
}

/** The reference tells this delivery from all others, so that recording it twice changes nothing. */
export function countOf({ id, shipmentNumber, lines }: Delivery, today: string) {
  return {
    reference: `${shipmentNumber}/${id}`, receivedOn: today, shipNoticeNumber: shipmentNumber,
    lines: lines.map(({ orderLineNumber, quantity, lot, serial, expiresOn, gtin }) => ({
      line: orderLineNumber, quantity: Number(quantity), ...(lot ? { lot } : {}), ...(serial ? { serial } : {}), ...(expiresOn ? { expiresOn } : {}), ...(gtin ? { deviceIdentifier: gtin } : {}),
    })),
  };
}

async function mark({ dockUrl, signal }: Floor, { id }: Delivery, as: 'received' | 'returned'): Promise<void> {
  const response = await fetch(`${dockUrl}/dock/deliveries/${id}/${as}`, { method: 'PUT', signal });
  if (!response.ok) throw new Error(`the dock answered ${response.status} to a box as ${as}`);
  await response.arrayBuffer();
}
