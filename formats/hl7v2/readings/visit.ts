import type { Message } from '../message.ts';
import type { Repetition } from '../segment.ts';
import type { Timestamp } from '../timestamp.ts';
import type { IdentifiedPerson } from './patient.ts';
import { readIdentifiedPerson } from './patient.ts';
import type { Authority, Coded, Identifier } from './values.ts';
import { present, presentOrNothing, readAll, readAuthority, readCoded, readCx, readTimeField } from './values.ts';

/** PL (chapter 2A). */
export interface Location {
  pointOfCare?: string;
  room?: string;
  bed?: string;
  facility?: Authority;
  status?: string;
  type?: string;
  building?: string;
  floor?: string;
  description?: string;
}

export interface Visit {
  /** PV1-2, table 0004: I inpatient, O outpatient, E emergency ... */
  patientClass?: string;
  location?: Location;
  priorLocation?: Location;
  /** PV1-10, table 0069. */
  hospitalService?: string;
  attending: IdentifiedPerson[];
  visitNumber?: Identifier;
  admitted?: Timestamp;
  discharged?: Timestamp;
  /** PV1-36, table 0112. */
  dischargeDisposition?: Coded;
}

export function readLocation(pl: Repetition): Location | undefined {
  return presentOrNothing<Location>({
    pointOfCare: pl.component(1).value,
    room: pl.component(2).value,
    bed: pl.component(3).value,
    facility: readAuthority(pl.component(4)),
    status: pl.component(5).value,
    type: pl.component(6).value,
    building: pl.component(7).value,
    floor: pl.component(8).value,
    description: pl.component(9).value,
  });
}

/**
 * PV1 (chapter 3.4.3): class, PV1-3 location, PV1-19 visit number, PV1-44 and PV1-45.
 *
 * @returns undefined when the message has no PV1
 * @throws Hl7Error 102 when a date is none
 */
export function readVisit(message: Message): Visit | undefined {
  const pv1 = message.segment('PV1');
  if (pv1 === undefined) return undefined;
  return present<Visit>({
    patientClass: pv1.field(2).value,
    location: readLocation(pv1.field(3).repetition(1)),
    priorLocation: readLocation(pv1.field(6).repetition(1)),
    hospitalService: pv1.field(10).value,
    attending: readAll(pv1.field(7), readIdentifiedPerson),
    visitNumber: readCx(pv1.field(19).repetition(1)),
    admitted: readTimeField(pv1, 44),
    discharged: readTimeField(pv1, 45),
    dischargeDisposition: readCoded(pv1.field(36).repetition(1)),
  });
}
