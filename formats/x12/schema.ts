import type { ElementError, SegmentError } from './codes.ts';
import type { FunctionalGroup, TransactionSet } from './tree.ts';
import type { Segment } from './segment.ts';
import { element } from './segment.ts';
import type { ElementViolation, SegmentViolation, TransactionViolation } from './violation.ts';

/** Data types of X12.6, 3.5.1: text, code, decimal, integer, integer with two implied decimals, date, time. */
export type DataType = 'AN' | 'ID' | 'R' | 'N0' | 'N2' | 'DT' | 'TM';

export interface ElementRule {
  /** Number in the data element dictionary, for IK402. */
  reference: string;
  type: DataType;
  min: number;
  max: number;
  required?: boolean;
  codes?: readonly string[];
}

export interface SegmentRule {
  /** By element number; elements without a rule are not looked at. */
  elements: Record<number, ElementRule>;
  /** Elements of which all or none are present (relational condition P). */
  pairs?: readonly (readonly [number, number])[];
  /** The segment that must have come before. */
  after?: string;
  /** For IK303. */
  loop?: string;
  /** Times it may occur in the set. */
  maxUse?: number;
}

export type ContentViolation = SegmentViolation | ElementViolation;

/**
 * What has to hold of one transaction set so that we can read it. Deliberately not the whole of the standard: a
 * segment that is not named here is let pass, wherever it stands.
 */
export interface SetSchema {
  id: string;
  /** GS01 of the groups it belongs in. */
  functionalId: string;
  segments: Record<string, SegmentRule>;
  /** Segments that must occur. The first has to follow ST at once. */
  required: readonly string[];
  /** The segment whose occurrences CTT01 counts. */
  counted: string;
  /** What this form of rule cannot say. */
  further?: (set: TransactionSet) => ContentViolation[];
}

/**
 * Checks the content of the sets of a group, each by the schema of its number.
 *
 * @returns the group with the findings added to its sets, ready for the 999; a set without schema is not supported (1),
 *   one of another functional group out of place (18)
 */
export function checkGroup(group: FunctionalGroup, schemas: readonly SetSchema[]): FunctionalGroup {
  const transactions = group.transactions.map((set): TransactionSet => {
    const schema = schemas.find(({ id }) => id === set.id);
    const st = { level: 'transaction', segmentId: 'ST', position: set.segments[0]?.position ?? 0, element: 1 } as const;
    let found: (ContentViolation | TransactionViolation)[];
    if (schema === undefined) found = [{ ...st, code: '1' }];
    else if (schema.functionalId !== group.header.functionalId) found = [{ ...st, code: '18' }];
    else found = checkContent(set, schema);
    return { ...set, violations: [...set.violations, ...found] };
  });
  return { ...group, transactions };
}

/** @returns what is wrong with the content of a set, each with its place in it */
export function checkContent(set: TransactionSet, schema: SetSchema): ContentViolation[] {
  const violations: ContentViolation[] = [];
  const counts = new Map<string, number>();
  const [beginning] = schema.required;

  set.segments.forEach((segment, index) => {
    const rule = schema.segments[segment.id];
    if (rule === undefined) return;
    const count = (counts.get(segment.id) ?? 0) + 1;
    counts.set(segment.id, count);
    const at = placeOf(segment, index, rule.loop);
    if (rule.maxUse !== undefined && count > rule.maxUse) violations.push(segmentViolation('5', at));
    const isLate = segment.id === beginning && count === 1 && index !== 1;
    const isEarly = rule.after !== undefined && !counts.has(rule.after);
    if (isLate || isEarly) violations.push(segmentViolation('7', at));
    violations.push(...checkElements(segment, rule, at));
  });

  for (const segmentId of schema.required) {
    if (counts.has(segmentId)) continue;
    const index = segmentId === beginning ? 1 : set.segments.length - 1;
    violations.push(segmentViolation('3', { ...placeOf(set.segments[index], index, undefined), segmentId }));
  }
  return [...violations, ...checkCount(set, schema), ...(schema.further?.(set) ?? [])];
}

type Place = Omit<SegmentViolation, 'level' | 'code'>;

function placeOf(segment: Segment | undefined, index: number, loop: string | undefined): Place {
  return {
    segmentId: segment?.id ?? '', position: segment?.position ?? 0, setPosition: index + 1,
    ...(loop !== undefined && { loop }),
  };
}

function segmentViolation(code: SegmentError, at: Place): SegmentViolation {
  return { level: 'segment', code, ...at };
}

function checkElements(segment: Segment, rule: SegmentRule, at: Place): ElementViolation[] {
  const violations: ElementViolation[] = [];
  const add = (number: number, code: ElementError): void => {
    const reference = rule.elements[number]?.reference;
    violations.push({ level: 'element', code, ...at, element: number, ...(reference !== undefined && { reference }) });
  };
  for (const [key, elementRule] of Object.entries(rule.elements)) {
    const number = Number(key);
    const value = element(segment, number);
    if (value.trim() === '') {
      if (elementRule.required === true) add(number, '1');
      continue;
    }
    const code = checkValue(value, elementRule);
    if (code !== undefined) add(number, code);
  }
  for (const [a, b] of rule.pairs ?? []) {
    const [hasA, hasB] = [element(segment, a) !== '', element(segment, b) !== ''];
    if (hasA !== hasB) add(hasA ? b : a, '2');
  }
  return violations;
}

function checkValue(value: string, { type, min, max, codes }: ElementRule): ElementError | undefined {
  // Sign and point of a number do not count towards its length (X12.6, 3.5.1.3).
  const length = type === 'R' || type === 'N0' || type === 'N2' ? value.replace(/[-.]/g, '').length : value.length;
  if (length < min) return '4';
  if (length > max) return '5';
  if (codes !== undefined) return codes.includes(value) ? undefined : '7';
  switch (type) {
    case 'R': return /^-?(\d+(\.\d*)?|\.\d+)$/.test(value) ? undefined : '6';
    case 'N0': case 'N2': return /^-?\d+$/.test(value) ? undefined : '6';
    case 'DT': return isDate(value) ? undefined : '8';
    case 'TM': return /^([01]\d|2[0-3])[0-5]\d([0-5]\d\d{0,2})?$/.test(value) ? undefined : '9';
    default: return undefined;
  }
}

function isDate(text: string): boolean {
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** CTT01 is the only promise about lines; a set that lost some must not be posted in part. */
function checkCount(set: TransactionSet, schema: SetSchema): ElementViolation[] {
  const index = set.segments.findIndex(({ id }) => id === 'CTT');
  const ctt = set.segments[index];
  if (ctt === undefined || !/^\d+$/.test(element(ctt, 1))) return [];
  const lines = set.segments.filter(({ id }) => id === schema.counted).length;
  if (Number(element(ctt, 1)) === lines) return [];
  return [{ level: 'element', code: '7', ...placeOf(ctt, index, undefined), element: 1, reference: '354' }];
}
