import type { TransactionSet } from './tree.ts';
import { X12Error } from './error.ts';
import type { Segment } from './segment.ts';
import { element } from './segment.ts';

export interface AcknowledgedElement {
  element: number;
  component?: number;
  reference?: string;
  /** Data element 723 or 621; partners also use codes we do not issue. */
  code: string;
}

export interface AcknowledgedSegment {
  segmentId: string;
  /** Counted from ST as 1. */
  position: number;
  loop?: string;
  /** Data element 720 or 620. */
  code?: string;
  elements: AcknowledgedElement[];
  /** CTX segments as sent. */
  contexts: string[][];
}

export interface AcknowledgedSet {
  id: string;
  controlNumber: string;
  implementation?: string;
  segments: AcknowledgedSegment[];
  verdict: string;
  isAccepted: boolean;
  /** Data element 718 or 618. */
  codes: string[];
}

export interface FunctionalAcknowledgment {
  /** GS01 and GS06 of the group answered. */
  functionalId: string;
  groupControlNumber: string;
  version?: string;
  sets: AcknowledgedSet[];
  verdict: string;
  isAccepted: boolean;
  included: number;
  received: number;
  accepted: number;
  /** Data element 716. */
  codes: string[];
}

/**
 * Reads a 999 or 997.
 *
 * @throws X12Error 'missing-content' without AK1 or AK9, 'invalid-content' when a number is none
 */
export function readFunctionalAcknowledgment(set: TransactionSet): FunctionalAcknowledgment {
  if (set.id !== '999' && set.id !== '997') {
    throw new X12Error('invalid-content', 'Not a 999 or 997', { segmentId: 'ST', position: 1, element: 1 });
  }
  const ak1 = set.segments.find(({ id }) => id === 'AK1');
  const ak9 = set.segments.find(({ id }) => id === 'AK9');
  if (ak1 === undefined) throw new X12Error('missing-content', 'The acknowledgment names no group', { segmentId: 'AK1' });
  if (ak9 === undefined) throw new X12Error('missing-content', 'The acknowledgment has no verdict', { segmentId: 'AK9' });
  const verdict = element(ak9, 1);
  return {
    functionalId: element(ak1, 1),
    groupControlNumber: element(ak1, 2),
    ...(element(ak1, 3) !== '' && { version: element(ak1, 3) }),
    sets: readSets(set.segments),
    verdict,
    isAccepted: verdict === 'A' || verdict === 'E',
    included: readNumber(ak9, 2),
    received: readNumber(ak9, 3),
    accepted: readNumber(ak9, 4),
    codes: ak9.elements.slice(4).filter((code) => code !== ''),
  };
}

function readSets(segments: readonly Segment[]): AcknowledgedSet[] {
  const sets: AcknowledgedSet[] = [];
  for (const segment of segments) {
    const set = sets.at(-1);
    const last = set?.segments.at(-1);
    switch (segment.id) {
      case 'AK2': {
        const implementation = element(segment, 3);
        sets.push({
          id: element(segment, 1), controlNumber: element(segment, 2), ...(implementation !== '' && { implementation }),
          segments: [], verdict: '', isAccepted: false, codes: [],
        });
        break;
      }
      case 'AK3': case 'IK3': set?.segments.push(readSegmentError(segment)); break;
      case 'CTX': last?.contexts.push([...segment.elements]); break;
      case 'AK4': case 'IK4': last?.elements.push(readElementError(segment)); break;
      case 'AK5': case 'IK5':
        if (set !== undefined) {
          set.verdict = element(segment, 1);
          set.isAccepted = set.verdict === 'A' || set.verdict === 'E';
          set.codes = segment.elements.slice(1).filter((code) => code !== '');
        }
        break;
      default:
    }
  }
  return sets;
}

function readSegmentError(segment: Segment): AcknowledgedSegment {
  const [loop, code] = [element(segment, 3), element(segment, 4)];
  return {
    segmentId: element(segment, 1), position: readNumber(segment, 2),
    ...(loop !== '' && { loop }), ...(code !== '' && { code }), elements: [], contexts: [],
  };
}

/** IK401 is a composite of element, component and repetition; its separator is whichever character is no digit. */
function readElementError(segment: Segment): AcknowledgedElement {
  const [number = '', component = ''] = element(segment, 1).split(/\D/);
  const reference = element(segment, 2);
  return {
    element: Number(number), ...(component !== '' && { component: Number(component) }),
    ...(reference !== '' && { reference }), code: element(segment, 3),
  };
}

function readNumber(segment: Segment, number: number): number {
  const text = element(segment, number);
  if (!/^\d{1,10}$/.test(text)) {
    const at = { segmentId: segment.id, position: segment.position, element: number };
    throw new X12Error('invalid-content', 'Not a number', at);
  }
  return Number(text);
}
