import { Type, type Static } from '@sinclair/typebox';

const Code = Type.String({ minLength: 1, maxLength: 64 });

export const TrytonSettings = Type.Object({
  /** Address of the server, without the database. */
  url: Type.String({ format: 'uri' }),
  database: Type.String({ minLength: 1 }),
  /** A user of its own, with an employee of the company and the groups of purchasing, stock and accounting. */
  user: Type.String({ minLength: 1 }),
  password: Type.String({ minLength: 1 }),
  /** Milliseconds for one exchange. An order of many lines takes the server seconds. */
  timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 120_000 })),
  connections: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
  /** Parties of this category are suppliers. */
  supplierCategory: Type.Optional(Type.String({ minLength: 1 })),
  /** Root of the analytic accounts that are the cost centres. */
  costCenterRoot: Type.Optional(Code),
  /** X12 code by Tryton symbol, for units whose symbol does not begin with the code, such as `BX/100`. */
  unitCodes: Type.Optional(Type.Record(Type.String(), Type.String({ pattern: '^[A-Z0-9]{2}$' }))),
  /** Codes of the journals that invoices and imported entries go to. */
  invoiceJournal: Type.Optional(Code),
  entryJournal: Type.Optional(Code),
  /** Name of the payment method, which says from which account is paid. */
  paymentMethod: Type.Optional(Type.String({ minLength: 1 })),
  /**
   * Account that invoice lines are booked to in place of the account of their order line, where receipts were booked
   * against it before (goods received, not invoiced).
   */
  invoiceClearingAccount: Type.Optional(Code),
  /** Lost-and-found locations: where issues without a place of their own go, where counted stock comes from and goes to, where stock without an order comes from. */
  consumedLocation: Type.Optional(Code),
  adjustedLocation: Type.Optional(Code),
  receivedLocation: Type.Optional(Code),
}, { additionalProperties: false });

export type TrytonSettings = Static<typeof TrytonSettings>;

const DEFAULTS = {
  // Less than a caller of a critical API waits, so that the vendor's silence is told as such.
  timeoutMs: 8_000,
  connections: 8,
  supplierCategory: 'Supplier',
  costCenterRoot: 'CC',
  // What Tryton's own units are in X12 element 355.
  unitCodes: { u: 'EA', kg: 'KG', g: 'GR', h: 'HR', l: 'LT', L: 'LT', m: 'MR' } as Record<string, string>,
  invoiceJournal: 'EXP',
  entryJournal: 'MISC',
  paymentMethod: 'Bank',
  consumedLocation: 'CONSUMED',
  adjustedLocation: 'ADJUSTED',
  receivedLocation: 'RECEIVED',
};

export type CompleteSettings = TrytonSettings & typeof DEFAULTS;

export function withDefaults(settings: TrytonSettings): CompleteSettings {
  return { ...DEFAULTS, ...settings, unitCodes: { ...DEFAULTS.unitCodes, ...settings.unitCodes } };
}
