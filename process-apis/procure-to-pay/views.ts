import { ApiError } from '#chassis/errors/failures.ts';
import { sum } from '#chassis/money/money.ts';
import { MOMENT, pageOf, positionOf, UUID, type Page } from '#chassis/contract/page.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type { Database, Queries, Row } from '#chassis/storage/database.ts';
import type { Order as OrderView, Requisition } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { PROCESS } from './definition.ts';
import { totalOf, type Order } from './order.ts';
import { findRequisition, type RequisitionRow } from './requisitions.ts';

interface LifeRow extends Row {
  id: string;
  state: string;
  snapshot: { context: Order };
  /** Place in the list. A Date would cut it to milliseconds, and orders of one requisition begin in the same one. */
  created: string;
  updated_at: Date;
}

export interface OrderQuery {
  state?: string;
  supplierNumber?: string;
  orderNumber?: string;
  requisitionNumber?: string;
  facility?: string;
  cursor?: string;
  limit?: number;
}

/** Of a requisition. */
const NUMBER = /^REQ-\d{7,}$/;

/** Facilities that a person may see; none named means all. */
export function mayUse(principal: Principal, facility: string): boolean {
  return principal.facilities.length === 0 || principal.facilities.includes(facility);
}

export async function readOrder(on: Queries, orderId: string, principal: Principal): Promise<OrderView> {
  const [row] = await on.query<LifeRow>('select id, state, snapshot, updated_at from chassis.lives where id = $1 and process = $2', [orderId, PROCESS]);
  if (!row || !mayUse(principal, row.snapshot.context.facility)) throw new ApiError('not-found', 'There is no such order.');
  return orderView(row);
}

export async function listOrders(database: Database, query: OrderQuery, principal: Principal): Promise<Page<OrderView>> {
  const { state, supplierNumber, orderNumber, requisitionNumber, facility, cursor, limit = 50 } = query;
  const position = positionOf(cursor, [MOMENT, UUID]);
  const keys = Object.entries({ supplier: supplierNumber, order: orderNumber, requisition: requisitionNumber }).filter(([, value]) => value !== undefined);
  // What was not asked for is left out of the statement: a plan made for all filters at once would use the index of none.
  const rows = await database.query<LifeRow>(
    `select l.id, l.state, l.snapshot, l.created_at::text as created, l.updated_at from chassis.lives l
     where l.process = $1 and ($2::text is null or l.state like $2 || '%') and ($3::text is null or l.facility = $3) and ($4 or l.facility = any($5))
       and ($6::timestamptz is null or (l.created_at, l.id) < ($6, $7::uuid))
       ${keys.map(([kind], index) => `and l.id in (select life_id from chassis.life_keys where process = $1 and kind = '${kind}' and value = $${index + 9})`).join(' ')}
     order by l.created_at desc, l.id desc limit $8`,
    [PROCESS, state ?? null, facility ?? null, principal.facilities.length === 0, principal.facilities, position?.[0] ?? null, position?.[1] ?? null, limit + 1, ...keys.map(([, value]) => value)]);
  return pageOf(rows, limit, (row) => [row.created, row.id], orderView);
}

export async function readRequisition(on: Queries, number: string, principal: Principal): Promise<Requisition> {
  const row = await findRequisition(on, { number });
  if (!row || !mayUse(principal, row.facility)) throw new ApiError('not-found', 'There is no such requisition.');
  return requisitionView(row, await ordersOf(on, [row.number]));
}

export async function listRequisitions(database: Database, query: { reference?: string; requester?: string; costCenter?: string; cursor?: string; limit?: number }, principal: Principal): Promise<Page<Requisition>> {
  const { reference, requester, costCenter, cursor, limit = 50 } = query;
  const position = positionOf(cursor, [MOMENT, NUMBER]);
  const rows = await database.query<RequisitionRow>(
    `select * from procure_to_pay.requisitions
     where ($1::text is null or reference = $1) and ($2::text is null or requester = $2) and ($3::text is null or cost_center = $3) and ($4 or facility = any($5))
       and ($6::timestamptz is null or (submitted_at, number) < ($6, $7)) order by submitted_at desc, number desc limit $8`,
    [reference ?? null, requester ?? null, costCenter ?? null, principal.facilities.length === 0, principal.facilities, position?.[0] ?? null, position?.[1] ?? null, limit + 1]);
  const orders = await ordersOf(database, rows.map((row) => row.number));
  return pageOf(rows, limit, (row) => [row.submitted_at.toISOString(), row.number], (row) => requisitionView(row, orders));
}

async function ordersOf(on: Queries, numbers: string[]): Promise<OrderView[]> {
  const rows = await on.query<LifeRow>(
    `select l.id, l.state, l.snapshot, l.updated_at from chassis.life_keys k join chassis.lives l on l.id = k.life_id
     where k.process = $1 and k.kind = 'requisition' and k.value = any($2) order by l.created_at`, [PROCESS, numbers]);
  return rows.map(orderView);
}

/** A demand is priced by the check of its order, and not when it comes in. */
function requisitionView(row: RequisitionRow, allOrders: OrderView[]): Requisition {
  const orders = allOrders.filter((order) => order.requisitionNumber === row.number);
  return {
    number: row.number, reference: row.reference, facility: row.facility, costCenter: row.cost_center, requester: row.requester, urgency: row.urgency,
    ...(row.justification ? { justification: row.justification } : {}), submittedAt: row.submitted_at.toISOString(), currency: row.currency,
    total: row.origin === 'demand' ? sum(orders.map((order) => order.total)) : row.total, orders,
  };
}

function orderView({ id, state, snapshot: { context: order }, updated_at }: LifeRow): OrderView {
  const invoices = [...order.invoices, ...(order.invoice && !order.invoices.some((each) => each.number === order.invoice?.number && each.state !== 'refused') ? [order.invoice] : [])];
  return {
    id, requisitionNumber: order.requisitionNumber, reference: order.reference, state, supplierNumber: order.supplierNumber, facility: order.facility, costCenter: order.costCenter,
    requester: order.requester, urgency: order.urgency, currency: order.currency, total: totalOf(order),
    ...(order.orderNumber ? { orderNumber: order.orderNumber } : {}),
    lines: order.lines.map(({ line, itemNumber, orderedItemNumber, description, quantity, unit, unitPrice, receivedQuantity, invoicedQuantity, promisedOn }) => ({
      line, itemNumber, quantity, unit, unitPrice, receivedQuantity, invoicedQuantity,
      ...(description ? { description } : {}), ...(orderedItemNumber ? { orderedItemNumber } : {}), ...(promisedOn ? { promisedOn } : {}),
    })),
    reasons: order.reasons, approvals: order.approvals,
    invoices: invoices.map(({ number, total, state: invoiceState }) => ({ number, total, state: invoiceState })),
    updatedAt: updated_at.toISOString(),
  };
}
