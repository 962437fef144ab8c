import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { schemaCompiler } from '#chassis/contract/schemas.ts';

/**
 * Coupa's records as far as we read them. Decimals and line numbers are texts, days are moments at midnight.
 *
 * @source Coupa Compass, The Coupa Core API: Purchase Orders, Order Confirmations, Advance Ship Notices, Invoices,
 *   Supplier Items; read 2026-11-20
 */
const text = Type.String();
const optionalText = Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] }));
const id = Type.Integer({ minimum: 1 });
const day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}' });
const optionalDay = Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], pattern: '^\\d{4}-\\d{2}-\\d{2}' }));
const lineNumber = Type.String({ pattern: '^[1-9]\\d{0,5}$' });
const coded = Type.Object({ code: text });
const itemNamed = Type.Object({ 'item-number': text });
const optionalItem = Type.Optional(Type.Unsafe<Static<typeof itemNamed> | null>({ ...itemNamed, type: ['object', 'null'] }));
const supplierNamed = Type.Object({ number: text });

export const PurchaseOrder = Type.Object({
  id, 'po-number': text, status: text, version: Type.Integer(), supplier: supplierNamed,
  'order-lines': Type.Array(Type.Object({
    id, 'line-num': lineNumber, status: text, item: optionalItem, uom: coded, quantity: text, price: text, 'need-by-date': optionalDay,
  })),
});
export type PurchaseOrder = Static<typeof PurchaseOrder>;

export const Confirmation = Type.Object({
  id, status: text, 'created-at': Type.String({ format: 'date-time' }),
  'order-header': Type.Object({ 'po-number': text, supplier: supplierNamed }),
  'order-line-confirmations': Type.Array(Type.Object({
    'line-num': lineNumber, action: text, status: text, item: optionalItem, quantity: text, price: text, 'promised-date': optionalDay,
    'reason-insight-events': Type.Optional(Type.Array(Type.Object({ comment: optionalText }))),
  }), { minItems: 1 }),
});
export type Confirmation = Static<typeof Confirmation>;

export const AdvanceShipNotice = Type.Object({
  id, 'asn-number': text, 'ship-date': Type.String({ format: 'date-time' }), 'delivery-date': optionalDay, supplier: supplierNamed,
  lines: Type.Array(Type.Object({
    'order-line': Type.Object({ 'order-header-number': text, 'line-num': lineNumber }), item: optionalItem, uom: coded, quantity: text,
    gtin: optionalText, 'lot-number': optionalText, 'serial-number': optionalText, 'expiration-date': optionalDay,
  }), { minItems: 1 }),
});
export type AdvanceShipNotice = Static<typeof AdvanceShipNotice>;

export const Invoice = Type.Object({
  id, 'invoice-number': text, 'invoice-date': day, 'document-type': Type.Optional(text), supplier: supplierNamed, currency: coded, 'gross-total': text,
  'invoice-lines': Type.Array(Type.Object({
    'po-number': optionalText, 'order-line-num': Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], pattern: '^[1-9]\\d{0,5}$' })),
    item: optionalItem, uom: coded, quantity: text, price: text, total: text,
  }), { minItems: 1 }),
});
export type Invoice = Static<typeof Invoice>;

export const SupplierItem = Type.Object({
  id, item: Type.Object({ 'item-number': text, name: optionalText }), supplier: supplierNamed, 'supplier-part-num': optionalText, price: text, currency: coded, uom: coded,
  contract: Type.Optional(Type.Unsafe<{ number: string; status: string; 'start-date': string; 'end-date'?: string | null } | null>({
    ...Type.Object({ number: text, status: text, 'start-date': day, 'end-date': optionalDay }), type: ['object', 'null'],
  })),
});
export type SupplierItem = Static<typeof SupplierItem>;

/** Reads one record, or says where it is not what it should be. */
export type RecordReader<T> = (record: unknown) => { record: T } | { fault: string };

export function recordReader<S extends TSchema>(schema: S): RecordReader<Static<S>> {
  const check = schemaCompiler({})(schema);
  return (record) => {
    const [fault] = check(record);
    return fault ? { fault: `${fault.pointer || '/'} ${fault.detail}` } : { record: record as Static<S> };
  };
}
