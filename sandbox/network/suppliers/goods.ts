import Big from 'big.js';
import { itemByNumber } from '../../hospital/master-data.ts';
import { dayAfter } from './desk.ts';
import { between, fraction } from './seeded.ts';

/** What lies in the box: one line per lot, or per piece where the item carries serial numbers. */
export interface PackedLine {
  orderLineNumber: number;
  itemNumber: string;
  description: string;
  gtin: string | null;
  uom: string;
  quantity: string;
  lot: string | null;
  serial: string | null;
  expiresOn: string | null;
}

interface Picked {
  orderLineNumber: number;
  itemNumber: string;
  description: string;
  uom: string;
  quantity: string;
}

const MOST_SERIALS = 500;

/**
 * Packs one order line.
 *
 * @param box names what is packed apart from all else, so that lots and serials differ from box to box
 * @param today ISO day from which shelf life counts
 */
export function pack(line: Picked, box: string, seed: number, today: string): PackedLine[] {
  const item = itemByNumber(line.itemNumber);
  const code = (kind: string, ...parts: readonly (string | number)[]) =>
    fraction(seed, kind, box, line.itemNumber, ...parts).toString(36).slice(2, 9).toUpperCase().padEnd(7, '0');
  const packed: PackedLine = {
    ...line,
    gtin: item?.gtins.find(({ uom }) => uom === line.uom)?.gtin ?? item?.gtins[0]?.gtin ?? null,
    lot: item?.lotControlled ? `L${code('lot')}` : null,
    serial: null,
    expiresOn: item?.expiryControlled ? dayAfter(today, between(365, 1460, seed, 'expiry', box, line.itemNumber)) : null,
  };
  const pieces = new Big(line.quantity);
  const countable = pieces.round(0).eq(pieces) && pieces.lte(MOST_SERIALS) && line.uom === item?.stockingUom;
  if (!item?.serialControlled || !countable) return [packed];
  return Array.from({ length: pieces.toNumber() }, (_, piece) => ({
    ...packed,
    quantity: '1',
    serial: `S${code('serial', line.orderLineNumber, piece)}`,
  }));
}
