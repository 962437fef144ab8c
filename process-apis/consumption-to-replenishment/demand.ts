import { addQuantities } from '#chassis/money/money.ts';
import type { Database, Queries } from '#chassis/storage/database.ts';
import type { Shortage } from './rules.ts';

export interface Position {
  facility: string;
  location: string;
  itemNumber: string;
}

/** A need that was recorded: what is asked for under which reference. */
export interface Demand {
  reference: string;
  /** In stocking units. */
  quantity: number;
  rule: Shortage['rule'];
  /** False once nothing more is on its way for it. */
  open: boolean;
}

export interface Cause {
  useId: string;
  /** By which arrivals, counted in purchasing units, are compared with the demand. */
  unitsPerPurchasingUnit: number;
  /** Whether it is the first place asked, where the piece was used. */
  isWhereUsed: boolean;
}

interface DemandRow extends Record<string, unknown> {
  reference: string;
  quantity: string;
  rule: Shortage['rule'];
  open: boolean;
  /** Closed before all of it came. */
  was_given_up: boolean;
}

/**
 * Decides and records in one transaction that holds the position, so that two uses at once do not both order. Asked again
 * for the same cause it returns what was recorded then; only of a lot that was given up before it came the place asks
 * again, since where nothing is left no other use will ever come to ask.
 */
export async function recordDemand(database: Database, position: Position, cause: Cause, decide: (onItsWay: number) => Shortage | undefined): Promise<Demand | undefined> {
  const place = [position.facility, position.location, position.itemNumber];
  return database.transaction(async (tx) => {
    const [locked] = await tx.query<{ demands: number }>(
      `insert into consumption_to_replenishment.stock_positions (facility, location, item_number) values ($1, $2, $3)
       on conflict (facility, location, item_number) do update set demands = stock_positions.demands returning demands`, place);
    const [known] = await tx.query<DemandRow>(
      `select reference, quantity::text, rule, open, rule = 'reorder-point' and not open and arrived < quantity as was_given_up
       from consumption_to_replenishment.demands where caused_by = $4 and facility = $1 and location = $2 and item_number = $3 order by at desc limit 1`, [...place, cause.useId]);
    if (known && !known.was_given_up) return { reference: known.reference, quantity: Number(known.quantity), rule: known.rule, open: known.open };
    const shortage = decide(await onItsWayTo(tx, place));
    if (!shortage) return undefined;
    const number = locked!.demands + 1;
    const reference = referenceOf(position, shortage, cause, number);
    await tx.query(
      `insert into consumption_to_replenishment.demands (reference, facility, location, item_number, quantity, rule, caused_by, units_per_purchasing_unit)
       values ($4, $1, $2, $3, $5, $6, $7, $8)`,
      [...place, reference, shortage.quantity, shortage.rule, cause.useId, cause.unitsPerPurchasingUnit]);
    await tx.query('update consumption_to_replenishment.stock_positions set demands = $4 where facility = $1 and location = $2 and item_number = $3', [...place, number]);
    return { reference, quantity: shortage.quantity, rule: shortage.rule, open: true };
  });
}

/** What was asked for and is not in stock yet. */
async function onItsWayTo(on: Queries, place: string[]): Promise<number> {
  const rows = await on.query<{ quantity: string }>(
    `select greatest(quantity - arrived, 0)::text as quantity from consumption_to_replenishment.demands
     where open and facility = $1 and location = $2 and item_number = $3`, place);
  return addQuantities(...rows.map((row) => Number(row.quantity)));
}

/** A piece replaced belongs to its use; a lot belongs to the place, which has had so many. */
function referenceOf({ facility, location, itemNumber }: Position, { rule }: Shortage, { useId, isWhereUsed }: Cause, number: number): string {
  if (rule === 'reorder-point') return `reorder:${facility}/${location}/${itemNumber}/${number}`;
  return isWhereUsed ? `use:${useId}` : `use:${useId}/${location}`;
}

/** All of it came from the stores. */
export async function noteRefill(on: Queries, reference: string): Promise<void> {
  await on.query('update consumption_to_replenishment.demands set open = false, arrived = quantity where reference = $1', [reference]);
}

/** Nothing more is on its way for this reference: received, refused, rejected or cancelled. */
export async function closeDemand(on: Queries, reference: string): Promise<void> {
  await on.query('update consumption_to_replenishment.demands set open = false where reference = $1', [reference]);
}

/** The order that a demand became, by which its arrivals are known. */
export async function noteOrder(on: Queries, reference: string, orderId: string): Promise<void> {
  await on.query('update consumption_to_replenishment.demands set order_id = $2 where reference = $1', [reference, orderId]);
}

/** Purchasing units that came into stock: they are on hand from now on, and no longer on their way. */
export async function noteArrival(on: Queries, orderId: string, purchasingUnits: number): Promise<void> {
  await on.query('update consumption_to_replenishment.demands set arrived = arrived + $2::numeric * units_per_purchasing_unit where order_id = $1', [orderId, purchasingUnits]);
}
