import { folded, keyOf } from './dn.ts';
import { LdapRefusal } from './result.ts';

export interface AttributeType {
  name: string;
  isSingle?: true;
  syntax?: 'dn' | 'ascii' | 'secret' | 'time';
  /** Kept by the server and shown only to who asks for it. `open` ones can be written all the same. */
  operational?: 'closed' | 'open';
}

const types: readonly AttributeType[] = [
  ...['objectClass', 'cn', 'sn', 'givenName', 'uid', 'ou', 'o', 'dc', 'title', 'description', 'telephoneNumber', 'departmentNumber', 'employeeType', 'initials', 'l', 'seeAlso'].map((name) => ({ name })),
  { name: 'displayName', isSingle: true }, { name: 'employeeNumber', isSingle: true },
  { name: 'mail', syntax: 'ascii' }, { name: 'member', syntax: 'dn' }, { name: 'manager', syntax: 'dn' }, { name: 'owner', syntax: 'dn' }, { name: 'userPassword', syntax: 'secret' },
  { name: 'entryUUID', isSingle: true, operational: 'closed' }, { name: 'createTimestamp', isSingle: true, syntax: 'time', operational: 'closed' },
  { name: 'modifyTimestamp', isSingle: true, syntax: 'time', operational: 'closed' }, { name: 'memberOf', syntax: 'dn', operational: 'closed' },
  // The password policy's mark of a locked account (draft-behera-ldap-password-policy-10 section 5.3.3).
  { name: 'pwdAccountLockedTime', isSingle: true, syntax: 'time', operational: 'open' },
];
const byName = new Map(types.map((type) => [type.name.toLowerCase(), type]));

const person = ['cn', 'sn', 'userPassword', 'telephoneNumber', 'seeAlso', 'description'];
const organizational = [...person, 'title', 'ou', 'l'];

/** What an entry of a class must and may have. @source RFC 4519 section 3, RFC 2798 section 3 */
const classes: Readonly<Record<string, { under?: string; must: readonly string[]; may: readonly string[] }>> = {
  top: { must: ['objectClass'], may: [] },
  dcobject: { under: 'top', must: ['dc'], may: [] },
  organization: { under: 'top', must: ['o'], may: ['description', 'l', 'userPassword'] },
  organizationalunit: { under: 'top', must: ['ou'], may: ['description', 'l', 'userPassword'] },
  organizationalrole: { under: 'top', must: ['cn'], may: ['description', 'ou', 'l'] },
  simplesecurityobject: { under: 'top', must: ['userPassword'], may: [] },
  groupofnames: { under: 'top', must: ['cn', 'member'], may: ['description', 'o', 'ou', 'owner', 'seeAlso'] },
  person: { under: 'top', must: ['cn', 'sn'], may: person },
  organizationalperson: { under: 'person', must: [], may: organizational },
  inetorgperson: { under: 'organizationalperson', must: [], may: [...organizational, 'departmentNumber', 'displayName', 'employeeNumber', 'employeeType', 'givenName', 'initials', 'mail', 'manager', 'o', 'uid'] },
};

export function typeOf(name: string): AttributeType | undefined {
  return byName.get(name.split(';')[0]!.toLowerCase());
}

/** The value as it is compared. */
export function comparable({ syntax }: AttributeType, value: string): string {
  if (syntax === 'dn') return keyOf(value);
  return syntax === 'secret' || syntax === 'time' ? value : folded(value);
}

/** A class and those above it. */
export function lineageOf(objectClass: string): string[] {
  const name = objectClass.toLowerCase();
  const under = classes[name]?.under;
  return under === undefined ? [name] : [name, ...lineageOf(under)];
}

/** One kind of values of an entry, before it is looked at as a whole. */
export function checkValues({ name, isSingle, syntax }: AttributeType, values: readonly string[]): void {
  if (isSingle && values.length > 1) throw new LdapRefusal('constraintViolation', `${name}: multiple values provided`);
  for (const value of values) {
    const isEmpty = value === '' && syntax !== 'secret';
    // An address is an IA5 string, a time a generalized time in UTC. @source RFC 4517 section 3.3
    const isForeign = (syntax === 'ascii' && /[^\x00-\x7f]/.test(value)) || (syntax === 'time' && !/^\d{12}(\d\d)?Z$/.test(value));
    if (isEmpty || isForeign) throw new LdapRefusal('invalidAttributeSyntax', `${name}: value #0 invalid per syntax`);
    if (syntax === 'dn') keyOf(value);
  }
}

/** The entry as a whole: what its classes ask for and allow. */
export function checkEntry(attributes: Readonly<Record<string, readonly string[]>>): void {
  const named = attributes['objectClass'] ?? [];
  if (named.length === 0) throw new LdapRefusal('objectClassViolation', 'no objectClass attribute');
  const unknown = named.find((name) => classes[name.toLowerCase()] === undefined);
  if (unknown !== undefined) throw new LdapRefusal('invalidAttributeSyntax', 'objectClass: value #0 invalid per syntax');
  const all = [...new Set(named.flatMap(lineageOf))].map((name) => classes[name]!);
  const lacking = all.flatMap(({ must }) => must).find((name) => (attributes[name] ?? []).length === 0);
  if (lacking !== undefined) throw new LdapRefusal('objectClassViolation', `object class requires attribute '${lacking}'`);
  const allowed = new Set(all.flatMap(({ must, may }) => [...must, ...may]));
  const surplus = Object.keys(attributes).find((name) => !allowed.has(name) && typeOf(name)?.operational === undefined);
  if (surplus !== undefined) throw new LdapRefusal('objectClassViolation', `attribute '${surplus}' not allowed`);
}
