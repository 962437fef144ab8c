import type { Tracking } from '#contracts/generated/system/erp/v1.ts';
import { refused } from './failures.ts';
import { Lot, type Product } from './records.ts';
import type { Row } from './record.ts';
import type { Tryton } from './tryton.ts';
import { date } from './wire.ts';

type Item = Row<typeof Product>;

/**
 * In Tryton a serial number is a lot that holds one piece (module stock_lot_unit). An item is traced by one of the two,
 * as its master says.
 */
export function tracedBy(item: Item): 'lot' | 'serial' | undefined {
  if ((item.lot_required ?? []).length === 0) return undefined;
  return item['lot_unit.'] === null ? 'lot' : 'serial';
}

/** The number that makes a piece or lot of the item traceable; undefined when none is given and none is needed. */
export function lotNumber(item: Item, tracking: Tracking | undefined, pieces: number): string | undefined {
  const traced = tracedBy(item);
  const number = traced === 'serial' ? tracking?.serial ?? tracking?.lot : tracking?.lot ?? tracking?.serial;
  if (traced !== undefined && number === undefined) throw refused('tracking-required', 'The item is traced by lot or serial number, and none was given.');
  if (traced === 'serial' && pieces !== 1) throw refused('serial-quantity', 'One serial number stands for one piece.');
  return number;
}

/** The lot of that number; made when it is not there. Of two made at the same moment the older one counts. */
export async function lotFor({ client }: Tryton, item: Item, number: string, expiresOn: string | undefined): Promise<number> {
  const find = () => client.first(Lot, [['product', '=', item.id], ['number', '=', number]]);
  const known = await find();
  if (known && expiresOn && known.shelf_life_expiration_date && known.shelf_life_expiration_date !== expiresOn) {
    throw refused('expiry-differs', 'The lot is known with another expiry date.');
  }
  if (known) {
    if (expiresOn && !known.shelf_life_expiration_date) await client.write('stock.lot', [known.id], { shelf_life_expiration_date: date(expiresOn) });
    return known.id;
  }
  const unit = item['lot_unit.'];
  await client.create('stock.lot', [{ product: item.id, number, shelf_life_expiration_date: expiresOn ? date(expiresOn) : null, ...(unit ? { unit: unit.id, unit_quantity: 1 } : {}) }]);
  return (await find())!.id;
}

export async function knownLot({ client }: Tryton, item: Item, number: string): Promise<number> {
  const lot = await client.first(Lot, [['product', '=', item.id], ['number', '=', number]]);
  if (!lot) throw refused('unknown-lot', 'The item has no such lot or serial number.');
  return lot.id;
}
