import type { ElementError, GroupError, InterchangeNote, SegmentError, TransactionError } from './codes.ts';
import { ELEMENT_ERRORS, GROUP_ERRORS, INTERCHANGE_NOTES, SEGMENT_ERRORS, TRANSACTION_ERRORS } from './codes.ts';

interface Place {
  segmentId: string;
  /** Number of the segment in the interchange, ISA being 1. */
  position: number;
}

/** Number of the segment in its transaction set, ST being 1, as AK302 and IK302 count. */
interface PlaceInSet extends Place {
  setPosition: number;
  /** Identifier of the loop, as IK303 names it. */
  loop?: string;
}

export interface InterchangeViolation extends Place {
  level: 'interchange';
  code: InterchangeNote;
  element?: number;
}

export interface GroupViolation extends Place {
  level: 'group';
  code: GroupError;
  element?: number;
}

export interface TransactionViolation extends Place {
  level: 'transaction';
  code: TransactionError;
  element?: number;
}

export interface SegmentViolation extends PlaceInSet {
  level: 'segment';
  code: SegmentError;
}

export interface ElementViolation extends PlaceInSet {
  level: 'element';
  code: ElementError;
  element: number;
  component?: number;
  /** Number of the data element in the X12 dictionary, for AK402 and IK402. */
  reference?: string;
}

/** What is wrong and where, with the code under which an acknowledgment reports it. Never carries a value. */
export type Violation =
  | InterchangeViolation | GroupViolation | TransactionViolation | SegmentViolation | ElementViolation;

/** `element 7 Invalid code value at ACK01, segment 5 of the set`, for logs and work items. */
export function describeViolation(violation: Violation): string {
  const at = 'element' in violation && violation.element !== undefined
    ? `${violation.segmentId}${String(violation.element).padStart(2, '0')}`
    : violation.segmentId;
  const where = 'setPosition' in violation
    ? `segment ${violation.setPosition} of the set`
    : `segment ${violation.position} of the interchange`;
  return `${violation.level} ${violation.code} ${textOf(violation)} at ${at}, ${where}`;
}

function textOf(violation: Violation): string {
  switch (violation.level) {
    case 'interchange': return INTERCHANGE_NOTES[violation.code];
    case 'group': return GROUP_ERRORS[violation.code];
    case 'transaction': return TRANSACTION_ERRORS[violation.code];
    case 'segment': return SEGMENT_ERRORS[violation.code];
    case 'element': return ELEMENT_ERRORS[violation.code];
  }
}
