import type { Message } from '../message.ts';
import type { Timestamp } from '../timestamp.ts';
import type { MessageType } from './header.ts';
import { readMessageType } from './header.ts';
import type { Patient } from './patient.ts';
import { readMergedIdentifiers, readPatient } from './patient.ts';
import type { Identifier } from './values.ts';
import { present, readTimeField } from './values.ts';
import type { Visit } from './visit.ts';
import { readVisit } from './visit.ts';

/** An ADT message (chapter 3.3): what happened to whom, when, and where. */
export interface Admission {
  type: MessageType;
  /** EVN-2, when it was entered. */
  recorded?: Timestamp;
  /** EVN-6, when it happened; the only true time of the event. */
  occurred?: Timestamp;
  patient: Patient;
  visit?: Visit;
  /** The identifiers that cease, in merges. */
  merged: Identifier[];
}

/** @throws Hl7Error 100 without PID, 101 without type or patient identifier, 102 for a date that is none */
export function readAdmission(message: Message): Admission {
  const evn = message.segment('EVN');
  return present<Admission>({
    type: readMessageType(message),
    recorded: evn && readTimeField(evn, 2),
    occurred: evn && readTimeField(evn, 6),
    patient: readPatient(message),
    visit: readVisit(message),
    merged: readMergedIdentifiers(message),
  });
}
