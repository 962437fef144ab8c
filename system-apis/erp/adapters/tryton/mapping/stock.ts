import type { StockBalance, StockMovement } from '#contracts/generated/system/erp/v1.ts';
import { addQuantities } from '#chassis/money/money.ts';
import type { InternalShipment, LotQuantity, ProductQuantity, StockMove } from '../records.ts';
import type { Row } from '../record.ts';
import { textIn, type Stamp } from '../stamp.ts';
import { bookValue, inUnit } from './amounts.ts';
import { trackingOf } from './tracking.ts';
import { unitCodeOf } from './units.ts';

export interface Place {
  facility: string;
  location: string;
}

/** An item's stock at a place by lot; what lies there without a lot comes first. The key gives the order of a list. */
export function balancesOf(product: Row<typeof ProductQuantity>, lots: Row<typeof LotQuantity>[], place: Place, units: Record<string, string>): { lot: number; balance: StockBalance }[] {
  const balance = (quantity: number, tracking: StockBalance['tracking']): StockBalance =>
    ({ ...place, itemNumber: product.code ?? '', quantity, unit: unitCodeOf(product['default_uom.'].symbol, units), tracking });
  const untraced = addQuantities(product.quantity, ...lots.map((lot) => -lot.quantity));
  return [
    ...(untraced === 0 ? [] : [{ lot: 0, balance: balance(untraced, {}) }]),
    ...lots.toSorted((a, b) => a.id - b.id).map((lot) => ({ lot: lot.id, balance: balance(lot.quantity, trackingOf(lot)) })),
  ];
}

/** Codes of the places that are no shelf, which say what a movement was. */
export interface VirtualPlaces {
  adjusted: string;
  received: string;
}

/** @returns undefined for what moves between places without a code */
export function stockMovementOf(
  move: Row<typeof StockMove>, shipment: Row<typeof InternalShipment>, stamp: Stamp, { adjusted, received }: VirtualPlaces, currency: string, units: Record<string, string>,
): StockMovement | undefined {
  const [from, to, product] = [move['from_location.'], move['to_location.'], move['product.']];
  const comesIn = from.type !== 'storage';
  const shelf = comesIn ? to : from;
  const facility = shelf['warehouse.']?.code;
  if (!facility || !shelf.code || !product.code || !shipment.number) return undefined;
  const kind = movementKind(from, to, { adjusted, received });
  const unit = product['default_uom.'];
  const moved = inUnit(move.quantity, move['uom.'], unit);
  const costCenter = textIn(stamp, 'costCenter');
  const caseReference = textIn(stamp, 'caseReference');
  return {
    number: shipment.moves.length > 1 ? `${shipment.number}/${move.id}` : shipment.number, reference: shipment.reference || shipment.number, kind, facility, location: shelf.code,
    ...(kind === 'transfer' && to.code ? { toLocation: to.code } : {}), itemNumber: product.code,
    quantity: kind === 'adjustment' && !comesIn ? -moved : moved, unit: unitCodeOf(unit.symbol, units), ...(move['lot.'] ? { tracking: trackedAs(stamp, trackingOf(move['lot.'])) } : {}),
    ...(costCenter ? { costCenter } : {}), ...(caseReference ? { caseReference } : {}), occurredAt: textIn(stamp, 'occurredAt') ?? `${shipment.effective_date ?? '1970-01-01'}T00:00:00Z`,
    value: bookValue(move), currency,
  };
}

function movementKind(from: { type: string; code: string | null }, to: { type: string; code: string | null }, { adjusted, received }: VirtualPlaces): StockMovement['kind'] {
  if (from.type === 'storage' && to.type === 'storage') return 'transfer';
  if (from.type === 'storage') return to.code === adjusted ? 'adjustment' : 'issue';
  return from.code === received ? 'receipt' : 'adjustment';
}

/** The movement named its lot by number alone, or with the expiry date: it is read back as it was named. */
function trackedAs(stamp: Stamp, tracking: NonNullable<StockMovement['tracking']>): NonNullable<StockMovement['tracking']> {
  const named = stamp['tracking'];
  return typeof named === 'object' && named !== null ? { ...tracking, ...named } : tracking;
}
