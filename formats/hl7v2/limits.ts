import type { Delimiters } from './delimiters.ts';
import { Hl7Error } from './error.ts';

export interface ParseLimits {
  /** Length of the text in UTF-16 units. */
  maxLength?: number;
  maxSegments?: number;
  /** In one segment. */
  maxFields?: number;
  /** Of one field. */
  maxRepetitions?: number;
  /** In one repetition, and subcomponents in one component. */
  maxComponents?: number;
}

/** Embedded documents (OBX-5 ED) make messages of several megabytes; real ones stay far below these. */
export const DEFAULT_LIMITS: Required<ParseLimits> = {
  maxLength: 16 * 1024 * 1024,
  maxSegments: 20_000,
  maxFields: 10_000,
  maxRepetitions: 10_000,
  maxComponents: 10_000,
};

/**
 * Refuses a message that would fall into more parts than allowed, before anybody splits it: a megabyte of separators
 * is a million strings.
 *
 * @throws Hl7Error 207, at the field that is too large
 */
export function checkParts(segments: readonly { id: string; raw: string }[], d: Delimiters, limits: Required<ParseLimits>): void {
  const sequences = new Map<string, number>();
  for (const [index, { id, raw }] of segments.entries()) {
    const sequence = (sequences.get(id) ?? 0) + 1;
    sequences.set(id, sequence);
    // MSH-2 is made of separators and separates nothing.
    const start = index === 0 ? raw.indexOf(d.field, 4) : 3;
    if (start !== -1) checkSegment({ segment: id, sequence }, raw, start, index === 0 ? 2 : 0, d, limits);
  }
}

function checkSegment(
  at: { segment: string; sequence: number },
  raw: string,
  start: number,
  fieldsBefore: number,
  d: Delimiters,
  limits: Required<ParseLimits>,
): void {
  let [fields, repetitions, components, subcomponents] = [fieldsBefore, 1, 1, 1];
  for (let i = start; i < raw.length; i++) {
    switch (raw.charAt(i)) {
      case d.field:
        fields++;
        repetitions = components = subcomponents = 1;
        break;
      case d.repetition:
        repetitions++;
        components = subcomponents = 1;
        break;
      case d.component:
        components++;
        subcomponents = 1;
        break;
      case d.subcomponent:
        subcomponents++;
        break;
      default:
        continue;
    }
    if (fields > limits.maxFields) refuse(`The segment has more than ${limits.maxFields} fields`, at);
    if (repetitions > limits.maxRepetitions) {
      refuse(`The field repeats more than ${limits.maxRepetitions} times`, { ...at, field: fields });
    }
    if (components > limits.maxComponents || subcomponents > limits.maxComponents) {
      refuse(`The field has more than ${limits.maxComponents} components`, { ...at, field: fields });
    }
  }
}

function refuse(text: string, at: { segment: string; sequence: number; field?: number }): never {
  throw new Hl7Error('207', text, at);
}
