import Big from 'big.js';
import type { NewStockMovement, StockBalance, StockMovement } from '#contracts/generated/system/erp/v1.ts';
import { chargeIn } from '../combination.ts';
import { exact } from '../exact-json.ts';
import { facilityOfOrganization } from '../facilities.ts';
import type { Row } from '../record.ts';
import type * as records from '../records.ts';
import type { FusionSettings } from '../settings.ts';
import { quantity, total } from './amounts.ts';
import { unitOf, vendorUnit } from './master-data.ts';
import { trackingOf, type CompletedRow } from './receipts.ts';
import { referenceOf } from './reference.ts';

export type OnHandRow = Row<typeof records.OnHand>;
export type StagedRow = Row<typeof records.StagedTransaction>;
type Kind = NewStockMovement['kind'];

const TYPES: Readonly<Record<Kind, string>> = { issue: 'Miscellaneous Issue', receipt: 'Miscellaneous Receipt', adjustment: 'Cycle Count Adjustment', transfer: 'Subinventory Transfer' };

/** Lots and serials with their quantities, which add up to the movement's. */
export interface Portion {
  lot?: string | undefined;
  serial?: string | undefined;
  expiresOn?: string | undefined;
  quantity: string;
}

export interface PlacedMovement extends NewStockMovement {
  organization: string;
  from: string;
  to: string | undefined;
  combination: string | undefined;
  portions: readonly Portion[];
}

/** The reference has no spaces, so what follows the first one is the case. */
export function stampOf({ reference, caseReference }: Pick<NewStockMovement, 'reference' | 'caseReference'>): string {
  return caseReference ? `${reference} ${caseReference}` : reference;
}

export function readStamp(text: string): { reference: string; caseReference?: string } {
  const at = text.indexOf(' ');
  return at < 0 ? { reference: text } : { reference: text.slice(0, at), caseReference: text.slice(at + 1) };
}

export function movementBody(movement: PlacedMovement, { source, unitCodes }: FusionSettings): object {
  const outgoing = movement.kind === 'issue' || movement.kind === 'transfer';
  const lots = movement.portions.filter((portion) => portion.lot !== undefined);
  const serials = movement.portions.filter((portion) => portion.serial !== undefined);
  return {
    TransactionTypeName: TYPES[movement.kind], OrganizationCode: movement.organization, SubinventoryCode: movement.from, ItemNumber: movement.itemNumber,
    TransactionQuantity: exact(new Big(movement.quantity).times(outgoing ? -1 : 1).toFixed()), TransactionUnitOfMeasure: vendorUnit(movement.unit, unitCodes), TransactionDate: movement.occurredAt,
    TransactionReference: stampOf(movement), SourceCode: source, AccountCombination: movement.combination,
    ...(movement.to === undefined ? {} : { TransferOrganizationCode: movement.organization, TransferSubinventory: movement.to }),
    ...(lots.length === 0 ? {} : { lots: lots.map((portion) => ({ LotNumber: portion.lot, TransactionQuantity: exact(portion.quantity), LotExpirationDate: portion.expiresOn })) }),
    ...(serials.length === 0 ? {} : { serials: serials.map((portion) => ({ FromSerialNumber: portion.serial, ToSerialNumber: portion.serial, LotExpirationDate: portion.expiresOn })) }),
  };
}

/** @param completed what the transaction did to the stock; a transfer did it at two places */
export function movementOf(row: StagedRow, completed: readonly CompletedRow[], settings: FusionSettings): StockMovement {
  const { reference, caseReference } = readStamp(row.TransactionReference ?? '');
  const kind = kindOf(row.TransactionTypeName);
  const moved = kind === 'transfer' ? completed.filter((each) => each.TransactionQuantity.startsWith('-')) : completed;
  const { costCenter } = chargeIn(settings.chart, row.AccountCombination ?? '');
  // Several lots in one movement have no place in the contract; the vendor's transaction names them.
  const tracking = moved.length === 1 ? trackingOf(moved[0]!) : undefined;
  const signed = new Big(row.TransactionQuantity);
  return {
    number: row.TransactionInterfaceId, reference: referenceOf(reference, row.TransactionInterfaceId), kind, facility: facilityOfOrganization(settings, row.OrganizationCode), location: row.SubinventoryCode ?? 'NONE',
    ...(row.TransferSubinventory ? { toLocation: row.TransferSubinventory } : {}), itemNumber: row.ItemNumber, quantity: quantity(kind === 'adjustment' ? signed : signed.abs()),
    unit: unitOf(row.TransactionUnitOfMeasure ?? 'EA', settings.unitCodes), ...(tracking ? { tracking } : {}), ...(costCenter ? { costCenter } : {}), ...(caseReference ? { caseReference } : {}),
    occurredAt: new Date(row.TransactionDate).toISOString(), value: total(moved.map((each) => each.TransactionValue)).abs().toFixed(2), currency: settings.currency,
  };
}

function kindOf(type: string): Kind {
  return (Object.keys(TYPES) as Kind[]).find((kind) => TYPES[kind] === type) ?? 'transfer';
}

export function balanceOf(row: OnHandRow, facility: string, { unitCodes }: FusionSettings): StockBalance {
  return {
    facility, location: row.SubinventoryCode, itemNumber: row.ItemNumber, quantity: quantity(row.PrimaryOnhandQuantity), unit: unitOf(row.PrimaryUOMCode, unitCodes), tracking: trackingOf(row) ?? {},
  };
}
