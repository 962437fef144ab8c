import { Type, type Static } from '@sinclair/typebox';

const Dn = Type.String({ minLength: 3, maxLength: 255, pattern: '=' });

export const LdapSettings = Type.Object({
  /** ldaps://host:636, or ldap://host:389 with StartTLS. */
  url: Type.String({ pattern: '^ldaps?://[^/]+/?$' }),
  /** Asked for on ldap:// before anything else is said. Without it passwords cross the network in the clear. */
  startTls: Type.Boolean({ default: true }),
  /** Certificates of the authority that vouches for the server (PEM); those that Node trusts when absent. */
  ca: Type.Optional(Type.String({ minLength: 1 })),
  bindDn: Dn,
  password: Type.String({ minLength: 1 }),
  /** Accounts are searched below it and made directly in it. */
  people: Dn,
  /** Groups stand directly in it; each of them is a right. */
  groups: Dn,
  /** Keeps a group in being that has no other member. */
  placeholder: Dn,
  /** What makes an account unusable. */
  disabled: Type.Object({
    attribute: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]*$', default: 'pwdAccountLockedTime' }),
    value: Type.String({ minLength: 1, default: '000001010000Z' }),
  }, { additionalProperties: false, default: {} }),
  /** Milliseconds for one operation. */
  timeoutMs: Type.Integer({ minimum: 100, maximum: 120_000, default: 5_000 }),
  /** Entries that the server is asked for at once. */
  pageSize: Type.Integer({ minimum: 10, maximum: 10_000, default: 500 }),
  /** How long the later pages of a list go by the persons that its first page found. */
  listingMs: Type.Integer({ minimum: 0, maximum: 600_000, default: 60_000 }),
}, { additionalProperties: false });

export type LdapSettings = Static<typeof LdapSettings>;
