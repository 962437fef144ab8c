import Big from 'big.js';
import type { Body } from './adf/body.ts';
import type { Erp } from './operation.ts';
import type { MasterItem } from './master.ts';

/** A business failure that Oracle reports inside a 201: the row stays with its error. */
export class Rejection extends Error {
  readonly code: string;

  constructor(code: string, explanation: string) {
    super(explanation);
    this.code = code;
  }
}

/** One lot or serial, or all of it, in stocking units. */
export interface Portion {
  lot: string;
  serial: string;
  expires_on?: string;
  quantity: string;
}

/** Lots and serials as the caller names them. */
export interface Detail {
  lots: readonly { number: string; quantity?: string; expires_on?: string }[];
  serials: readonly { from: string; to?: string; expires_on?: string }[];
}

export function readDetail(lots: readonly Body[], serials: readonly Body[]): Detail {
  return {
    lots: lots.map((each) => ({ number: each.needText('LotNumber'), quantity: each.decimal('TransactionQuantity'), expires_on: each.date('LotExpirationDate') })),
    serials: serials.map((each) => ({ from: each.needText('FromSerialNumber'), to: each.text('ToSerialNumber'), expires_on: each.date('LotExpirationDate') })),
  };
}

/**
 * Splits a quantity into lots and serials and checks them against the item's control.
 *
 * @param quantity positive, in the unit of the transaction
 * @param incoming whether an expiry date must come along
 * @throws Rejection
 */
export function portions(erp: Erp, item: MasterItem, quantity: Big, uom: string, detail: Detail, incoming: boolean): Portion[] {
  const factor = erp.master.factor(item, uom);
  if (!factor) throw new Rejection('INV_UOM_NOT_VALID', `The unit of measure ${uom} is not valid for the item ${item.number}.`);
  const total = quantity.times(factor);
  if (item.serial_controlled) return serialPortions(item, total, detail, incoming);
  if (item.lot_controlled) return lotPortions(item, quantity, factor, detail, incoming);
  return [{ lot: '', serial: '', quantity: total.toString() }];
}

function serialPortions(item: MasterItem, total: Big, detail: Detail, incoming: boolean): Portion[] {
  const serials = detail.serials.flatMap((each) => serialRange(each.from, each.to));
  const expiry = [...detail.serials, ...detail.lots].find((each) => each.expires_on !== undefined)?.expires_on;
  if (!total.eq(serials.length)) throw new Rejection('INV_SERIAL_QTY_MISMATCH', `The item ${item.number} is under serial control: ${total.toString()} serial numbers are needed, ${serials.length} were given.`);
  if (new Set(serials).size !== serials.length) throw new Rejection('INV_SERIAL_DUPLICATE', 'A serial number is given twice.');
  if (incoming && item.expiry_controlled && expiry === undefined) throw new Rejection('INV_EXPIRATION_REQUIRED', `The item ${item.number} needs an expiration date.`);
  return serials.map((serial) => ({ lot: detail.lots[0]?.number ?? '', serial, expires_on: expiry, quantity: '1' }));
}

function lotPortions(item: MasterItem, quantity: Big, factor: Big, detail: Detail, incoming: boolean): Portion[] {
  if (detail.lots.length === 0) throw new Rejection('INV_LOT_REQUIRED', `The item ${item.number} is under lot control: enter a lot number.`);
  const lots = detail.lots.map((each) => ({ ...each, quantity: new Big(each.quantity ?? quantity).abs() }));
  const sum = lots.reduce((all, each) => all.plus(each.quantity), new Big(0));
  if (!sum.eq(quantity)) throw new Rejection('INV_LOT_QTY_MISMATCH', `The lot quantities add up to ${sum.toString()}, the transaction to ${quantity.toString()}.`);
  if (incoming && item.expiry_controlled && lots.some((each) => each.expires_on === undefined)) throw new Rejection('INV_EXPIRATION_REQUIRED', `The item ${item.number} needs an expiration date for each lot.`);
  return lots.map((each) => ({ lot: each.number, serial: '', expires_on: each.expires_on, quantity: each.quantity.times(factor).toString() }));
}

function serialRange(from: string, to: string | undefined): string[] {
  if (to === undefined || to === from) return [from];
  const start = /^(.*?)(\d+)$/.exec(from);
  const end = /^(.*?)(\d+)$/.exec(to);
  const [first, last] = [Number(start?.[2]), Number(end?.[2])];
  if (!start || !end || start[1] !== end[1] || last < first || last - first > 999) throw new Rejection('INV_SERIAL_RANGE', `The serial range ${from} to ${to} is not valid.`);
  return Array.from({ length: last - first + 1 }, (_, index) => start[1] + String(first + index).padStart(start[2]!.length, '0'));
}

/** @throws Rejection when the date is to come or its period is not open */
export function checkDate(erp: Erp, time: string): void {
  if (Date.parse(time) > erp.now().getTime() + 60_000) throw new Rejection('TRANSACTION_DATE_IN_FUTURE', 'The transaction date cannot be in the future.');
  const period = erp.master.period(time.slice(0, 10));
  if (period?.status !== 'Open') throw new Rejection('PERIOD_NOT_OPEN', `The transaction date ${time.slice(0, 10)} is not in an open period.`);
}

export const STOCK_REFUSALS: Readonly<Record<string, { code: string; text: string }>> = {
  stock_not_negative: { code: 'INV_NEGATIVE_BALANCE', text: 'The transaction would make the on-hand balance negative.' },
  EB003: { code: 'INV_NEGATIVE_BALANCE', text: 'There is no on-hand balance of this item, lot or serial at this place.' },
  serial_is_single: { code: 'INV_SERIAL_EXISTS', text: 'The serial number is in stock already.' },
};
