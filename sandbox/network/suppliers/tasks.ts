import type { Queryable } from '../database.ts';
import type { Desk } from './desk.ts';
import type { SupplierOrder } from './order.ts';

/** What a supplier has set itself to do, with what it needs to know besides the order. */
export interface TaskDetails {
  acknowledge: Record<string, never>;
  ship: { lines: readonly ShippingLine[] };
  arrive: { shipmentId: number };
  invoice: { shipmentId: number | null };
  'resend-invoice': { invoiceId: number; as: 'resend' | 'near-duplicate' | 'malformed' };
  'say-again': Record<string, never>;
  'ship-anyway': Record<string, never>;
  'bill-anyway': Record<string, never>;
  'bill-ahead': Record<string, never>;
}

export interface ShippingLine {
  lineNumber: number;
  quantity: string;
  /** Sent beyond what was ordered. */
  surplus: number;
}

export type TaskKind = keyof TaskDetails;

export type Task = { [Kind in TaskKind]: { id: string; order: SupplierOrder; kind: Kind; details: TaskDetails[Kind] } }[TaskKind];

/** Puts a task on the supplier's list, due after so many hours of the sandbox's time scale. */
export async function schedule<Kind extends TaskKind>(
  tx: Queryable,
  desk: Desk,
  order: Pick<SupplierOrder, 'id' | 'supplierNumber'>,
  kind: Kind,
  details: TaskDetails[Kind],
  hours: number,
): Promise<void> {
  await tx.query({
    name: 'network-schedule',
    text: `insert into network.tasks (order_id, supplier_number, kind, details, due_at)
      values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 millisecond')`,
    values: [order.id, order.supplierNumber, kind, JSON.stringify(details), hours * desk.settings.msPerHour],
  });
}
