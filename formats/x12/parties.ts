import { X12Error } from './error.ts';
import type { SegmentInput } from './print.ts';
import type { Segment } from './segment.ts';
import { all, find } from './segment.ts';
import { present, requiredText, text } from './values.ts';

/** REF: qualifier of data element 128, and the reference. */
export interface Reference {
  qualifier: string;
  id?: string;
  description?: string;
}

/** PER: BD buyer, IC information contact ...; numbers by data element 365: TE telephone, EM e-mail, FX fax. */
export interface Contact {
  role: string;
  name?: string;
  numbers?: { qualifier: string; number: string }[];
}

/** The N1 loop. */
export interface Party {
  /** N101, data element 98: BY buyer, ST ship to, BT bill to, SE seller, SU supplier, SF ship from, RE remit to, VN. */
  role: string;
  name?: string;
  /** N103, data element 66: 1 D-U-N-S, 9 D-U-N-S+4, UL GLN, 91 and 92 assigned by seller and buyer, 21 HIN. */
  idQualifier?: string;
  id?: string;
  additionalNames?: string[];
  addressLines?: string[];
  city?: string;
  state?: string;
  postalCode?: string;
  country?: string;
  references?: Reference[];
  contacts?: Contact[];
}

/** Segments of a heading or a loop, those of its N1 loops apart. */
export interface Section {
  own: Segment[];
  parties: Party[];
}

const OF_PARTY = new Set(['N2', 'N3', 'N4', 'REF', 'PER']);

export function readSection(segments: readonly Segment[]): Section {
  const own: Segment[] = [];
  const loops: Segment[][] = [];
  for (const segment of segments) {
    if (segment.id === 'N1') loops.push([segment]);
    else if (loops.length > 0 && OF_PARTY.has(segment.id)) loops.at(-1)?.push(segment);
    else own.push(segment);
  }
  return { own, parties: loops.map(readParty) };
}

function readParty(loop: readonly Segment[]): Party {
  const n1 = loop[0] as Segment;
  const n4 = find(loop, 'N4');
  const lines = (id: string): string[] => all(loop, id).flatMap((segment) =>
    [text(segment, 1), text(segment, 2)].filter((line) => line !== undefined));
  return present<Party>({
    role: requiredText(n1, 1),
    name: text(n1, 2),
    idQualifier: text(n1, 3),
    id: text(n1, 4),
    additionalNames: lines('N2'),
    addressLines: lines('N3'),
    city: text(n4, 1),
    state: text(n4, 2),
    postalCode: text(n4, 3),
    country: text(n4, 4),
    references: readReferences(loop),
    contacts: readContacts(loop),
  });
}

export function printParty(party: Party): SegmentInput[] {
  const { city, state, postalCode, country } = party;
  const hasPlace = [city, state, postalCode, country].some((part) => part !== undefined);
  return [
    ['N1', party.role, party.name, party.idQualifier, party.id],
    ...inPairs('N2', party.additionalNames),
    ...inPairs('N3', party.addressLines),
    ...(hasPlace ? [['N4', city, state, postalCode, country] as const] : []),
    ...printReferences(party.references),
    ...printContacts(party.contacts),
  ];
}

function inPairs(id: string, lines: readonly string[] = []): SegmentInput[] {
  const segments: SegmentInput[] = [];
  for (let n = 0; n < lines.length; n += 2) segments.push([id, lines[n], lines[n + 1]]);
  return segments;
}

export function readReferences(segments: readonly Segment[]): Reference[] {
  return all(segments, 'REF').map((ref) => present<Reference>({
    qualifier: requiredText(ref, 1), id: text(ref, 2), description: text(ref, 3),
  }));
}

export function printReferences(references: readonly Reference[] = []): SegmentInput[] {
  return references.map(({ qualifier, id, description }) => ['REF', qualifier, id, description]);
}

export function readContacts(segments: readonly Segment[]): Contact[] {
  return all(segments, 'PER').map((per) => {
    const numbers = [3, 5, 7].flatMap((at) => {
      const [qualifier, number] = [text(per, at), text(per, at + 1)];
      return qualifier === undefined || number === undefined ? [] : [{ qualifier, number }];
    });
    return present<Contact>({ role: requiredText(per, 1), name: text(per, 2), numbers });
  });
}

export function printContacts(contacts: readonly Contact[] = []): SegmentInput[] {
  return contacts.map(({ role, name, numbers = [] }) => {
    if (numbers.length > 3) throw new X12Error('invalid-value', 'PER has room for three numbers', { segmentId: 'PER' });
    return ['PER', role, name, ...numbers.flatMap(({ qualifier, number }) => [qualifier, number])];
  });
}
