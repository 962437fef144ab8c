import {
  AddRequest, Attribute, BerReader, BerWriter, BindRequest, CompareRequest, ExtendedRequest, ModifyDNRequest, ModifyRequest, PagedResultsControl, ProtocolOperation,
} from 'ldapts';
import { readFilter, type Filter } from './filter.ts';
import { LdapRefusal } from './result.ts';

/** What a client asks. @source RFC 4511 section 4 */
export type Asked = { id: number; controls: AskedControl[] } & (
  | { kind: 'bind'; request: BindRequest }
  | { kind: 'search'; request: SearchAsked }
  | { kind: 'add'; request: AddRequest }
  | { kind: 'modify'; request: ModifyRequest }
  | { kind: 'rename'; request: ModifyDNRequest }
  | { kind: 'delete'; dn: string }
  | { kind: 'compare'; request: CompareRequest }
  | { kind: 'extended'; request: ExtendedRequest }
  | { kind: 'sasl' | 'unbind' | 'abandon' });

export interface SearchAsked {
  base: string;
  scope: (typeof SCOPES)[number];
  sizeLimit: number;
  filter: Filter;
  /** In small letters; all of the user's own when there are none. */
  attributes: string[];
}

/** Base, one level, whole subtree, and what is below the base (draft-sermersheim-ldap-subordinate-scope). */
const SCOPES = ['base', 'one', 'sub', 'children'] as const;

export interface AskedControl { oid: string; isCritical: boolean; value: Buffer }

/** The tag of the answer to each operation. */
export const ANSWER = {
  bind: ProtocolOperation.LDAP_RES_BIND, sasl: ProtocolOperation.LDAP_RES_BIND, search: ProtocolOperation.LDAP_RES_SEARCH, add: ProtocolOperation.LDAP_RES_ADD, modify: ProtocolOperation.LDAP_RES_MODIFY,
  rename: ProtocolOperation.LDAP_RES_MODRDN, delete: ProtocolOperation.LDAP_RES_DELETE, compare: ProtocolOperation.LDAP_RES_COMPARE, extended: ProtocolOperation.LDAP_RES_EXTENSION,
} as const;

const MOST_BYTES = 4 * 1024 * 1024;

/** Takes whole messages from the front of what has come; the rest waits for more. @throws Error when it is no LDAP */
export function takeMessages(received: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = [];
  let rest = received;
  for (;;) {
    const reader = new BerReader(rest);
    // Null while not even the length has come.
    if (reader.readSequence(0x30) === null) break;
    if (reader.length > MOST_BYTES) throw new Error('the message is too large');
    const end = reader.offset + reader.length;
    if (end > rest.length) break;
    messages.push(rest.subarray(0, end));
    rest = rest.subarray(end);
  }
  return { messages, rest };
}

/** @throws Error when the message cannot be understood */
export function readMessage(bytes: Buffer): Asked {
  const reader = new BerReader(bytes);
  reader.readSequence();
  const id = reader.readInt() ?? 0;
  const operation = reader.readSequence();
  const end = reader.offset + reader.length;
  const asked = readOperation(reader, operation, id);
  reader.offset = end;
  return { ...asked, id, controls: readControls(reader) } as Asked;
}

function readOperation(reader: BerReader, operation: number | null, messageId: number): object {
  const parsed = <Request extends { parseMessage(reader: BerReader): void }>(kind: string, request: Request) => {
    request.parseMessage(reader);
    return { kind, request };
  };
  switch (operation) {
    case ProtocolOperation.LDAP_REQ_BIND: return readBind(reader, messageId);
    case ProtocolOperation.LDAP_REQ_SEARCH: return { kind: 'search', request: readSearch(reader) };
    case ProtocolOperation.LDAP_REQ_ADD: return parsed('add', new AddRequest({ messageId, dn: '' }));
    case ProtocolOperation.LDAP_REQ_MODIFY: return parsed('modify', new ModifyRequest({ messageId }));
    case ProtocolOperation.LDAP_REQ_MODRDN: return parsed('rename', new ModifyDNRequest({ messageId }));
    case ProtocolOperation.LDAP_REQ_COMPARE: return parsed('compare', new CompareRequest({ messageId }));
    case ProtocolOperation.LDAP_REQ_EXTENSION: return parsed('extended', new ExtendedRequest({ messageId }));
    case ProtocolOperation.LDAP_REQ_DELETE: return { kind: 'delete', dn: reader.buffer.toString('utf8', reader.offset, reader.offset + reader.length) };
    case ProtocolOperation.LDAP_REQ_UNBIND: return { kind: 'unbind' };
    case ProtocolOperation.LDAP_REQ_ABANDON: return { kind: 'abandon' };
    default: throw new Error('not an operation of LDAP');
  }
}

function readBind(reader: BerReader, messageId: number): object {
  const request = new BindRequest({ messageId });
  request.version = reader.readInt() ?? 0;
  request.dn = reader.readString() ?? '';
  // A password by itself; anything else is another way to sign on.
  if (reader.peek() !== 0x80) return { kind: 'sasl' };
  request.password = reader.readString(0x80) ?? '';
  return { kind: 'bind', request };
}

function readSearch(reader: BerReader): SearchAsked {
  const base = reader.readString() ?? '';
  const scope = SCOPES[reader.readEnumeration() ?? -1];
  // Aliases are none here.
  reader.readEnumeration();
  const sizeLimit = reader.readInt() ?? 0;
  // Nothing takes so long that its time limit or its wish for names alone would matter.
  reader.readInt();
  reader.readBoolean();
  const filter = readFilter(reader);
  reader.readSequence();
  const end = reader.offset + reader.length;
  const attributes: string[] = [];
  while (reader.offset < end) attributes.push((reader.readString() ?? '').toLowerCase());
  if (scope === undefined) throw new Error('not a scope of LDAP');
  return { base, scope, sizeLimit, filter, attributes };
}

function readControls(reader: BerReader): AskedControl[] {
  if (reader.peek() !== ProtocolOperation.LDAP_CONTROLS) return [];
  reader.readSequence();
  const end = reader.offset + reader.length;
  const controls: AskedControl[] = [];
  while (reader.offset < end) {
    reader.readSequence();
    const last = reader.offset + reader.length;
    const oid = reader.readString() ?? '';
    const isCritical = reader.offset < last && reader.peek() === 0x01 && reader.readBoolean() === true;
    const value = reader.offset < last ? reader.readString(0x04, true) ?? Buffer.alloc(0) : Buffer.alloc(0);
    controls.push({ oid, isCritical, value });
    reader.offset = last;
  }
  return controls;
}

/** Of a page of results. @source RFC 2696 */
export function readPage({ value }: AskedControl): { size: number; cookie: string } {
  const control = new PagedResultsControl();
  control.parse(new BerReader(value));
  if (!control.value || control.value.size < 0) throw new LdapRefusal('protocolError', 'paged results control without its value');
  return { size: control.value.size, cookie: String(control.value.cookie ?? '') };
}

export interface Answer {
  result: number;
  message?: string;
  /** Of the next page; empty on the last. */
  cookie?: string;
  /** Of an extended operation. */
  oid?: string;
  value?: string;
}

export function printAnswer(id: number, tag: number, { result, message = '', cookie, oid, value }: Answer): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(tag);
  writer.writeEnumeration(result);
  writer.writeString('');
  writer.writeString(message);
  if (oid !== undefined) writer.writeString(oid, 0x8a);
  if (value !== undefined) writer.writeString(value, 0x8b);
  writer.endSequence();
  if (cookie !== undefined) {
    writer.startSequence(ProtocolOperation.LDAP_CONTROLS);
    new PagedResultsControl({ value: { size: 0, cookie: Buffer.from(cookie) } }).write(writer);
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
}

export function printEntry(id: number, dn: string, attributes: Readonly<Record<string, readonly string[]>>): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(ProtocolOperation.LDAP_RES_SEARCH_ENTRY);
  writer.writeString(dn);
  writer.startSequence();
  for (const [type, values] of Object.entries(attributes)) new Attribute({ type, values: [...values] }).write(writer);
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}
