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

/**
 * What HL numbers have to be (HL01 unique, HL02 the number of one that came before), and what each level needs below
 * its HL.
 *
 * @param needs by HL03, the segment without which the level says nothing
 */
export function checkHierarchy(set: TransactionSet, needs: Record<string, string>): (SegmentViolation | ElementViolation)[] {
  const seen = new Set<string>();
  const violations: (SegmentViolation | ElementViolation)[] = [];
  set.segments.forEach((segment, index) => {
    if (segment.id !== 'HL') return;
    const at = { segmentId: 'HL', position: segment.position, setPosition: index + 1, loop: 'HL' };
    const [id, parent] = [element(segment, 1).trim(), element(segment, 2).trim()];
    if (seen.has(id)) violations.push({ level: 'element', code: '7', ...at, element: 1, reference: '628' });
    if (parent !== '' && !seen.has(parent)) {
      violations.push({ level: 'element', code: '7', ...at, element: 2, reference: '734' });
    }
    seen.add(id);
    const needed = needs[element(segment, 3).trim()];
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
