import type { Database } from '../database.ts';
import type { Desk } from './desk.ts';
import type { OrderChannel } from './order.ts';
import { startWorker } from './worker.ts';
import type { Worker } from './worker.ts';

export interface Transmission {
  id: string;
  supplierNumber: string;
  channel: OrderChannel;
  document: string;
  controlNumber: string | null;
  body: string;
  attempts: number;
}

/** How a sending ended. `retry` is everything after which the receiver may or may not have it. */
export type Delivery = { outcome: 'acknowledged' | 'refused' | 'retry'; answer: string };

export type Carrier = (transmission: Transmission) => Promise<Delivery>;

export interface Courier extends Worker {
  /** From now on this channel's documents are carried so; until then they wait. */
  connect(channel: OrderChannel, carrier: Carrier): void;
}

const AT_ONCE = 16;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * Carries suppliers' documents to the platform, in order within an order, and again and again until each is
 * acknowledged or refused.
 *
 * @param retryBaseMs pause after the first failure, doubled with each further one
 */
export function startCourier(database: Database, desk: Desk, retryBaseMs: number): Courier {
  const carriers = new Map<OrderChannel, Carrier>();

  const carry = async (transmission: Transmission) => {
    const carrier = carriers.get(transmission.channel);
    if (!carrier) return;
    const { outcome, answer } = await carrier(transmission).catch(
      (error: unknown): Delivery => ({ outcome: 'retry', answer: error instanceof Error ? error.message : String(error) }),
    );
    const backoff = Math.min(LONGEST_BACKOFF_MS, retryBaseMs * 2 ** Math.min(transmission.attempts, 20));
    // An acknowledgement may have come to the mailbox meanwhile; it stands.
    await database.query({
      name: 'network-carried',
      text: `update network.transmissions set attempts = attempts + 1, answer = $3,
          state = case when $2 = 'retry' then 'waiting' else $2 end,
          answered_at = case when $2 = 'retry' then null else clock_timestamp() end,
          next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond'
        where id = $1 and state = 'waiting'`,
      values: [transmission.id, outcome, answer, backoff],
    });
  };

  const worker = startWorker('the suppliers\' courier', async () => {
    const waiting = [[...carriers.keys()], desk.settings.pausedSuppliers];
    const { rows } = await database.query<Transmission>({
      name: 'network-to-carry',
      text: `select t.id, t.supplier_number as "supplierNumber", t.channel, t.document, t.control_number as "controlNumber", t.body, t.attempts
        from network.transmissions t
        where t.state = 'waiting' and t.next_attempt_at <= clock_timestamp() and t.channel = any($1) and t.supplier_number <> all($2)
          and not exists (select 1 from network.transmissions e where e.order_id = t.order_id and e.state = 'waiting' and e.id < t.id)
        order by t.id limit ${AT_ONCE}`,
      values: waiting,
    });
    await Promise.all(rows.map(carry));
    if (rows.length > 0) return 0;
    const next = await database.query<{ wait: number | null }>({
      name: 'network-next-carry',
      text: `select (extract(epoch from min(t.next_attempt_at) - clock_timestamp()) * 1000)::float8 as wait
        from network.transmissions t
        where t.state = 'waiting' and t.channel = any($1) and t.supplier_number <> all($2)
          and not exists (select 1 from network.transmissions e where e.order_id = t.order_id and e.state = 'waiting' and e.id < t.id)`,
      values: waiting,
    });
    const wait = next.rows[0]?.wait;
    return wait === null || wait === undefined ? undefined : Math.max(1, wait);
  });

  return {
    ...worker,
    connect(channel, carrier) {
      carriers.set(channel, carrier);
      worker.wake();
    },
  };
}
