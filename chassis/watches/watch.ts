import type { EventSchemas } from '../events/event-schemas.ts';
import type { TierName } from '../resilience/tiers.ts';

/**
 * What has to happen within a time once something else happened, told over events that name the same business key. A key
 * is watched once: told again, or told after what ends it, its beginning begins nothing.
 */
export interface Watch {
  /** Of the platform's watches one has this name: that of its API, a dot, and what is expected. */
  name: string;
  /** For who has to see to it; `{key}` stands for the value of the key. */
  title: string;
  /** Kind of the business key that ties the ending to its beginning. */
  key: string;
  begins: string;
  /** Any of these will do. */
  ends: readonly string[];
  /** After any of these nothing is expected any more. */
  callsOff?: readonly string[];
  withinMs: number;
  /** `role:<name>` or `user:<name>`. */
  owner: string;
  tier: TierName;
}

export const MISSED = 'expectation.missed.v1';
export const MET_LATE = 'expectation.met-late.v1';

/** Everything that would make a watch see nothing or cry for nothing: found when the process starts. */
export function mistakesInWatches(watches: readonly Watch[], schemas: Pick<EventSchemas, 'kinds'>): string[] {
  const twice = watches.filter((watch, index) => watches.findIndex((each) => each.name === watch.name) !== index);
  const unable = watches.length > 0 ? [MISSED, MET_LATE].filter((type) => schemas.kinds(type) === undefined) : [];
  return [
    ...twice.map(({ name }) => `the watch ${name} is declared twice`),
    ...unable.map((type) => `no contract describes ${type}, by which watches tell what they see`),
    ...watches.flatMap((watch) => mistakesIn(watch, schemas).map((mistake) => `the watch ${watch.name} ${mistake}`)),
  ];
}

function mistakesIn({ key, begins, ends, callsOff = [], withinMs, owner, title }: Watch, schemas: Pick<EventSchemas, 'kinds'>): string[] {
  const types = [begins, ...ends, ...callsOff];
  return [
    ...(ends.length === 0 ? ['ends with nothing'] : []),
    ...(new Set(types).size < types.length ? ['names a type twice'] : []),
    ...types.flatMap((type) => {
      const kinds = schemas.kinds(type);
      if (!kinds) return [`names ${type}, which no contract describes`];
      return kinds.has(key) ? [] : [`looks for the business key ${key} in ${type}, which has none of that kind`];
    }),
    ...(Number.isInteger(withinMs) && withinMs > 0 ? [] : ['allows no time: withinMs has to be a whole number above zero']),
    ...(/^(role|user):./.test(owner) ? [] : [`belongs to ${owner}, which is neither role:<name> nor user:<name>`]),
    ...(title.includes('{key}') ? [] : ['has a title that does not say what it is about: {key} is missing']),
  ];
}
