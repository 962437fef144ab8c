import type { ShipNotice, ShipNoticeLine } from '#contracts/generated/system/procurement-network/v1.ts';
import { addQuantities } from '#chassis/money/money.ts';
import { readShipNotice as readSet, type DatedEvent, type ShippedItem, type ShippedOrder, type ShippedPack, type TransactionSet } from '#formats/x12/index.ts';
import { UnusableDocument } from '../../documents/unusable-document.ts';
import { lineMeant, type KnownOrder } from '../../orders/known-order.ts';
import { fingerprintOf, quantity } from '../../values.ts';
import { namedLine } from './named-line.ts';

export interface ReadShipNotice {
  number: string;
  /** One for each order in the shipment. */
  orders: { orderNumber: string; inWords(known: KnownOrder): ShipNotice }[];
}

/** BSN01. @source ASC X12 data element 353 */
const CANCELLATION = '01';

/** What the contract has room for. */
const MOST_LINES = 200;

/** An 856. @throws X12Error */
export function readShipNotice(set: TransactionSet): ReadShipNotice {
  const notice = readSet(set);
  const dated = (qualifier: string) => notice.dates?.find((event: DatedEvent) => event.qualifier === qualifier)?.date;
  const shippedOn = notice.shipped ?? dated('011') ?? notice.date;
  const expectedOn = notice.estimatedDelivery ?? dated('017');
  const numbers = [...new Set(notice.orders.map(({ purchaseOrderNumber }) => purchaseOrderNumber))];
  return {
    number: notice.shipmentNumber,
    orders: numbers.map((orderNumber) => ({
      orderNumber,
      inWords(known) {
        if (notice.purpose === CANCELLATION) throw new UnusableDocument('BSN01: a ship notice cannot be cancelled here');
        const items = notice.orders.filter((order) => order.purchaseOrderNumber === orderNumber).flatMap(itemsOf);
        return {
          supplierNumber: known.order.supplierNumber, orderNumber, number: notice.shipmentNumber, shippedAt: `${shippedOn}T00:00:00Z`,
          ...(expectedOn === undefined ? {} : { expectedOn }), lines: fitting(items.flatMap((item, index) => linesOf(item, known, `item ${index + 1}`))),
        };
      },
    })),
  };
}

function itemsOf({ items, packs = [] }: Pick<ShippedOrder | ShippedPack, 'items' | 'packs'>): ShippedItem[] {
  return [...items, ...packs.flatMap(itemsOf)];
}

/** One line, or one for each piece when every piece has its serial number. Which lot has how many is said only when there is one lot. */
function linesOf(item: ShippedItem, known: KnownOrder, place: string): ShipNoticeLine[] {
  const named = namedLine(item);
  const meant = lineMeant(known, named, place);
  const shipped = quantity(item.quantity, `${place}, SN102`);
  const [lot, ...otherLots] = item.lotNumbers ?? [];
  const serials = item.serialNumbers ?? [];
  const tracking = {
    ...(lot !== undefined && otherLots.length === 0 ? { lot } : {}),
    ...(item.expirationDate === undefined ? {} : { expiresOn: item.expirationDate }),
    ...(named.deviceIdentifier === undefined ? {} : { deviceIdentifier: named.deviceIdentifier }),
  };
  const line = { ...meant, unit: item.unit, quantity: shipped };
  if (serials.length > 0 && serials.length === shipped) return serials.map((serial) => ({ ...line, quantity: 1, tracking: { ...tracking, serial } }));
  return [{ ...line, ...(Object.keys(tracking).length > 0 ? { tracking } : {}) }];
}

/** More pieces than a notice has room for are told together, without their serial numbers; the dock scans those. */
function fitting(lines: ShipNoticeLine[]): ShipNoticeLine[] {
  if (lines.length <= MOST_LINES) return lines;
  const together = new Map<string, ShipNoticeLine>();
  for (const { quantity: pieces, tracking: { serial: _, ...tracking } = {}, ...line } of lines) {
    const key = fingerprintOf({ ...line, tracking });
    const known = together.get(key);
    together.set(key, { ...line, tracking, quantity: addQuantities(known?.quantity ?? 0, pieces) });
  }
  return [...together.values()];
}
