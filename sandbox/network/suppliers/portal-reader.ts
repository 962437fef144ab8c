import { masterData } from '../../hospital/master-data.ts';
import { inTransaction } from '../database.ts';
import type { Database } from '../database.ts';
import type { Desk } from './desk.ts';
import type { IncomingOrder } from './order.ts';
import type { PartnerPortal, PortalOrder } from './partner-portal.ts';
import { lockOrder, takeCancellation, takeChange } from './take-order.ts';
import { startWorker } from './worker.ts';
import type { Worker } from './worker.ts';

/** Reads the orders of the suppliers that use the platform's partner API, from where it stopped. */
export function startPortalReader(
  database: Database,
  desk: Desk,
  portal: PartnerPortal,
  pollMs: number,
  afterwards: () => void,
): Worker {
  const suppliers = masterData.suppliers.filter(({ channel, status }) => channel === 'partner-rest' && status === 'active');
  return startWorker('the reading of partner orders', async () => {
    for (const { number } of suppliers) {
      if (desk.settings.pausedSuppliers.includes(number)) continue;
      if (await readPage(database, desk, portal, number)) afterwards();
    }
    return pollMs;
  });
}

async function readPage(database: Database, desk: Desk, portal: PartnerPortal, supplierNumber: string): Promise<boolean> {
  const setting = `cursor ${supplierNumber}`;
  const stored = await database.query<{ value: unknown }>('select value from network.settings where name = $1', [setting]);
  const cursor = stored.rows[0]?.value;
  const page = await portal.listOrders(supplierNumber, typeof cursor === 'string' ? cursor : undefined);
  if (page.orders.length === 0 && page.cursor === cursor) return false;
  await inTransaction(database, async (tx) => {
    for (const order of page.orders) {
      const known = await lockOrder(tx, supplierNumber, order.poNumber);
      if (order.status === 'cancelled') {
        if (known) await takeCancellation(tx, desk, supplierNumber, order.poNumber);
      } else if (!known || known.revision < order.revision) {
        await takeChange(tx, desk, incomingOf(supplierNumber, order, desk.today()), 'partner API');
      }
    }
    if (page.cursor !== undefined) {
      await tx.query(
        'insert into network.settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
        [setting, JSON.stringify(page.cursor)],
      );
    }
  });
  return page.orders.length > 0;
}

function incomingOf(supplierNumber: string, order: PortalOrder, today: string): IncomingOrder {
  return { ...order, channel: 'partner', supplierNumber, replyTo: null, orderedOn: today };
}
