import { ApiError } from '../errors/failures.ts';
import { NEWER_VERSION } from '../errors/newer-version.ts';
import type { LifeDefinition, LifeEvent, StoredSnapshot } from './life.ts';

/** One step from a version to the next. Pure: it sees the stored life and nothing else. */
export interface LifeMigration {
  snapshot: (stored: StoredSnapshot) => StoredSnapshot;
  /** What has another name from now on, as the limits of a renamed state have: what was set, kept or sent under the old one counts. */
  events?: Readonly<Record<string, string>>;
}

/** What of a stored life says by whom it can be read. */
export interface VersionedLife {
  process: string;
  version: number;
  /** The oldest version that can go on with it. */
  readable_by: number;
  snapshot: StoredSnapshot;
  deferred: LifeEvent[];
}

/** A stored life as the present chart understands it. */
export interface PresentLife {
  snapshot: StoredSnapshot;
  deferred: LifeEvent[];
  /** As it will be stored. */
  version: number;
  readableBy: number;
  /** An event that may have been sent to an older version. */
  named: (event: LifeEvent) => LifeEvent;
  /** Old and new names of its timers. */
  renamed: (readonly [from: string, to: string])[];
}

/**
 * While versions are exchanged an older process goes on with lives of a newer one as far as that lets it, and stores
 * them as what they are: facts that it does not know stay as they were.
 *
 * @throws ApiError 'unavailable' with the code 'newer-version': a process of that version will take it
 */
export function presentLife(definition: LifeDefinition<unknown>, life: VersionedLife): PresentLife {
  const { version } = definition;
  if (life.version <= version) return { ...carriedOver(definition, life), version, readableBy: readableBy(definition) };
  if (life.readable_by > version) throw new ApiError('unavailable', 'The life is of a newer version.', { code: NEWER_VERSION, retryAfterMs: 1_000 });
  return { snapshot: life.snapshot, deferred: life.deferred, version: life.version, readableBy: life.readable_by, named: (event) => event, renamed: [] };
}

function carriedOver({ migrations = [] }: LifeDefinition<unknown>, { version, snapshot, deferred }: VersionedLife): Omit<PresentLife, 'version' | 'readableBy'> {
  const steps = migrations.slice(version - 1);
  const nameNow = (name: string) => steps.reduce((current, { events = {} }) => events[current] ?? current, name);
  const named = (event: LifeEvent): LifeEvent => ({ ...event, type: nameNow(event.type) });
  const names = new Set(steps.flatMap(({ events = {} }) => Object.keys(events)));
  return {
    snapshot: steps.reduce((current, step) => step.snapshot(current), snapshot), deferred: deferred.map(named), named,
    renamed: [...names].map((name) => [name, nameNow(name)] as const),
  };
}

export function readableBy(definition: LifeDefinition<unknown>): number {
  return definition.readableBy ?? definition.version;
}

/** What is wrong with how a definition says by whom its lives can be read. */
export function mistakesInVersions(definition: LifeDefinition<unknown>): string[] {
  const { version, migrations = [] } = definition;
  const by = readableBy(definition);
  return [
    ...(migrations.length === version - 1 ? [] : [`version ${version} needs ${version - 1} migrations and has ${migrations.length}`]),
    ...(by >= 1 && by <= version ? [] : [`version ${version} cannot be readable by version ${by}`]),
  ];
}
