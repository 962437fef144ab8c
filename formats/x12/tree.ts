import type { Delimiters } from './delimiters.ts';
import type { GroupHeader, InterchangeHeader } from './headers.ts';
import type { Segment } from './segment.ts';
import type {
  ElementViolation, GroupViolation, InterchangeViolation, SegmentViolation, TransactionViolation, Violation,
} from './violation.ts';

export interface TransactionSet {
  /** ST01: `850`. */
  id: string;
  /** ST02. */
  controlNumber: string;
  /** ST03, implementation convention. */
  implementation: string | undefined;
  /** From ST to SE; empty when only the envelope was kept. */
  segments: Segment[];
  segmentCount: number;
  violations: (TransactionViolation | SegmentViolation | ElementViolation)[];
}

export interface FunctionalGroup {
  header: GroupHeader;
  transactions: TransactionSet[];
  /** Sets received, also when only faulty ones were kept. */
  transactionCount: number;
  /** GE01; undefined when it is missing or no number. */
  declaredCount: number | undefined;
  violations: GroupViolation[];
}

export interface Interchange {
  delimiters: Delimiters;
  header: InterchangeHeader;
  groups: FunctionalGroup[];
  /** TA1 segments. */
  acknowledgments: Segment[];
  /** Of the interchange itself; groups and sets carry their own. */
  violations: InterchangeViolation[];
}

/** Everything wrong with an interchange, from the outside in. */
export function violationsOf(interchange: Interchange): Violation[] {
  return [
    ...interchange.violations,
    ...interchange.groups.flatMap((group) => [
      ...group.violations,
      ...group.transactions.flatMap((transaction) => transaction.violations),
    ]),
  ];
}
