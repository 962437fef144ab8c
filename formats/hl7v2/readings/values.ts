import { Hl7Error } from '../error.ts';
import type { Hl7Location } from '../error.ts';
import type { Component, Field, Repetition, Segment } from '../segment.ts';
import type { Timestamp } from '../timestamp.ts';
import { readTimestamp } from '../timestamp.ts';

/** HD: a namespace, or an identifier with its type, or both (chapter 2A). */
export interface Authority {
  namespace?: string;
  universalId?: string;
  universalIdType?: string;
}

/** EI and the identifying part of CX. */
export interface Identifier {
  id: string;
  authority?: Authority;
  /** CX-5, table 0203: MR, PI, AN, VN, SS ... */
  type?: string;
}

/** CWE, CE, CNE and, for its first component, IS and ID. */
export interface Coded {
  code?: string;
  text?: string;
  system?: string;
  alternateCode?: string;
  alternateText?: string;
  alternateSystem?: string;
}

/** MO and the price of CP. The amount is kept as the decimal text sent. */
export interface Money {
  amount: string;
  /** ISO 4217; undefined when the sender left it to be agreed. */
  currency?: string;
}

/** Leaves out what has no value, so that absent stays absent. */
export function present<T extends object>(values: T): T {
  const kept: Partial<T> = {};
  for (const name in values) if (values[name] !== undefined) kept[name] = values[name];
  return kept as T;
}

/** Undefined when every property is. */
export function presentOrNothing<T extends object>(values: T): T | undefined {
  for (const name in values) if (values[name] !== undefined) return present(values);
  return undefined;
}

/** An HD that is a component: its parts are subcomponents. */
export function readAuthority(component: Component): Authority | undefined {
  return presentOrNothing<Authority>({
    namespace: component.subcomponent(1),
    universalId: component.subcomponent(2),
    universalIdType: component.subcomponent(3),
  });
}

/** An HD that is a field (MSH-3 to MSH-6): its parts are components. */
export function readAuthorityField(field: Field): Authority | undefined {
  return presentOrNothing<Authority>({
    namespace: field.component(1).value,
    universalId: field.component(2).value,
    universalIdType: field.component(3).value,
  });
}

/** CX: id ^ check digit ^ scheme ^ assigning authority ^ type. Undefined without an id. */
export function readCx(cx: Repetition): Identifier | undefined {
  const id = cx.component(1).value;
  if (id === undefined) return undefined;
  return present<Identifier>({ id, authority: readAuthority(cx.component(4)), type: cx.component(5).value });
}

/** EI: id ^ namespace ^ universal id ^ type, here the authority's parts are components. */
export function readEi(ei: Repetition): Identifier | undefined {
  const id = ei.component(1).value;
  if (id === undefined) return undefined;
  const authority = presentOrNothing<Authority>({
    namespace: ei.component(2).value,
    universalId: ei.component(3).value,
    universalIdType: ei.component(4).value,
  });
  return present<Identifier>({ id, authority });
}

export function readCoded(coded: Repetition): Coded | undefined {
  return presentOrNothing<Coded>({
    code: coded.component(1).value,
    text: coded.component(2).value,
    system: coded.component(3).value,
    alternateCode: coded.component(4).value,
    alternateText: coded.component(5).value,
    alternateSystem: coded.component(6).value,
  });
}

/**
 * NM as decimal text, never a float: sign and digits as sent, without a plus.
 *
 * @throws Hl7Error 102 at `location`
 * @source chapter 2A, NM
 */
export function readNumber(text: string | undefined, location: Hl7Location): string | undefined {
  if (text === undefined) return undefined;
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text)) throw new Hl7Error('102', 'Not a number', location);
  return text.replace(/^\+/, '');
}

/** CP: price (quantity & denomination) ^ price type. */
export function readMoney(price: Repetition, location: Hl7Location): Money | undefined {
  const amount = readNumber(price.component(1).subcomponent(1), location);
  if (amount === undefined) return undefined;
  return present<Money>({ amount, currency: price.component(1).subcomponent(2) });
}

export function readTime(text: string | undefined, location: Hl7Location): Timestamp | undefined {
  return text === undefined ? undefined : readTimestamp(text, location);
}

/** Time in the first component of a field: TS, DTM, and the start of DR. */
export function readTimeField(segment: Segment, field: number, sequence = 1): Timestamp | undefined {
  return readTime(segment.field(field).value, { segment: segment.id, sequence, field });
}

/** Every repetition of a field that says something. */
export function readAll<T>(field: Field, read: (repetition: Repetition) => T | undefined): T[] {
  return field.repetitions.map(read).filter((value) => value !== undefined);
}
