import { LdapRefusal } from './result.ts';

/** One attribute of a relative name, e.g. `uid` and `jane.doe`. */
export interface Naming { type: string; value: string }
/** From the entry up; a relative name can have several attributes. */
export type Dn = Naming[][];

const MOST_KNOWN = 50_000;
const known = new Map<string, string>();

/** @source RFC 4514 section 3 */
export function parseDn(text: string): Dn {
  const dn: Dn = [];
  let naming: Naming[] = [];
  let at = 0;
  if (text.trim() === '') return [];
  for (;;) {
    const [whole, type] = /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=\s*/.exec(text.slice(at)) ?? [];
    if (whole === undefined) throw new LdapRefusal('invalidDnSyntax');
    const { value, end } = valueAt(text, at + whole.length);
    naming.push({ type: type!.toLowerCase(), value });
    at = end + 1;
    if (text[end] === '+') continue;
    dn.push(naming);
    naming = [];
    if (end >= text.length) return dn;
  }
}

/** Up to the next separator. Escaped bytes make UTF-8, and blanks count only where they are escaped or inside. */
function valueAt(text: string, start: number): { value: string; end: number } {
  const bytes: Buffer[] = [];
  let at = start;
  let kept = 0;
  while (at < text.length && !',+;'.includes(text[at]!)) {
    if (text[at] === '\\') {
      const hex = /^[0-9a-f]{2}/i.exec(text.slice(at + 1))?.[0];
      const one = hex ?? text[at + 1];
      if (one === undefined || (!hex && !/[\\"+,;<>=# ]/.test(one))) throw new LdapRefusal('invalidDnSyntax');
      bytes.push(hex ? Buffer.from(hex, 'hex') : Buffer.from(one));
      at += 1 + one.length;
      kept = bytes.length;
      continue;
    }
    const letter = String.fromCodePoint(text.codePointAt(at)!);
    if ('"<>'.includes(letter) || (letter === '#' && at === start)) throw new LdapRefusal('invalidDnSyntax');
    bytes.push(Buffer.from(letter));
    at += letter.length;
    if (letter !== ' ') kept = bytes.length;
  }
  return { value: Buffer.concat(bytes.slice(0, kept)).toString(), end: at };
}

/** The same for all spellings of a name: letters small, runs of blanks one. */
export function keyOf(text: string): string {
  let key = known.get(text);
  if (key === undefined) {
    key = printKey(parseDn(text));
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, key);
  }
  return key;
}

export function printKey(dn: Dn): string {
  return dn.map((naming) => naming.map(({ type, value }) => `${type}=${escaped(folded(value))}`).toSorted().join('+')).join(',');
}

export function parentOf(key: string): string {
  return printKey(parseDn(key).slice(1));
}

/** As case-ignoring attributes compare. @source RFC 4518 */
export function folded(value: string): string {
  return value.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
}

function escaped(value: string): string {
  return value.replaceAll(/[\\"+,;<>=#]/g, (letter) => `\\${letter}`);
}
