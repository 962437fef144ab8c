import { Hl7Error } from '../error.ts';
import type { Message } from '../message.ts';
import type { Repetition } from '../segment.ts';
import type { Timestamp } from '../timestamp.ts';
import type { Identifier } from './values.ts';
import { present, presentOrNothing, readAll, readAuthority, readCx, readTimeField } from './values.ts';

/** XPN (chapter 2A). */
export interface PersonName {
  family?: string;
  given?: string;
  /** Second and further given names, as one text. */
  middle?: string;
  suffix?: string;
  prefix?: string;
  degree?: string;
  /** Table 0200: L legal, M maiden, A alias ... */
  type?: string;
}

/** XCN: a person with an identifier, such as a physician. */
export interface IdentifiedPerson {
  identifier?: Identifier;
  name?: PersonName;
}

export interface Patient {
  identifiers: Identifier[];
  names: PersonName[];
  birth?: Timestamp;
  /** PID-8, table 0001. */
  administrativeSex?: string;
  /** PID-18. */
  accountNumber?: Identifier;
  death?: Timestamp;
  /** PID-30, table 0136. */
  isDead?: boolean;
}

/** The family name is the first subcomponent of an FN since v2.3.1, the whole component before: the same text. */
export function readPersonName(xpn: Repetition): PersonName | undefined {
  return presentOrNothing<PersonName>({
    family: xpn.component(1).value,
    given: xpn.component(2).value,
    middle: xpn.component(3).value,
    suffix: xpn.component(4).value,
    prefix: xpn.component(5).value,
    degree: xpn.component(6).value,
    type: xpn.component(7).value,
  });
}

/** XCN: id ^ family ^ given ^ middle ^ suffix ^ prefix ^ degree ^ source ^ authority ^ type ^ ^ ^ id type. */
export function readIdentifiedPerson(xcn: Repetition): IdentifiedPerson | undefined {
  const id = xcn.component(1).value;
  const identifier = id === undefined
    ? undefined
    : present<Identifier>({ id, authority: readAuthority(xcn.component(9)), type: xcn.component(13).value });
  const name = presentOrNothing<PersonName>({
    family: xcn.component(2).value,
    given: xcn.component(3).value,
    middle: xcn.component(4).value,
    suffix: xcn.component(5).value,
    prefix: xcn.component(6).value,
    degree: xcn.component(7).value,
    type: xcn.component(10).value,
  });
  return presentOrNothing<IdentifiedPerson>({ identifier, name });
}

/** PID-3, patient identifier list. */
export function readPatientIdentifiers(message: Message): Identifier[] {
  const pid = message.segment('PID');
  return pid === undefined ? [] : readAll(pid.field(3), readCx);
}

/** PID-5. */
export function readPatientNames(message: Message): PersonName[] {
  const pid = message.segment('PID');
  return pid === undefined ? [] : readAll(pid.field(5), readPersonName);
}

/**
 * The first PID of the message (chapter 3.4.2).
 *
 * @throws Hl7Error 100 without PID, 101 when PID-3 identifies nobody, 102 when a date is none
 */
export function readPatient(message: Message): Patient {
  const pid = message.segment('PID');
  if (pid === undefined) throw new Hl7Error('100', 'The message has no PID segment', { segment: 'PID' });
  const identifiers = readAll(pid.field(3), readCx);
  if (identifiers.length === 0) {
    throw new Hl7Error('101', 'The patient identifier list is empty', { segment: 'PID', sequence: 1, field: 3 });
  }
  const dead = pid.field(30).value;
  return present<Patient>({
    identifiers,
    names: readAll(pid.field(5), readPersonName),
    birth: readTimeField(pid, 7),
    administrativeSex: pid.field(8).value,
    accountNumber: readCx(pid.field(18).repetition(1)),
    death: readTimeField(pid, 29),
    isDead: dead === 'Y' ? true : dead === 'N' ? false : undefined,
  });
}

/** MRG-1: the identifiers that cease in a merge, A40 and its relatives (chapter 3.4.9). */
export function readMergedIdentifiers(message: Message): Identifier[] {
  return message.segments('MRG').flatMap((mrg) => readAll(mrg.field(1), readCx));
}
