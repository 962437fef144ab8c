import { ApiError } from '#chassis/errors/failures.ts';
import type { NewStockMovement, StockMovement } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { assignStock } from './assignment.ts';
import { invalid } from './failures.ts';
import { knownLot, lotFor, lotNumber } from './lots.ts';
import { inUnit } from './mapping/amounts.ts';
import { stockMovementOf } from './mapping/stock.ts';
import { pageById } from './pages.ts';
import { InternalShipment, StockMove } from './records.ts';
import type { Row } from './record.ts';
import { idOf, leaveStamp, removeNotes, stampsOf } from './stamp.ts';
import type { Tryton } from './tryton.ts';
import { date } from './wire.ts';

type Operations = Pick<ErpPort, 'createStockMovement' | 'listStockMovements'>;

const MODEL = 'stock.shipment.internal';

/**
 * Every movement is an internal shipment of one item: between shelves, or between a shelf and a lost-and-found location
 * that stands for what is no shelf. Unlike a bare move it has a number and a reference.
 */
export function stockMovementOperations(tryton: Tryton): Operations {
  const { client, directory, settings } = tryton;
  const virtual = { adjusted: settings.adjustedLocation, received: settings.receivedLocation };

  async function present(moves: Row<typeof StockMove>[]): Promise<(StockMovement | undefined)[]> {
    const ids = [...new Set(moves.map((move) => idOf(move.shipment)))];
    const [shipments, stamps, currency] = await Promise.all([client.read(InternalShipment, ids), stampsOf(client, MODEL, ids), directory.companyCurrency()]);
    const byId = new Map(shipments.map((shipment) => [shipment.id, shipment]));
    return moves.map((move) => stockMovementOf(move, byId.get(idOf(move.shipment))!, stamps.get(idOf(move.shipment)) ?? {}, virtual, currency, settings.unitCodes));
  }

  async function places({ kind, facility: code, location, toLocation, costCenter, quantity }: NewStockMovement): Promise<{ from: number; to: number }> {
    const facility = await directory.facility(code);
    const shelf = (await directory.storageLocation(facility, location)).id;
    if (kind === 'transfer') return { from: shelf, to: (await directory.storageLocation(facility, toLocation!)).id };
    if (kind === 'receipt') return { from: (await directory.virtualLocation([settings.receivedLocation])).id, to: shelf };
    if (kind === 'issue') return { from: shelf, to: (await directory.virtualLocation([...(costCenter ? [costCenter] : []), settings.consumedLocation])).id };
    const outside = (await directory.virtualLocation([settings.adjustedLocation])).id;
    return quantity > 0 ? { from: outside, to: shelf } : { from: shelf, to: outside };
  }

  async function enter(body: NewStockMovement): Promise<number> {
    const [items, { from, to }] = await Promise.all([
      directory.items([body.itemNumber]), places(body), directory.openCostCenters(body.costCenter ? [body.costCenter] : []), directory.accounts(body.account ? [body.account] : []),
    ]);
    const item = items.get(body.itemNumber)!;
    const unit = directory.unitOf(item, body.unit);
    const quantity = Math.abs(body.quantity);
    const number = lotNumber(item, body.tracking, inUnit(quantity, unit, item['default_uom.']));
    const brings = body.kind === 'receipt' || (body.kind === 'adjustment' && body.quantity > 0);
    const lot = number === undefined ? null : await (brings ? lotFor(tryton, item, number, body.tracking?.expiresOn) : knownLot(tryton, item, number));
    const day = date(body.occurredAt.slice(0, 10));
    const [id] = await client.create(MODEL, [{
      reference: body.reference, from_location: from, to_location: to, planned_date: day, planned_start_date: day, effective_date: day,
      moves: [['create', [{ product: item.id, quantity, uom: unit.id, from_location: from, to_location: to, lot }]]],
    }]);
    return id!;
  }

  async function stateOf(id: number): Promise<string> {
    return (await client.read(InternalShipment, [id]))[0]!.state;
  }

  async function complete(id: number): Promise<StockMovement> {
    if (await stateOf(id) === 'draft') await client.press(MODEL, 'wait', [id]);
    if (await stateOf(id) !== 'done') await assignStock(tryton, id);
    await client.press(MODEL, 'done', [id]);
    if (await stateOf(id) !== 'done') throw new ApiError('refused', 'The ERP does not move the stock.', { code: 'vendor-refused' });
    const [movement] = await present(await client.search(StockMove, [['shipment', '=', `${MODEL},${id}`]]));
    return movement!;
  }

  /** What was not moved leaves no trace but the gap in the numbers. */
  async function discard(id: number): Promise<void> {
    await removeNotes(client, MODEL, id);
    await client.remove(MODEL, [id]);
  }

  return {
    async createStockMovement({ body }, { repeated }) {
      requireSense(body);
      const known = repeated ? await client.first(InternalShipment, [['reference', '=', body.reference], ['state', '!=', 'cancelled']]) : undefined;
      const id = known?.id ?? await enter(body);
      try {
        const { costCenter, caseReference, occurredAt, tracking } = body;
        await leaveStamp(client, MODEL, id, { costCenter, caseReference, occurredAt, tracking });
        return await complete(id);
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.kind === 'refused') await discard(id);
        throw thrown;
      }
    },

    async listStockMovements({ reference, itemNumber, ...page }) {
      const domain = [
        ['shipment', 'like', `${MODEL},%`], ['state', '=', 'done'],
        ...(reference === undefined ? [] : [['shipment.reference', '=', reference, MODEL]]), ...(itemNumber === undefined ? [] : [['product.code', '=', itemNumber]]),
      ];
      return pageById(client, StockMove, domain, page, present);
    },
  };
}

function requireSense({ kind, quantity, toLocation, location }: NewStockMovement): void {
  if (kind === 'transfer' && (toLocation === undefined || toLocation === location)) throw invalid('/toLocation', 'must name another place');
  if (quantity === 0 || (kind !== 'adjustment' && quantity < 0)) throw invalid('/quantity', 'must be above zero, or below it for an adjustment');
}
