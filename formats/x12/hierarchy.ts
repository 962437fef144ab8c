import { X12Error } from './error.ts';
import type { TransactionSet } from './tree.ts';
import type { SegmentInput } from './print.ts';
import type { Segment } from './segment.ts';
import { element } from './segment.ts';
import type { ElementViolation, SegmentViolation } from './violation.ts';

/** One HL and what stands below it. */
export interface HierarchyNode {
  /** HL01. */
  id: string;
  /** HL03: S shipment, O order, T tare, P pack, I item. */
  level: string;
  /** Of the HL in the interchange. */
  position: number;
  /** Up to the next HL. */
  segments: Segment[];
  children: HierarchyNode[];
}

/** Ends the last HL loop. */
const SUMMARY = new Set(['CTT', 'SE']);

/**
 * The tree that HL segments describe by their numbers, HL01 and HL02.
 *
 * @returns the nodes without parent
 * @throws X12Error 'invalid-content' when a parent does not come before its child
 */
export function readHierarchy(set: TransactionSet): HierarchyNode[] {
  const roots: HierarchyNode[] = [];
  const byId = new Map<string, HierarchyNode>();
  let current: HierarchyNode | undefined;
  for (const segment of set.segments) {
    if (SUMMARY.has(segment.id)) break;
    if (segment.id !== 'HL') {
      current?.segments.push(segment);
      continue;
    }
    const parentId = element(segment, 2).trim();
    const parent = byId.get(parentId);
    current = {
      id: element(segment, 1).trim(), level: element(segment, 3).trim(), position: segment.position, segments: [], children: [],
    };
    if (parentId !== '' && parent === undefined) {
      const at = { segmentId: 'HL', position: segment.position, element: 2 };
      throw new X12Error('invalid-content', 'The parent does not come before its child', at);
    }
    (parent?.children ?? roots).push(current);
    byId.set(current.id, current);
  }
  return roots;
}

/** What the levels of a set have to be, by HL03. */
export interface HierarchyRules {
  /** The level of the one HL without parent. */
  root: string;
  /** Levels that may stand below a level; any, where nothing is said. */
  below: Record<string, readonly string[]>;
  /** The segment without which a level says nothing. */
  needs: Record<string, string>;
}

/** Checks HL01 (unique), HL02 (one that came before, or nothing for the root), HL03 and what each level needs. */
export function checkHierarchy(set: TransactionSet, rules: HierarchyRules): (SegmentViolation | ElementViolation)[] {
  const levels = new Map<string, string>();
  const violations: (SegmentViolation | ElementViolation)[] = [];
  set.segments.forEach((segment, index) => {
    if (segment.id !== 'HL') return;
    const at = { segmentId: 'HL', position: segment.position, setPosition: index + 1, loop: 'HL' };
    const wrong = (number: number, reference: string): void => {
      violations.push({ level: 'element', code: '7', ...at, element: number, reference });
    };
    const [id, parent, level] = [1, 2, 3].map((number) => element(segment, number).trim()) as [string, string, string];
    const parentLevel = levels.get(parent);
    if (levels.has(id)) wrong(1, '628');
    if (parent === '' ? levels.size > 0 : parentLevel === undefined) wrong(2, '734');
    const isPlaced = parent === '' ? level === rules.root : rules.below[parentLevel ?? '']?.includes(level) ?? true;
    if (!isPlaced) wrong(3, '735');
    levels.set(id, level);
    const needed = rules.needs[level];
    if (needed !== undefined && !hasBelow(set.segments, index, needed)) {
      const place = { ...at, segmentId: needed, position: at.position + 1, setPosition: at.setPosition + 1 };
      violations.push({ level: 'segment', code: '3', ...place });
    }
  });
  return violations;
}

function hasBelow(segments: readonly Segment[], hl: number, id: string): boolean {
  for (let n = hl + 1; n < segments.length; n++) {
    const segment = segments[n] as Segment;
    if (segment.id === 'HL' || SUMMARY.has(segment.id)) return false;
    if (segment.id === id) return true;
  }
  return false;
}

/** Numbers levels as they are printed; CTT01 of an 856 counts them. */
export class HierarchyPrinter {
  readonly segments: SegmentInput[] = [];
  count = 0;

  /** @returns the number of the level, for the levels below it */
  level(code: string, parent: number | undefined, segments: readonly SegmentInput[], hasChildren: boolean): number {
    const number = ++this.count;
    this.segments.push(['HL', String(number), parent?.toString(), code, hasChildren ? '1' : '0'], ...segments);
    return number;
  }
}
