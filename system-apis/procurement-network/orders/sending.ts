import { randomUUID } from 'node:crypto';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import { together, type Database } from '#chassis/storage/database.ts';
import type { KeptMessage, Sending } from '../port.ts';
import type { OrderRow } from './order-store.ts';

export type Purpose = 'original' | 'replacement' | 'cancellation';

/** Longer than an order waits to be sent again. */
const SENT_DAYS = 400;

interface MessageRow extends Record<string, unknown> {
  control_number: number;
  body: string;
  outcome: 'prepared' | 'accepted' | 'rejected';
}

/** What a channel gets to know and to keep for one version of an order. */
export function sendingOf({ database, payloads }: { database: Database; payloads: Payloads }, order: OrderRow, version: { revision: number; purpose: Purpose }, repeated: boolean): Sending {
  const { order_number: orderNumber, supplier_number: supplierNumber, channel } = order;
  const values = [orderNumber, version.revision, version.purpose];

  async function find(): Promise<KeptMessage | undefined> {
    const [row] = await database.query<MessageRow>(
      `select control_number, body, outcome from procurement_network.sent_interchanges
       where order_number = $1 and revision = $2 and purpose = $3 and outcome <> 'rejected'`, values);
    if (!row) return undefined;
    const kept = (await payloads.getAll(database, [row.body])).get(row.body);
    // No refusal: nobody knows whether it arrived, and the order must not be forgotten for it.
    if (!kept) throw new Error(`the message for order ${orderNumber} is not kept any more`);
    return { number: row.control_number, text: kept.body.toString(), acknowledged: row.outcome === 'accepted' };
  }

  async function keep(make: (number: number) => string): Promise<KeptMessage | undefined> {
    const number = await nextControlNumber(database);
    const [text, body] = [make(number), randomUUID()];
    return database.transaction(async (tx) => {
      const inserted = tx.query(
        `insert into procurement_network.sent_interchanges (order_number, revision, purpose, channel, supplier_number, control_number, body) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict do nothing returning id`, [...values, channel, supplierNumber, number, body]);
      await together(inserted, payloads.put(tx, { reference: body, body: text, mediaType: 'application/edi-x12', purpose: 'sent-interchange', keepDays: SENT_DAYS }));
      if ((await inserted).length > 0) return { number, text, acknowledged: false };
      await payloads.remove(tx, [body]);
      return undefined;
    });
  }

  return {
    repeated,
    async message(make): Promise<KeptMessage> {
      const message = await find() ?? await keep(make) ?? await find();
      if (!message) throw new Error(`the message for order ${orderNumber} was not kept`);
      return message;
    },
    async answered(accepted, answer) {
      await database.query(
        `update procurement_network.sent_interchanges set outcome = $4, answer = $5, answered_at = now()
         where order_number = $1 and revision = $2 and purpose = $3 and outcome = 'prepared'`,
        [...values, accepted ? 'accepted' : 'rejected', answer]);
    },
  };
}

/** One count for all interchanges that leave the platform, orders and acknowledgements alike. */
export async function nextControlNumber(on: Pick<Database, 'query'>): Promise<number> {
  const [row] = await on.query<{ number: number }>(`select nextval('procurement_network.control_numbers')::int as number`);
  if (!row) throw new Error('the sequence gave no control number');
  return row.number;
}
