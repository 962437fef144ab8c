import type { Delimiters } from './delimiters.ts';

export interface Segment {
  readonly id: string;
  /** Element 01 first, as sent; a composite element keeps its separators. */
  readonly elements: readonly string[];
  /** Number of the segment in the interchange, ISA being 1. */
  readonly position: number;
}

/** Element by its number, 1 for 01; '' when absent. */
export function element(segment: Segment, number: number): string {
  return segment.elements[number - 1] ?? '';
}

/** The components of a composite element. */
export function components(value: string, d: Delimiters): string[] {
  return value.split(d.component);
}

/** The repetitions of an element; one before version 00402. */
export function repetitions(value: string, d: Delimiters): string[] {
  return d.repetition === '' ? [value] : value.split(d.repetition);
}

/** Segment ids are a letter and one or two letters or digits (ASC X12.6, 3.7.1). */
export function isSegmentId(id: string): boolean {
  return /^[A-Z][A-Z0-9]{1,2}$/.test(id);
}

export function find(segments: readonly Segment[], id: string): Segment | undefined {
  return segments.find((segment) => segment.id === id);
}

export function all(segments: readonly Segment[], id: string): Segment[] {
  return segments.filter((segment) => segment.id === id);
}
