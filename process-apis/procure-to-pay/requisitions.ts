import type { Decimal } from '#chassis/money/money.ts';
import type { Queries } from '#chassis/storage/database.ts';
import type { Migration } from '#chassis/storage/migrations.ts';

/** What was asked for, by whom: the requisition itself. Its orders are lives. */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: '001-requisitions',
    sql: `
      create sequence requisition_numbers;
      create table requisitions (
        number text primary key,
        reference text not null unique,
        fingerprint text not null,
        facility text not null,
        cost_center text not null,
        requester text not null,
        origin text not null check (origin in ('person', 'demand')),
        urgency text not null,
        justification text,
        currency text not null,
        total numeric(17, 2) not null,
        submitted_at timestamptz not null
      );
      create index requisitions_split on requisitions (requester, cost_center, submitted_at);
      create index requisitions_newest on requisitions (submitted_at desc, number);
      create table delegations (
        id uuid primary key,
        giver text not null,
        taker text not null,
        owners text[] not null,
        valid_from timestamptz not null,
        valid_until timestamptz not null
      );
      create index delegations_taker on delegations (taker, valid_until);
    `,
  },
];

export interface RequisitionRow extends Record<string, unknown> {
  number: string;
  reference: string;
  fingerprint: string;
  facility: string;
  cost_center: string;
  requester: string;
  origin: 'person' | 'demand';
  urgency: 'standard' | 'emergency';
  justification: string | null;
  currency: string;
  total: string;
  submitted_at: Date;
}

export async function nextNumber(on: Queries): Promise<string> {
  const [row] = await on.query<{ number: string }>(`select 'REQ-' || lpad(nextval('procure_to_pay.requisition_numbers')::text, 7, '0') as number`);
  return row!.number;
}

export async function insertRequisition(on: Queries, row: RequisitionRow): Promise<boolean> {
  const inserted = await on.query(
    `insert into procure_to_pay.requisitions (number, reference, fingerprint, facility, cost_center, requester, origin, urgency, justification, currency, total, submitted_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (reference) do nothing returning number`,
    [row.number, row.reference, row.fingerprint, row.facility, row.cost_center, row.requester, row.origin, row.urgency, row.justification, row.currency, row.total, row.submitted_at]);
  return inserted.length === 1;
}

export async function findRequisition(on: Queries, by: { number: string } | { reference: string }): Promise<RequisitionRow | undefined> {
  const [row] = 'number' in by
    ? await on.query<RequisitionRow>('select * from procure_to_pay.requisitions where number = $1', [by.number])
    : await on.query<RequisitionRow>('select * from procure_to_pay.requisitions where reference = $1', [by.reference]);
  return row;
}

/**
 * What the same person asked of the same cost centre within the window, before or after, and may still get, the given
 * requisition left out. Of two at once the one that is checked last so sees the other.
 */
export async function recentTotal(on: Queries, who: { requester: string; costCenter: string; except: string; windowHours: number; around: Date }): Promise<Decimal> {
  const [row] = await on.query<{ total: string }>(
    `select coalesce(sum(r.total), 0)::text as total from procure_to_pay.requisitions r
     where r.requester = $1 and r.cost_center = $2 and r.reference <> $3 and r.origin = 'person'
       and r.submitted_at between $4::timestamptz - $5 * interval '1 hour' and $4::timestamptz + $5 * interval '1 hour'
       and (select bool_or(l.state <> all($6)) from chassis.life_keys k join chassis.lives l on l.id = k.life_id
            where k.process = 'procure-to-pay' and k.kind = 'requisition' and k.value = r.number)`,
    [who.requester, who.costCenter, who.except, who.around, who.windowHours, NOTHING_BOUGHT]);
  return row?.total ?? '0';
}

/** States in which a need ended without an order. */
const NOTHING_BOUGHT = ['refused', 'rejected', 'withdrawn', 'cancelled'];
