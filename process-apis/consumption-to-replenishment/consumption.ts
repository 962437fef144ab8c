import type { Decimal } from '#chassis/money/money.ts';
import type { Tracking } from '#contracts/generated/system/erp/v1.ts';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';

/** Where something was used, in the words of the business. */
export interface Place {
  costCenter: string;
  /** Stock location that the piece was taken from. */
  location: string;
}

/** What was identified: the item as the ERP knows it. */
export interface UsedItem {
  itemNumber: string;
  expenseAccount: string;
  stockingUnit: string;
  purchasingUnit: string;
  unitsPerPurchasingUnit: number;
  currency: string;
}

/** An item that a person named, because the item master did not know what the EHR wrote. */
export interface NamedItem {
  itemNumber: string;
  by: string;
}

/** Everything the life of one use knows. No patient: the encounter's opaque id bears the cost. */
export interface Consumption {
  /** As the EHR held it when it was last looked at. */
  use: Use;
  namedItem: NamedItem | null;
  problem: string | null;
  place: Place | null;
  item: UsedItem | null;
  /** Attempts at taking it out of stock that failed and were taken back; the next one is another document to the ERP. */
  failedDepletions: number;
  /** The last attempt failed because the books hold less than was used. */
  isShort: boolean;
  movementNumber: string | null;
  cost: Decimal | null;
  /** The lot or piece that the ERP really took, which the EHR may not have named; null while nothing is taken or where the ERP does not say. */
  taken: Tracking | null;
  requisitionReference: string | null;
  replenishment: Replenishment | null;
  /** Put back into stock before the stores had refilled its place. */
  isReturned?: boolean;
}

/** More is asked for: of a supplier, by a requisition. */
export interface Replenishment {
  reference: string;
  location: string;
  costCenter: string;
  itemNumber: string;
  quantity: number;
  unit: string;
  rule: 'replace-each-use' | 'reorder-point';
}
