import { ApiError } from '#chassis/errors/failures.ts';
import type { NewStockMovement, StockMovement } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { FusionFailure, invalid, refusalOf, refused } from './errors.ts';
import { facilityNamed, subinventoryOf, type Facility } from './facilities.ts';
import type { Fusion } from './fusion.ts';
import type { ItemRow } from './items.ts';
import { createLots } from './lots.ts';
import { expenseAccountOf, unitOf } from './mapping/master-data.ts';
import { balanceOf, movementBody, movementOf, stampOf, type PlacedMovement, type StagedRow } from './mapping/stock.ts';
import { pageById, pageByPosition } from './pages.ts';
import { either, equals, startsWith, type Condition } from './query.ts';
import { CompletedTransaction, OnHand, StagedTransaction } from './records.ts';

type Operations = Pick<ErpPort, 'listStockBalances' | 'createStockMovement' | 'listStockMovements'>;

const PATH = 'inventoryStagedTransactions';
const PROCESSED = equals('ProcessStatus', 'SUCCESS');
/** Lots are chosen from what was seen; somebody else may have taken them meanwhile. */
const CHOICES = 3;

export function stock(fusion: Fusion): Operations {
  const { client, settings, chart, items, repeats, today } = fusion;
  const lots = createLots(fusion);

  /** With what the transactions did to the stock, in one question for all of them. */
  async function present(rows: readonly StagedRow[]): Promise<StockMovement[]> {
    const completed = await client.allOf(CompletedTransaction, 'inventoryCompletedTransactions', 'TransactionInterfaceId', rows.map((row) => row.TransactionInterfaceId));
    const byTransaction = Map.groupBy(completed, (each) => each.TransactionInterfaceId);
    return rows.map((row) => movementOf(row, byTransaction.get(row.TransactionInterfaceId) ?? [], settings));
  }

  async function stampedWith(movement: NewStockMovement): Promise<StagedRow | undefined> {
    const [newest] = await client.all(StagedTransaction, PATH, { where: [equals('TransactionReference', stampOf(movement)), PROCESSED], orderBy: 'TransactionInterfaceId:desc' });
    return newest;
  }

  async function moved(movement: NewStockMovement): Promise<StagedRow> {
    checkSense(movement);
    const facility = facilityNamed(settings, movement.facility);
    const item = await items.named(movement.itemNumber);
    await checkUnit(movement, item);
    const combination = await combinationOf(movement, facility, item);
    const from = subinventoryOf(facility, movement.location);
    const to = movement.toLocation === undefined ? undefined : subinventoryOf(facility, movement.toLocation);
    for (let choice = 1; ; choice += 1) {
      const portions = await lots.portionsOf(movement, item, { organization: facility.organization, subinventory: from });
      const row = await client.create(StagedTransaction, PATH, movementBody({ ...movement, organization: facility.organization, from, to, combination, portions } satisfies PlacedMovement, settings));
      if (row.ProcessStatus === 'SUCCESS') return row;
      const failure = refusalOf(row.ErrorCode ?? undefined, new FusionFailure(201, row.ErrorCode ?? undefined, row.ErrorExplanation ?? 'no explanation'));
      const wasChosen = portions.length > 0 && movement.tracking?.lot === undefined && movement.tracking?.serial === undefined;
      if (failure.code !== 'negative-stock' || !wasChosen) throw await refined(failure, movement);
      if (choice === CHOICES) throw new ApiError('unavailable', 'Others take from the same lots at this moment.', { code: 'stock-contended', retryAfterMs: 200, cause: failure });
    }
  }

  /** Nothing is there in both cases, but a lot that nobody ever saw is a mistake of the one who typed it. */
  async function refined(failure: ApiError, { itemNumber, tracking }: NewStockMovement): Promise<ApiError> {
    if (failure.code !== 'negative-stock' || !tracking || await lots.isKnown(itemNumber, tracking)) return failure;
    return tracking.serial === undefined ? refused('unknown-lot', 'The item has no such lot.', failure) : refused('unknown-serial', 'The item has no piece with this serial number.', failure);
  }

  async function checkUnit({ unit }: NewStockMovement, item: ItemRow): Promise<void> {
    if (unit === unitOf(item.PrimaryUOMCode, settings.unitCodes)) return;
    const known = (await items.units()).some((each) => unitOf(each.UOMCode, settings.unitCodes) === unit);
    throw refused(known ? 'not-stocking-unit' : 'unknown-unit', 'Stock moves in the unit in which it is kept.');
  }

  /** Who bears it. What is counted or put in without a cost centre stands against the stock clearing account. */
  async function combinationOf({ kind, costCenter, account }: NewStockMovement, { entity }: Facility, item: ItemRow): Promise<string | undefined> {
    if (kind === 'transfer') return undefined;
    const on = today();
    if (costCenter !== undefined) return chart.combination({ entity, costCenter, account: account ?? expenseAccountOf(item, settings.chart), on });
    const balanceSheet = account === undefined || (await chart.account(account))?.type === 'expense' ? settings.accounts.stockClearing : account;
    return chart.combination({ entity, account: balanceSheet, on });
  }

  return {
    async listStockBalances({ facility, itemNumber, location, ...page }) {
      const { organization, ...place } = facilityNamed(settings, facility);
      const where = [
        equals('OrganizationCode', organization), ...(itemNumber === undefined ? [] : [equals('ItemNumber', itemNumber)]),
        ...(location === undefined ? [] : [equals('SubinventoryCode', subinventoryOf({ organization, ...place }, location))]),
      ];
      return pageByPosition(client, { shape: OnHand, path: 'inventoryOnhandBalances', search: { where }, present: (rows) => rows.map((row) => balanceOf(row, facility, settings)) }, page);
    },

    async createStockMovement({ body }, { repeated }) {
      const row = await repeats.once(`movement ${body.reference}`, repeated, () => stampedWith(body), () => moved(body));
      const [movement] = await present([row]);
      return movement!;
    },

    async listStockMovements({ reference, itemNumber, ...page }) {
      const where = [PROCESSED, ...(itemNumber === undefined ? [] : [equals('ItemNumber', itemNumber)]), ...(reference === undefined ? [] : [stampedAs(reference)])];
      return pageById(client, { shape: StagedTransaction, path: PATH, key: 'TransactionInterfaceId', search: { where }, present }, page);
    },
  };
}

/** With or without a case behind the reference. */
function stampedAs(reference: string): Condition {
  return either([[equals('TransactionReference', reference)], [startsWith('TransactionReference', `${reference} `)]]);
}

function checkSense({ kind, quantity, location, toLocation, costCenter }: NewStockMovement): void {
  if (quantity === 0) throw invalid('/quantity', 'must not be zero');
  if (quantity < 0 && kind !== 'adjustment') throw invalid('/quantity', 'must be above zero');
  if (kind === 'issue' && costCenter === undefined) throw invalid('/costCenter', 'is required for an issue');
  if (kind === 'transfer' && toLocation === undefined) throw invalid('/toLocation', 'is required for a transfer');
  if (kind === 'transfer' && toLocation === location) throw invalid('/toLocation', 'must be another location');
}
