import type { OpeningStock } from '../../hospital/master-data.ts';

/** One unit taken from a shelf, as its label says. */
export interface Unit {
  lot?: string;
  serial?: string;
  expiresOn?: string;
  /**
   * Where the label says it lay on the first morning. `later-delivery`: the opening stock is used up, and only a
   * delivery of this day can have brought it; lot and serial are then invented.
   */
  origin: 'point-of-use' | 'central-stores' | 'later-delivery';
}
interface Lot {
  left: number;
  lot?: string;
  serials: string[];
  expiresOn?: string;
}

export interface Shelves {
  /** Units of this item left at the point of use that have not expired. */
  left(facility: string, location: string, item: string): number;
  take(facility: string, location: string, item: string): Unit;
}

/** The shelves of the first morning, emptied unit by unit, the lot that expires first going first. */
export function createShelves(stock: readonly OpeningStock[], day: string): Shelves {
  const shelves = new Map<string, Lot[]>();
  for (const { facility, location, item, quantity, lot, serials, expiresOn } of stock) {
    if (expiresOn !== undefined && expiresOn < day) continue;
    const place = `${facility}/${location}/${item}`;
    const lots = shelves.get(place) ?? [];
    lots.push({ left: quantity, lot, serials: [...(serials ?? [])], expiresOn });
    shelves.set(place, lots.sort((one, other) => (one.expiresOn ?? '').localeCompare(other.expiresOn ?? '')));
  }
  const lotsAt = (facility: string, location: string, item: string) => shelves.get(`${facility}/${location}/${item}`) ?? [];
  let invented = 0;
  return {
    left: (facility, location, item) => lotsAt(facility, location, item).reduce((sum, each) => sum + each.left, 0),
    take(facility, location, item) {
      for (const [place, origin] of [[location, 'point-of-use'], ['STORES', 'central-stores']] as const) {
        const lot = lotsAt(facility, place, item).find((each) => each.left > 0);
        if (!lot) continue;
        lot.left -= 1;
        return { lot: lot.lot, serial: lot.serials.shift(), expiresOn: lot.expiresOn, origin };
      }
      invented += 1;
      const [known] = lotsAt(facility, location, item);
      const number = String(invented).padStart(5, '0');
      return {
        ...(known?.lot === undefined ? {} : { lot: `N${number}` }),
        ...(known && known.lot === undefined ? { serial: `SNNEW${number}` } : {}),
        expiresOn: known?.expiresOn,
        origin: 'later-delivery',
      };
    },
  };
}
