import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { checkEntry, checkValues, comparable, typeOf, type AttributeType } from './attributes.ts';
import { keyOf, parentOf, parseDn, type Naming } from './dn.ts';
import { LdapRefusal } from './result.ts';

export type Attributes = Record<string, string[]>;

export interface Entry {
  key: string;
  dn: string;
  attributes: Attributes;
}

export interface Modification {
  operation: 'add' | 'delete' | 'replace';
  attribute: string;
  values: string[];
}

/** The tree. Read from memory, written through to the database first, one change at a time. */
export interface Entries {
  get(key: string): Entry | undefined;
  all(): Iterable<Entry>;
  add(actor: string, dn: string, attributes: Record<string, string[]>): Promise<void>;
  modify(actor: string, dn: string, modifications: readonly Modification[]): Promise<void>;
  rename(actor: string, dn: string, newRdn: string, keepsOld: boolean, newParent: string | undefined): Promise<void>;
  remove(actor: string, dn: string): Promise<void>;
}

export const SCHEMA = `
  create schema if not exists directory;
  create table if not exists directory.entries (key text primary key, dn text not null, attributes jsonb not null);
  create table if not exists directory.changes (
    number bigint generated always as identity primary key, at timestamptz not null default now(),
    actor text not null, operation text not null, dn text not null, attribute text, values jsonb);
`;

/** @param placeholder takes the place of a group's last member that is removed from the tree, as refint_nothing does in OpenLDAP */
export async function openEntries(pool: Pool, placeholder: string): Promise<Entries> {
  const { rows } = await pool.query<Entry>('select key, dn, attributes from directory.entries order by key');
  const tree = new Map(rows.map((entry) => [entry.key, entry]));
  let writing = Promise.resolve();

  /** Everything that an operation changes, its side effects included, happens at once or not at all. */
  function write(actor: string, operation: string, prepare: () => { dn: string; put: Entry[]; drop: string[]; told: readonly Modification[] }): Promise<void> {
    const done = writing.then(async () => {
      const { dn, put, drop, told } = prepare();
      await inTransaction(pool, async (tx) => {
        if (drop.length > 0) await tx.query('delete from directory.entries where key = any($1)', [drop]);
        for (const entry of put) {
          await tx.query('insert into directory.entries values ($1, $2, $3) on conflict (key) do update set dn = excluded.dn, attributes = excluded.attributes', [entry.key, entry.dn, entry.attributes]);
        }
        await tx.query(
          `insert into directory.changes (actor, operation, dn, attribute, values)
           select $1, $2 || ' ' || operation, $3, attribute, values from jsonb_to_recordset($4) as told (operation text, attribute text, values jsonb)`,
          [actor, operation, dn, JSON.stringify(told)]);
      });
      for (const key of drop) tree.delete(key);
      for (const entry of put) tree.set(entry.key, entry);
    });
    writing = done.catch(() => undefined);
    return done;
  }

  function required(dn: string): Entry {
    const entry = tree.get(keyOf(dn));
    if (!entry) throw new LdapRefusal('noSuchObject');
    return entry;
  }

  /** Who refers to an entry that gets another name, or none, refers to it no more by the old one. */
  function referring(key: string, newDn: string | undefined): Entry[] {
    return [...tree.values()].flatMap((entry) => {
      const held = entry.attributes['member'] ?? [];
      if (!held.some((member) => keyOf(member) === key)) return [];
      const others = held.filter((member) => keyOf(member) !== key);
      const member = newDn === undefined ? others : [...others, newDn];
      return [{ ...entry, attributes: { ...entry.attributes, member: member.length > 0 ? member : [placeholder] } }];
    });
  }

  return {
    get: (key) => tree.get(key),
    all: () => tree.values(),

    add: (actor, dn, given) => write(actor, 'add', () => {
      const key = keyOf(dn);
      if (tree.has(key)) throw new LdapRefusal('entryAlreadyExists');
      const parent = parentOf(key);
      // The root of the tree has no parent; everything else hangs somewhere.
      if (tree.size > 0 && !tree.has(parent)) throw new LdapRefusal('noSuchObject');
      const attributes = Object.entries(given).reduce<Attributes>((made, [attribute, values]) => changed(made, { operation: 'add', attribute, values }), {});
      const entry = stamped({ key, dn, attributes: { ...attributes, entryUUID: [randomUUID()], createTimestamp: [timestamp()] } });
      check(entry);
      return { dn, put: [entry], drop: [], told: Object.entries(attributes).map(([attribute, values]) => ({ operation: 'add', attribute, values: secretly(attribute, values) })) };
    }),

    modify: (actor, dn, modifications) => write(actor, 'modify', () => {
      const { key, dn: known, attributes } = required(dn);
      const entry = stamped({ key, dn: known, attributes: modifications.reduce(changed, attributes) });
      check(entry);
      return { dn: known, put: [entry], drop: [], told: modifications.map((each) => ({ ...each, values: secretly(each.attribute, each.values) })) };
    }),

    rename: (actor, dn, newRdn, keepsOld, newParent) => write(actor, 'rename', () => {
      const { key, dn: known, attributes } = required(dn);
      if (hasChildren(tree, key)) throw new LdapRefusal('notAllowedOnNonLeaf');
      const parent = newParent ?? known.slice(known.length - parentText(known).length);
      if (!tree.has(keyOf(parent))) throw new LdapRefusal('noSuchObject');
      const renamed = `${newRdn},${parent}`;
      const newKey = keyOf(renamed);
      if (newKey !== key && tree.has(newKey)) throw new LdapRefusal('entryAlreadyExists');
      const without = keepsOld ? attributes : namingOf(known).reduce((left, naming) => lacking(left, naming), attributes);
      const entry = stamped({ key: newKey, dn: renamed, attributes: namingOf(renamed).reduce((made, naming) => having(made, naming), without) });
      check(entry);
      return { dn: known, put: [entry, ...referring(key, renamed)], drop: newKey === key ? [] : [key], told: [{ operation: 'replace', attribute: 'dn', values: [renamed] }] };
    }),

    remove: (actor, dn) => write(actor, 'delete', () => {
      const { key, dn: known } = required(dn);
      if (hasChildren(tree, key)) throw new LdapRefusal('notAllowedOnNonLeaf');
      return { dn: known, put: referring(key, undefined), drop: [key], told: [{ operation: 'delete', attribute: 'dn', values: [known] }] };
    }),
  };
}

function hasChildren(tree: ReadonlyMap<string, Entry>, key: string): boolean {
  return [...tree.keys()].some((other) => other.endsWith(`,${key}`));
}

/** @source RFC 4511 section 4.6 */
function changed(attributes: Attributes, { operation, attribute, values }: Modification): Attributes {
  const type = typeOf(attribute);
  if (!type) throw new LdapRefusal('undefinedAttributeType', `${attribute}: attribute type undefined`);
  if (type.operational === 'closed') throw new LdapRefusal('constraintViolation', `${type.name}: no user modification allowed`);
  const now = attributes[type.name] ?? [];
  const { [type.name]: _, ...others } = attributes;
  const left = operation === 'add' ? added(type, now, values) : operation === 'replace' ? added(type, [], values) : removed(type, now, values);
  checkValues(type, left);
  return left.length > 0 ? { ...others, [type.name]: left } : others;
}

function added(type: AttributeType, now: readonly string[], values: readonly string[]): string[] {
  const all = [...now, ...values];
  checkValues(type, values.slice(0, 1));
  if (new Set(all.map((value) => comparable(type, value))).size < all.length) throw new LdapRefusal('attributeOrValueExists', `${type.name}: value #0 already exists`);
  return all;
}

function removed(type: AttributeType, now: readonly string[], values: readonly string[]): string[] {
  const gone = new Set(values.map((value) => comparable(type, value)));
  const left = values.length === 0 ? [] : now.filter((value) => !gone.has(comparable(type, value)));
  if (now.length === 0 || left.length > now.length - gone.size) throw new LdapRefusal('noSuchAttribute', `${type.name}: no such value`);
  return left;
}

/** The values by which an entry is named are among its own. */
function check({ dn, attributes }: Entry): void {
  checkEntry(attributes);
  for (const naming of namingOf(dn)) {
    if (!isAmong(attributes, naming)) throw new LdapRefusal('namingViolation', `value of naming attribute '${naming.type}' is not present in entry`);
  }
}

function namingOf(dn: string): Naming[] {
  return parseDn(dn)[0] ?? [];
}

function knownType({ type }: Naming): AttributeType {
  const found = typeOf(type);
  if (!found) throw new LdapRefusal('undefinedAttributeType');
  return found;
}

function isAmong(attributes: Attributes, naming: Naming): boolean {
  const type = knownType(naming);
  return (attributes[type.name] ?? []).some((value) => comparable(type, value) === comparable(type, naming.value));
}

function having(attributes: Attributes, naming: Naming): Attributes {
  const { name } = knownType(naming);
  return isAmong(attributes, naming) ? attributes : { ...attributes, [name]: [...(attributes[name] ?? []), naming.value] };
}

function lacking(attributes: Attributes, naming: Naming): Attributes {
  const type = knownType(naming);
  return { ...attributes, [type.name]: (attributes[type.name] ?? []).filter((value) => comparable(type, value) !== comparable(type, naming.value)) };
}

/** What stands behind the first comma that is not escaped. */
function parentText(dn: string): string {
  return /^(?:\\.|[^\\,])*,(?<parent>.*)$/su.exec(dn)?.groups?.['parent'] ?? '';
}

function stamped(entry: Entry): Entry {
  return { ...entry, attributes: { ...entry.attributes, modifyTimestamp: [timestamp()] } };
}

function timestamp(): string {
  return `${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`;
}

/** The journal is read by people. */
function secretly(attribute: string, values: string[]): string[] {
  return typeOf(attribute)?.syntax === 'secret' ? values.map(() => '(secret)') : values;
}

async function inTransaction(pool: Pool, work: (tx: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await work(client);
    await client.query('commit');
    client.release();
  } catch (error) {
    await client.query('rollback').then(() => client.release(), (broken: Error) => client.release(broken));
    throw error;
  }
}
