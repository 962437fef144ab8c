import type { Delimiters, IsaReading } from './delimiters.ts';
import { areDistinct, ISA_LENGTHS } from './delimiters.ts';
import type { InterchangeNote } from './codes.ts';
import type { Segment } from './segment.ts';
import { element } from './segment.ts';
import type { InterchangeViolation } from './violation.ts';

/** ISA, without the blanks that fill its fixed lengths. */
export interface InterchangeHeader {
  authorizationQualifier: string;
  authorization: string;
  securityQualifier: string;
  security: string;
  senderQualifier: string;
  sender: string;
  receiverQualifier: string;
  receiver: string;
  /** ISA09, YYMMDD. */
  date: string;
  /** ISA10, HHMM. */
  time: string;
  /** ISA12, such as `00501`. */
  version: string;
  /** ISA13, nine digits. */
  controlNumber: string;
  acknowledgmentRequested: boolean;
  /** ISA15: P production, T test, I information. */
  usage: string;
}

/** GS. */
export interface GroupHeader {
  /** GS01: PO, PR, SH, IN, FA ... */
  functionalId: string;
  sender: string;
  receiver: string;
  /** GS04, CCYYMMDD. */
  date: string;
  time: string;
  controlNumber: string;
  responsibleAgency: string;
  /** GS08, such as `004010` or `005010X222A1`. */
  version: string;
}

export function readInterchangeHeader(isa: Segment): InterchangeHeader {
  const text = (number: number): string => element(isa, number).trim();
  return {
    authorizationQualifier: text(1),
    authorization: text(2),
    securityQualifier: text(3),
    security: text(4),
    senderQualifier: text(5),
    sender: text(6),
    receiverQualifier: text(7),
    receiver: text(8),
    date: text(9),
    time: text(10),
    version: text(12),
    controlNumber: text(13),
    acknowledgmentRequested: text(14) === '1',
    usage: text(15),
  };
}

export function readGroupHeader(gs: Segment): GroupHeader {
  const text = (number: number): string => element(gs, number).trim();
  return {
    functionalId: text(1),
    sender: text(2),
    receiver: text(3),
    date: text(4),
    time: text(5),
    controlNumber: text(6),
    responsibleAgency: text(7),
    version: text(8),
  };
}

/** What ISA01 to ISA16 have to look like, and the note that says they do not. */
const ISA_RULES: readonly { pattern: RegExp; code: InterchangeNote }[] = [
  { pattern: /^\d\d$/, code: '010' },
  { pattern: /^.{10}$/, code: '011' },
  { pattern: /^\d\d$/, code: '012' },
  { pattern: /^.{10}$/, code: '013' },
  { pattern: /^[A-Z0-9]{2}$/, code: '005' },
  { pattern: /^(?=.*\S).{15}$/, code: '006' },
  { pattern: /^[A-Z0-9]{2}$/, code: '007' },
  { pattern: /^(?=.*\S).{15}$/, code: '008' },
  { pattern: /^\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/, code: '014' },
  { pattern: /^([01]\d|2[0-3])[0-5]\d$/, code: '015' },
  { pattern: /^[^]$/, code: '016' },
  { pattern: /^\d{5}$/, code: '017' },
  { pattern: /^\d{9}$/, code: '018' },
  { pattern: /^[01]$/, code: '019' },
  { pattern: /^[PTI]$/, code: '020' },
  { pattern: /^[^]$/, code: '027' },
];

/**
 * Checks the ISA: its length, its fixed places, each element's form, and that no separator has two uses. An ISA whose
 * lengths are wrong gets one violation, at the first element that is off, and its forms are not judged further.
 */
export function checkInterchangeHeader(isa: Segment, reading: IsaReading): InterchangeViolation[] {
  const violation = (code: InterchangeNote, number?: number): InterchangeViolation => ({
    level: 'interchange', code, segmentId: 'ISA', position: isa.position, ...(number !== undefined && { element: number }),
  });
  if (!reading.isFixed) {
    const off = ISA_LENGTHS.findIndex((length, index) => element(isa, index + 1).length !== length);
    return [violation('022', off === -1 ? undefined : off + 1)];
  }
  const violations = ISA_RULES.flatMap(({ pattern, code }, index) =>
    pattern.test(element(isa, index + 1)) ? [] : [violation(code, index + 1)]);
  if (!areDistinct(reading.delimiters)) violations.push(violation(ambiguity(reading.delimiters)));
  return violations;
}

function ambiguity(d: Delimiters): InterchangeNote {
  if (d.element === d.component) return '027';
  return d.segment === d.element || d.segment === d.component ? '004' : '032';
}
