import type { GroupError, InterchangeNote, TransactionError } from './codes.ts';
import type { FunctionalGroup, Interchange, TransactionSet } from './tree.ts';
import { X12Error } from './error.ts';
import type { SegmentInput, TransactionInput } from './print.ts';
import type { Segment } from './segment.ts';
import { element } from './segment.ts';
import type { ElementViolation, SegmentViolation } from './violation.ts';

/** TA104: accepted, accepted with errors, rejected. */
export type InterchangeVerdict = 'A' | 'E' | 'R';

/** AK501, IK501, AK901 (data elements 717, 715): accepted, errors noted, partially accepted, rejected. */
export type SetVerdict = 'A' | 'E' | 'R';
export type GroupVerdict = 'A' | 'E' | 'P' | 'R';

export interface InterchangeAcknowledgment {
  /** ISA13 of the interchange answered. */
  controlNumber: string;
  date: string;
  time: string;
  verdict: InterchangeVerdict;
  note: InterchangeNote;
}

/**
 * The TA1 for an interchange. TA1 has room for one note: the first violation found. Any violation rejects.
 *
 * @param note overrides, for what only the receiver can know: 025 duplicate, 009 unknown receiver ...
 */
export function buildTa1(interchange: Interchange, note?: InterchangeNote): SegmentInput {
  const { controlNumber, date, time } = interchange.header;
  const code = note ?? interchange.violations[0]?.code ?? '000';
  return ['TA1', controlNumber, date, time, code === '000' ? 'A' : 'R', code];
}

/** @throws X12Error 'invalid-content' when the segment is no TA1 or its verdict is unknown */
export function readTa1(segment: Segment): InterchangeAcknowledgment {
  const verdict = element(segment, 4);
  if (segment.id !== 'TA1' || !['A', 'E', 'R'].includes(verdict)) {
    throw new X12Error('invalid-content', 'Not an interchange acknowledgment',
      { segmentId: segment.id, position: segment.position, element: 4 });
  }
  return {
    controlNumber: element(segment, 1),
    date: element(segment, 2),
    time: element(segment, 3),
    verdict: verdict as InterchangeVerdict,
    note: element(segment, 5) as InterchangeNote,
  };
}

/** Segments listed per transaction set; a broken file must not produce a larger acknowledgment. */
const MAX_SEGMENT_ERRORS = 100;

/**
 * The 999 implementation acknowledgment of a group, from the violations its sets carry: those of the envelope, and
 * those that a check of the set's content has added. Bad data are not copied into IK404: they may be about patients.
 *
 * @param controlNumber ST02 of the acknowledgment
 * @source X12 999, 005010X231A1
 */
export function build999(group: FunctionalGroup, controlNumber: string): TransactionInput {
  const names = { segment: 'IK3', element: 'IK4', set: 'IK5' };
  return {
    id: '999',
    controlNumber,
    implementation: '005010X231A1',
    segments: [
      ['AK1', group.header.functionalId, group.header.controlNumber, group.header.version],
      ...group.transactions.flatMap((set) => acknowledgeSet(set, names, set.implementation)),
      groupTrailer(group),
    ],
  };
}

/** The 997 functional acknowledgment, for partners before version 005010. */
export function build997(group: FunctionalGroup, controlNumber: string): TransactionInput {
  const names = { segment: 'AK3', element: 'AK4', set: 'AK5' };
  return {
    id: '997',
    controlNumber,
    segments: [
      ['AK1', group.header.functionalId, group.header.controlNumber],
      ...group.transactions.flatMap((set) => acknowledgeSet(set, names, undefined)),
      groupTrailer(group),
    ],
  };
}

/** Whether a set would be accepted as it stands. */
export function isAccepted(set: TransactionSet): boolean {
  return set.violations.length === 0;
}

interface Names {
  segment: string;
  element: string;
  set: string;
}

function acknowledgeSet(set: TransactionSet, names: Names, implementation: string | undefined): SegmentInput[] {
  const lines: SegmentInput[] = [['AK2', set.id, set.controlNumber, implementation]];
  const bySegment = new Map<number, (SegmentViolation | ElementViolation)[]>();
  const codes = new Set<TransactionError>();
  for (const violation of set.violations) {
    if (violation.level === 'transaction') codes.add(violation.code);
    else {
      codes.add('5');
      const same = bySegment.get(violation.setPosition);
      if (same === undefined) bySegment.set(violation.setPosition, [violation]);
      else same.push(violation);
    }
  }
  const positions = [...bySegment.keys()].sort((a, b) => a - b).slice(0, MAX_SEGMENT_ERRORS);
  for (const position of positions) {
    lines.push(...acknowledgeSegment(bySegment.get(position) ?? [], names));
  }
  // At most five codes: IK502 to IK506.
  return [...lines, [names.set, isAccepted(set) ? 'A' : 'R', ...[...codes].slice(0, 5)]];
}

/** One IK3 for each way the segment itself is wrong, one for all its elements. */
function acknowledgeSegment(violations: (SegmentViolation | ElementViolation)[], names: Names): SegmentInput[] {
  const segments = violations.filter((violation) => violation.level === 'segment');
  const elements = violations.filter((violation) => violation.level === 'element');
  const lines: SegmentInput[] = segments.map(({ segmentId, setPosition, loop, code }) =>
    [names.segment, nameable(segmentId), String(setPosition), loop, code]);
  const [first] = elements;
  if (first === undefined) return lines;
  lines.push([names.segment, nameable(first.segmentId), String(first.setPosition), first.loop, '8']);
  for (const { element: number, component, reference, code } of elements) {
    const place = component === undefined ? String(number) : [String(number), String(component)];
    lines.push([names.element, place, reference, code]);
  }
  return lines;
}

/** The id of a broken segment may be any text, with separators in it. */
function nameable(segmentId: string): string {
  const name = segmentId.replace(/[^A-Za-z0-9]/g, '').slice(0, 3);
  return name.length < 2 ? '???' : name;
}

function groupTrailer(group: FunctionalGroup): SegmentInput {
  const received = group.transactionCount;
  const rejected = group.transactions.filter((set) => !isAccepted(set)).length;
  const accepted = group.violations.length > 0 ? 0 : received - rejected;
  const verdict: GroupVerdict = accepted === received && group.violations.length === 0 ? 'A' : accepted > 0 ? 'P' : 'R';
  const codes = [...new Set<GroupError>(group.violations.map(({ code }) => code))].slice(0, 5);
  const included = group.declaredCount ?? received;
  return ['AK9', verdict, String(included), String(received), String(accepted), ...codes];
}
