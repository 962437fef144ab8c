import type { Tracking } from '#contracts/generated/system/erp/v1.ts';

/** A lot as Tryton keeps it. One that holds a single piece is a serial number. */
export interface LotRecord {
  number: string;
  unit_quantity: number | null;
  shelf_life_expiration_date: string | null;
}

export function trackingOf({ number, unit_quantity: pieces, shelf_life_expiration_date: expiresOn }: LotRecord): Tracking {
  return { ...(pieces === 1 ? { serial: number } : { lot: number }), ...(expiresOn ? { expiresOn } : {}) };
}
