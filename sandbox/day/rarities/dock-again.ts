import { Refusal } from '../portal.ts';
import { countOf, FIND, RECEIVE, type Delivery } from '../staff/dock.ts';
import { makeRounds, type Floor } from '../staff/floor.ts';

const CLERKS: Readonly<Record<string, string>> = { MAIN: 'dora.ivanova', EAST: 'eve.lindqvist' };

/** Counts once more, under another reference, what somebody has struck out although it stands there. */
export function takeInAgain(floor: Floor, struckOut: Set<string>): Promise<void> {
  async function takeIn(delivery: Delivery & { facility: string }, reference: string): Promise<void> {
    const portal = floor.portalOf(CLERKS[delivery.facility]!);
    const { orders } = await portal.ask<{ orders: { items: { id: string }[] } }>(FIND, { number: delivery.poNumber });
    try {
      await portal.ask(RECEIVE, { order: orders.items[0]!.id, input: { ...countOf(delivery, floor.today), reference: `${reference}/again` } });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      floor.say(`delivery ${reference} could not be counted again: ${error.code}`);
    }
    struckOut.delete(reference);
  }

  return makeRounds(floor, 'dock', async () => {
    const references = [...struckOut];
    if (references.length === 0) return 0;
    for (const reference of references) {
      const id = Number(reference.split('/')[1]);
      const response = await fetch(`${floor.dockUrl}/dock/deliveries?status=received&after=${id - 1}`, { signal: floor.signal });
      const { deliveries } = await response.json() as { deliveries: (Delivery & { facility: string })[] };
      const [found] = deliveries;
      if (found?.id === id) await takeIn(found, reference);
    }
    return references.length;
  });
}
