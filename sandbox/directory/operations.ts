import type { Attribute } from 'ldapts';
import { comparable, typeOf } from './attributes.ts';
import { keyOf } from './dn.ts';
import type { Attributes, Entries, Entry } from './entries.ts';
import { matches } from './filter.ts';
import { isPassword, sealed } from './passwords.ts';
import { LdapRefusal, RESULT } from './result.ts';
import { readPage, type Answer, type Asked, type AskedControl, type SearchAsked } from './wire.ts';

const PAGED_RESULTS = '1.2.840.113556.1.4.319';
export const START_TLS = '1.3.6.1.4.1.1466.20037';
const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';

export interface Place {
  entries: Entries;
  baseDn: string;
  /** Only this one may write. */
  serviceDn: string;
  offersTls: boolean;
}

/** What is known of one connection. */
export interface Session {
  /** Key of who signed on; empty for nobody. */
  who: string;
  /** Of the one list that may be read in pages at a time. */
  list: { cookie: string; left: Entry[] } | undefined;
}

/** Does what was asked and says what came of it; entries that were found go out on the way. */
export async function perform(place: Place, session: Session, asked: Asked, send: (entry: { dn: string; attributes: Attributes }) => void): Promise<Answer> {
  const { entries } = place;
  if (asked.controls.some(({ oid, isCritical }) => isCritical && !(oid === PAGED_RESULTS && asked.kind === 'search'))) throw new LdapRefusal('unavailableCriticalExtension');
  switch (asked.kind) {
    case 'bind':
      session.who = '';
      session.who = signedOn(place, asked.request);
      return done;
    case 'sasl':
      throw new LdapRefusal('authMethodNotSupported');
    case 'search':
      return search(place, session, asked.request, asked.controls, send);
    case 'add':
      await entries.add(writer(place, session), asked.request.dn, gathered(asked.request.attributes));
      return done;
    case 'modify': {
      const changes = asked.request.changes.map(({ operation, modification }) => ({ operation, attribute: modification.type, values: textsOf(modification) }));
      await entries.modify(writer(place, session), asked.request.dn, changes);
      return done;
    }
    case 'rename': {
      const { dn, newRdn, deleteOldRdn, newSuperior } = asked.request;
      await entries.rename(writer(place, session), dn, newRdn, !deleteOldRdn, newSuperior || undefined);
      return done;
    }
    case 'delete':
      await entries.remove(writer(place, session), asked.dn);
      return done;
    case 'compare': {
      const type = typeOf(asked.request.attribute);
      const entry = readable(place, session, asked.request.dn);
      if (!type) throw new LdapRefusal('undefinedAttributeType');
      const holds = valuesOf(entries, entry, type.name).some((value) => comparable(type, value) === comparable(type, asked.request.value));
      return { result: holds ? RESULT.compareTrue : RESULT.compareFalse };
    }
    case 'extended':
      if (asked.request.oid === WHO_AM_I) return { result: RESULT.success, value: session.who === '' ? '' : `dn:${session.who}` };
      if (asked.request.oid === START_TLS && place.offersTls) return { result: RESULT.success, oid: START_TLS };
      throw new LdapRefusal('protocolError', 'unsupported extended operation');
    case 'unbind':
    case 'abandon':
      return done;
  }
}

const done: Answer = { result: RESULT.success };

function signedOn({ entries }: Place, { version, dn, password }: { version: number; dn: string; password: string }): string {
  if (version !== 3) throw new LdapRefusal('protocolError', 'requested protocol version not supported');
  if (dn === '' && password === '') return '';
  // A client that forgot the password would believe that it had been right.
  if (password === '') throw new LdapRefusal('unwillingToPerform', 'unauthenticated bind (DN with no password) disallowed');
  const entry = entries.get(keyOf(dn));
  const kept = entry?.attributes['userPassword'] ?? [];
  // Nobody learns whether it was the name, the password or a locked account.
  if (!entry || entry.attributes['pwdAccountLockedTime'] || !kept.some((one) => isPassword(one, password))) throw new LdapRefusal('invalidCredentials');
  return entry.key;
}

function writer({ serviceDn }: Place, { who }: Session): string {
  if (who === '') throw new LdapRefusal('strongerAuthRequired', 'modifications require authentication');
  if (who !== keyOf(serviceDn)) throw new LdapRefusal('insufficientAccess', 'no write access');
  return who;
}

/** To who has not signed on there is nothing here. */
function readable({ entries }: Place, { who }: Session, dn: string): Entry {
  const entry = entries.get(keyOf(dn));
  if (!entry || who === '') throw new LdapRefusal('noSuchObject');
  return entry;
}

function search(place: Place, session: Session, request: SearchAsked, controls: readonly AskedControl[], send: (entry: { dn: string; attributes: Attributes }) => void): Answer {
  const { base, scope, sizeLimit } = request;
  if (base === '' && scope === 'base') {
    send({ dn: '', attributes: shown(rootOf(place), request.attributes) });
    return done;
  }
  const control = controls.find(({ oid }) => oid === PAGED_RESULTS);
  const page = control && readPage(control);
  const found = page && page.cookie !== '' ? goneOn(session, page.cookie) : findAll(place, readable(place, session, base), request);
  const most = Math.min(page && page.size > 0 ? page.size : Infinity, sizeLimit > 0 ? sizeLimit : Infinity);
  for (const entry of found.slice(0, most)) send({ dn: entry.dn, attributes: shown(withMemberOf(place.entries, entry, request.attributes), request.attributes) });
  const left = found.slice(most);
  if (!page) return { result: left.length > 0 ? RESULT.sizeLimitExceeded : RESULT.success };
  session.list = left.length > 0 ? { cookie: String(Number(session.list?.cookie ?? 0) + 1), left } : undefined;
  return { result: RESULT.success, cookie: session.list?.cookie ?? '' };
}

function goneOn({ list }: Session, cookie: string): Entry[] {
  if (list?.cookie !== cookie) throw new LdapRefusal('unwillingToPerform', 'paged results cookie is invalid or old');
  return list.left;
}

function findAll({ entries }: Place, start: Entry, { scope, filter }: SearchAsked): Entry[] {
  const isBelow = ({ key }: Entry) => key.endsWith(`,${start.key}`);
  const isChild = ({ key }: Entry) => isBelow({ key } as Entry) && !/(?<!\\),/.test(key.slice(0, -start.key.length - 1));
  const inScope = { base: (entry: Entry) => entry === start, one: isChild, sub: (entry: Entry) => entry === start || isBelow(entry), children: isBelow }[scope];
  return [...entries.all()].filter((entry) => inScope(entry) && matches(filter, (attribute) => valuesOf(entries, entry, attribute)) === true);
}

function valuesOf(entries: Entries, { key, attributes }: Entry, attribute: string): readonly string[] {
  return attribute === 'memberOf' ? groupsOf(entries, key) : attributes[attribute] ?? [];
}

function groupsOf(entries: Entries, key: string): string[] {
  return [...entries.all()].filter(({ attributes }) => attributes['member']?.some((member) => keyOf(member) === key)).map(({ dn }) => dn);
}

function withMemberOf(entries: Entries, { key, attributes }: Entry, asked: readonly string[]): Attributes {
  return asked.includes('memberof') || asked.includes('+') ? { ...attributes, memberOf: groupsOf(entries, key) } : attributes;
}

/** Nobody reads passwords, and what the server keeps for itself only who asks for it. @source RFC 4511 section 4.5.1.8, RFC 3673 */
function shown(attributes: Attributes, asked: readonly string[]): Attributes {
  const all = asked.length === 0 || asked.includes('*');
  return Object.fromEntries(Object.entries(attributes).filter(([name, values]) => {
    if (name === 'userPassword' || values.length === 0) return false;
    if (asked.includes(name.toLowerCase())) return true;
    return typeOf(name)?.operational === undefined ? all : asked.includes('+');
  }));
}

/** @source RFC 4512 section 5.1 */
function rootOf({ baseDn, offersTls }: Place): Attributes {
  return {
    objectClass: ['top'], namingContexts: [baseDn], supportedLDAPVersion: ['3'], supportedControl: [PAGED_RESULTS],
    supportedExtension: [WHO_AM_I, ...(offersTls ? [START_TLS] : [])], vendorName: ['Callosum sandbox directory'],
  };
}

function gathered(attributes: readonly Attribute[]): Record<string, string[]> {
  return Object.fromEntries(attributes.map((attribute) => [attribute.type, textsOf(attribute)]));
}

function textsOf({ type, values }: Attribute): string[] {
  const texts = values.map(String);
  return typeOf(type)?.syntax === 'secret' ? texts.map((text) => sealed(text)) : texts;
}
