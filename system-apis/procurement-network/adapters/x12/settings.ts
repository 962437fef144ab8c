import { Type, type Static } from '@sinclair/typebox';

/** Qualifier and id of an interchange address, such as `ZZ:LAKESIDE` or `12:5550130130`. */
const Address = Type.String({ pattern: '^[A-Z0-9]{2}:[A-Za-z0-9 .,&/_-]{1,15}$' });

export const X12Settings = Type.Object({
  /** Of the value-added network. */
  baseUrl: Type.String({ format: 'uri' }),
  /** Bearer token that lets us in there. */
  token: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]+$' })),
  /** Our own address: sender of what we send, receiver of what is for us. */
  address: Address,
  /** ISA15. */
  usage: Type.Unsafe<'P' | 'T'>({ type: 'string', enum: ['P', 'T'], default: 'P' }),
  /** Partners, by supplier number. */
  suppliers: Type.Record(Type.String(), Type.Object({
    address: Address,
    /** Path of its mailbox below the base URL; `/edi/{supplier number}` when absent. */
    mailbox: Type.Optional(Type.String({ pattern: '^/' })),
    /** Which of two usual qualifiers the partner expects. */
    buyerItem: Type.Unsafe<'IN' | 'BP'>({ type: 'string', enum: ['IN', 'BP'], default: 'IN' }),
    vendorPart: Type.Unsafe<'VP' | 'VN'>({ type: 'string', enum: ['VP', 'VN'], default: 'VP' }),
  }, { additionalProperties: false })),
  /** Milliseconds for one exchange, acknowledgement included. */
  timeoutMs: Type.Integer({ minimum: 100, default: 8_000 }),
}, { additionalProperties: false });

export type X12Settings = Static<typeof X12Settings>;
export type Partner = X12Settings['suppliers'][string];

export function splitAddress(address: string): { qualifier: string; id: string } {
  return { qualifier: address.slice(0, 2), id: address.slice(3) };
}
