import { Type, type Static } from '@sinclair/typebox';
import { schemaCompiler } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { UsesFound } from '../../port.ts';
import type { FhirClient, Page, Resource } from './client.ts';
import { recordedOf, versionOf, type UseReader } from './uses.ts';
import type { FhirSettings } from './settings.ts';

/** The types that say what was used; a device comes along with its statement. */
const TYPES = { DeviceUseStatement: { _include: 'DeviceUseStatement:device' }, SupplyDelivery: {} } as const;
type UseType = keyof typeof TYPES;

/** How far one type was read: to a moment, and what was seen shortly before it. */
const Mark = Type.Object({
  until: Type.String({ format: 'date-time' }),
  /** `id/version` with its time stamp. */
  seen: Type.Record(Type.String(), Type.String()),
});
type Mark = Static<typeof Mark>;
const Position = Type.Object({ DeviceUseStatement: Mark, SupplyDelivery: Mark });
type Position = Static<typeof Position>;
const checkPosition = schemaCompiler({})(Position);

/**
 * Follows the record by `_lastUpdated`. A time stamp is set before its resource can be found, so that the search looks
 * back a little from time to time and takes what it has not seen. `next` links expire and are followed only where a whole
 * page was seen before; otherwise the search starts again from where the last one got to.
 *
 * @source https://hl7.org/fhir/R4/search.html#lastUpdated
 */
export function createUsesPoll(client: FhirClient, reader: UseReader, settings: FhirSettings, clock: Clock): (position: unknown) => Promise<UsesFound> {
  const { lookBackMs, pageSize, startAt } = settings.uses;
  const firstStart = startAt ?? clock.now().toISOString();
  const lookedBackAt = new Map<UseType, number>();

  return async (given) => {
    const position = given === undefined || given === null ? startingAt(firstStart) : readPosition(given);
    const [devices, supplies] = await Promise.all([readType('DeviceUseStatement', position), readType('SupplyDelivery', position)]);
    const recorded = [...devices.fresh, ...supplies.fresh].toSorted((one, other) => Date.parse(stampOf(one)) - Date.parse(stampOf(other)));
    return {
      changes: await reader.understand(recorded, [...devices.included, ...supplies.included]),
      position: { DeviceUseStatement: devices.mark, SupplyDelivery: supplies.mark } satisfies Position,
      hasMore: devices.hasMore || supplies.hasMore,
    };
  };

  async function readType(type: UseType, position: Position): Promise<{ fresh: Resource[]; included: Resource[]; mark: Mark; hasMore: boolean }> {
    const mark = position[type];
    const now = clock.now().getTime();
    const looksBack = now - (lookedBackAt.get(type) ?? -Infinity) >= lookBackMs / 2;
    const since = looksBack ? new Date(Date.parse(mark.until) - lookBackMs).toISOString() : mark.until;
    let page: Page | undefined = await client.search(type, { _lastUpdated: `ge${since}`, _sort: '_lastUpdated', _count: String(pageSize), ...TYPES[type] });
    // Only the first page is of one moment: what later pages show may have been changed since they were found.
    const until = latest(mark.until, page.matches);
    const hasCaughtUp = page.next === undefined || Date.parse(latest(since, page.matches)) >= Date.parse(mark.until);
    let fresh = notSeen(page, mark);
    while (fresh.length === 0 && page?.next !== undefined) {
      page = await client.follow(page.next);
      fresh = page ? notSeen(page, mark) : [];
    }
    if (looksBack && (hasCaughtUp || (page !== undefined && page.next === undefined))) lookedBackAt.set(type, now);
    return {
      fresh, included: page?.included ?? [],
      mark: { until, seen: seenSince(until, mark, fresh) },
      hasMore: page === undefined || (fresh.length > 0 && page.next !== undefined),
    };
  }

  /** Remembers what the next look back will find again, and no more. */
  function seenSince(until: string, mark: Mark, fresh: readonly Resource[]): Record<string, string> {
    const from = Date.parse(until) - lookBackMs;
    const all = [...Object.entries(mark.seen), ...fresh.map((each) => [keyOf(each), stampOf(each)] as const)];
    return Object.fromEntries(all.filter(([, stamp]) => Date.parse(stamp) >= from));
  }
}

function notSeen(page: Page, mark: Mark): Resource[] {
  return page.matches.filter((each) => !Object.hasOwn(mark.seen, keyOf(each)));
}

function latest(until: string, resources: readonly Resource[]): string {
  return resources.reduce((so, each) => (Date.parse(stampOf(each)) > Date.parse(so) ? stampOf(each) : so), until);
}

function stampOf(resource: Resource): string {
  return recordedOf(resource).meta.lastUpdated;
}

function keyOf(resource: Resource): string {
  return `${String(resource['id'])}/${versionOf(resource)}`;
}

function startingAt(until: string): Position {
  return { DeviceUseStatement: { until, seen: {} }, SupplyDelivery: { until, seen: {} } };
}

function readPosition(given: unknown): Position {
  if (checkPosition(given).length > 0) throw new ApiError('internal', 'The position that was kept is not one of this adapter.', { code: 'position-unknown' });
  return given as Position;
}
