import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '#chassis/errors/failures.ts';
import { addQuantities } from '#chassis/money/money.ts';
import { backoffMs } from '#chassis/resilience/backoff.ts';
import { refused } from './failures.ts';
import { inUnit } from './mapping/amounts.ts';
import { InternalShipment, LotQuantity, MoveToAssign } from './records.ts';
import type { Row } from './record.ts';
import type { Tryton } from './tryton.ts';
import { date } from './wire.ts';

type Move = Row<typeof MoveToAssign>;

const MODEL = 'stock.shipment.internal';
const ATTEMPTS = 60;

/**
 * Assigns the stock of an internal shipment, or refuses when there is less than it takes.
 *
 * Tryton's own assignment counts an item as a whole: it would take a lot below zero while another lot has enough
 * (assign_try in modules/stock/move.py groups by product only). So lots are counted here, between assignment and
 * completion. Of shipments that together take more than there is, the one with the lowest id keeps its assignment and
 * the others step back until it is done; nobody goes on before all that is assigned is covered.
 */
export async function assignStock(tryton: Tryton, shipment: number): Promise<void> {
  const { client } = tryton;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (await stateOf(tryton, shipment) === 'waiting') await client.press(MODEL, 'assign_try', [shipment]);
    if (await stateOf(tryton, shipment) === 'waiting') throw tooLittle();
    const moves = await client.search(MoveToAssign, [['shipment', '=', `${MODEL},${shipment}`]]);
    const verdicts = await Promise.all(moves.filter((move) => move.lot !== null && move['from_location.'].type === 'storage').map((move) => judge(tryton, move)));
    if (verdicts.every((verdict) => verdict === 'covered')) return;
    if (verdicts.includes('step back')) await client.press(MODEL, 'wait', [shipment]);
    await sleep(backoffMs(Math.min(attempt, 4), { firstMs: 50, maxMs: 400 }));
  }
  throw new ApiError('unavailable', 'Too many take from the same lot at the moment.', { code: 'vendor-conflict', retryAfterMs: 1_000 });
}

async function stateOf({ client }: Tryton, shipment: number): Promise<string> {
  return (await client.read(InternalShipment, [shipment]))[0]!.state;
}

async function judge({ client, deps }: Tryton, move: Move): Promise<'covered' | 'stay' | 'step back'> {
  // What is assigned first, then what is there: a move that is done in between counts twice rather than not at all.
  const assigned = await client.search(MoveToAssign, [['lot', '=', move.lot], ['from_location', '=', move.from_location], ['state', '=', 'assigned']]);
  const context = { locations: [move.from_location], with_childs: false, stock_date_end: date(deps.clock.now().toISOString().slice(0, 10)) };
  const [lot] = await client.read(LotQuantity, [move.lot!], context);
  const onHand = lot?.quantity ?? 0;
  if (onHand < piecesIn(move)) throw tooLittle();
  if (addQuantities(onHand, ...assigned.map((each) => -piecesIn(each))) >= 0) return 'covered';
  return assigned[0]?.id === move.id ? 'stay' : 'step back';
}

function piecesIn(move: Move): number {
  return inUnit(move.quantity, move['uom.'], move['product.']['default_uom.']);
}

function tooLittle(): ApiError {
  return refused('negative-stock', 'There is less in stock than would be taken.');
}
