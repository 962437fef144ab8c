import type { Closable } from '#chassis/adapters/adapter.ts';
import type { ErpPort } from '../../../../system-apis/erp/port.ts';

/** Master data that stands in the vendor's books before the suite runs. All of one currency and one facility. */
export interface ErpFixture {
  currency: string;
  facility: string;
  /** Active, with payment terms. */
  supplier: { number: string; name: string; paymentTermsDays: number };
  /** Kept and bought piece by piece, traceable neither by lot nor by serial. */
  item: FixtureItem & { deviceIdentifier: string };
  /** Bought in a larger unit than it is kept in. */
  boxedItem: FixtureItem & { stockingUnit: string; unitsPerPurchasingUnit: number };
  /** Kept by lot and expiry. */
  lotItem: FixtureItem;
  /** Kept by serial number. */
  serialItem: FixtureItem;
  openCostCenter: string;
  closedCostCenter: string;
  /** Open, in the same facility. */
  otherCostCenter: string;
  /** Which the open cost centre does not serve. */
  otherFacility: string;
  accounts: { expense: string; liability: string; asset: string };
  /** Two places of the facility that hold stock. */
  location: string;
  otherLocation: string;
  replenishment: { itemNumber: string; location: string; reorderPoint: number; maximum: number };
  /** What the cost centre may spend, where the vendor keeps budgets. */
  budget: { costCenter: string; year: number; budgeted: string };
}

export interface FixtureItem {
  number: string;
  /** In which it is ordered. */
  unit: string;
}

/** Trouble between the adapter and the vendor. */
export interface ErpFaults {
  /** The next write reaches the vendor, which carries it out; its answer is lost. */
  loseNextWriteAnswer(): void;
  /** `false` also ends every other trouble. */
  setDown(down: boolean): void;
}

export interface ErpUnderTest {
  port: ErpPort & Closable;
  fixture: ErpFixture;
  faults?: ErpFaults;
  tearDown(): Promise<void>;
}

/** A number that no vendor has given to anything. */
export const NOWHERE = 'NOWHERE-404';
