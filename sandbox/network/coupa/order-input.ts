import { invalid } from './errors.ts';

export interface NewLine {
  lineNumber: number;
  itemNumber: string;
  description: string;
  uom: string;
  quantity: string;
  price: string;
  needBy: string | null;
}

export interface NewOrder {
  poNumber: string;
  supplierNumber: string;
  currency: string;
  shipTo: string | null;
  paymentTerm: string | null;
  customFields: Record<string, unknown>;
  lines: NewLine[];
}

export interface LineUpdate {
  id?: number;
  lineNumber?: number;
  itemNumber?: string;
  quantity?: string;
  price?: string;
  needBy?: string | null;
  cancelled: boolean;
}

export interface OrderUpdate {
  exported?: boolean;
  lines: LineUpdate[];
}

type Errors = Record<string, string[]>;
type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const nested = (fields: Fields, name: string, part: string): unknown => (isFields(fields[name]) ? fields[name][part] : undefined);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const DECIMAL = /^\d{1,24}(\.\d{1,6})?$/;
const decimal = (value: unknown): string | undefined => {
  const given = typeof value === 'number' ? String(value) : value;
  return typeof given === 'string' && DECIMAL.test(given) ? given : undefined;
};

function isoDay(value: unknown, field: string, errors: Errors): string | null {
  if (value === undefined || value === null) return null;
  const day = typeof value === 'string' ? /^\d{4}-\d{2}-\d{2}/.exec(value)?.[0] : undefined;
  if (day === undefined || Number.isNaN(Date.parse(day))) {
    errors[field] = ['is not a valid date'];
    return null;
  }
  return day;
}

/** Reads the body of POST /purchase_orders; every mistake is reported at once, as Coupa does. */
export function newOrder(body: unknown): NewOrder {
  const fields = isFields(body) ? body : {};
  const errors: Errors = {};
  const poNumber = text(fields['po-number']);
  if (poNumber === undefined) errors['po-number'] = ["can't be blank"];
  else if (poNumber.length > 255) errors['po-number'] = ['is too long (maximum is 255 characters)'];
  const supplierNumber = text(nested(fields, 'supplier', 'number'));
  if (supplierNumber === undefined) errors['supplier'] = ["can't be blank"];
  const given = Array.isArray(fields['order-lines']) ? fields['order-lines'] : [];
  if (given.length === 0) errors['order-lines'] = ["can't be blank"];
  const lines = given.map((line: unknown, index) => newLine(isFields(line) ? line : {}, index, errors));
  if (new Set(lines.map(({ lineNumber }) => lineNumber)).size < lines.length) errors['order-lines.line-num'] = ['has already been taken'];
  if (poNumber === undefined || supplierNumber === undefined || Object.keys(errors).length > 0) throw invalid(errors);
  return {
    poNumber,
    supplierNumber,
    currency: text(nested(fields, 'currency', 'code')) ?? 'USD',
    shipTo: text(nested(fields, 'ship-to-address', 'location-code')) ?? null,
    paymentTerm: text(nested(fields, 'payment-term', 'code')) ?? null,
    customFields: isFields(fields['custom-fields']) ? fields['custom-fields'] : {},
    lines,
  };
}

function newLine(line: Fields, index: number, errors: Errors): NewLine {
  const at = `order-lines[${index}]`;
  const given = line['line-num'] ?? index + 1;
  const lineNumber = /^[1-9]\d{0,5}$/.test(String(given)) ? Number(given) : 0;
  if (lineNumber === 0) errors[`${at}.line-num`] = ['is not a number'];
  const itemNumber = text(nested(line, 'item', 'item-number'));
  if (itemNumber === undefined) errors[`${at}.item`] = ["can't be blank"];
  const quantity = decimal(line['quantity']);
  if (quantity === undefined || Number(quantity) === 0) errors[`${at}.quantity`] = ['must be greater than 0'];
  const price = decimal(line['price']);
  if (price === undefined) errors[`${at}.price`] = ['is not a number'];
  const uom = text(nested(line, 'uom', 'code'));
  if (uom === undefined) errors[`${at}.uom`] = ["can't be blank"];
  return {
    lineNumber,
    itemNumber: itemNumber ?? '',
    description: text(line['description']) ?? itemNumber ?? '',
    uom: uom ?? '',
    quantity: quantity ?? '0',
    price: price ?? '0',
    needBy: isoDay(line['need-by-date'], `${at}.need-by-date`, errors),
  };
}

/** Reads the body of PUT /purchase_orders/{id}: only what it names changes. */
export function orderUpdate(body: unknown): OrderUpdate {
  const fields = isFields(body) ? body : {};
  const errors: Errors = {};
  const known = ['exported', 'order-lines'];
  for (const name of Object.keys(fields)) if (!known.includes(name)) errors[name] = ['cannot be changed'];
  if (fields['exported'] !== undefined && typeof fields['exported'] !== 'boolean') errors['exported'] = ['is invalid'];
  const given = Array.isArray(fields['order-lines']) ? fields['order-lines'] : [];
  const lines = given.map((line: unknown, index) => lineUpdate(isFields(line) ? line : {}, index, errors));
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return { exported: fields['exported'] as boolean | undefined, lines };
}

function lineUpdate(line: Fields, index: number, errors: Errors): LineUpdate {
  const at = `order-lines[${index}]`;
  const update: LineUpdate = { cancelled: line['status'] === 'cancelled' };
  if (typeof line['id'] === 'number') update.id = line['id'];
  if (line['line-num'] !== undefined) update.lineNumber = Number(line['line-num']);
  if (update.id === undefined && !Number.isInteger(update.lineNumber)) errors[at] = ['needs an id or a line-num'];
  if (line['quantity'] !== undefined) {
    update.quantity = decimal(line['quantity']);
    if (update.quantity === undefined) errors[`${at}.quantity`] = ['is not a number'];
  }
  if (line['price'] !== undefined) {
    update.price = decimal(line['price']);
    if (update.price === undefined) errors[`${at}.price`] = ['is not a number'];
  }
  if (line['item'] !== undefined) {
    update.itemNumber = text(nested(line, 'item', 'item-number'));
    if (update.itemNumber === undefined) errors[`${at}.item`] = ["can't be blank"];
  }
  if (line['need-by-date'] !== undefined) update.needBy = isoDay(line['need-by-date'], `${at}.need-by-date`, errors);
  return update;
}
