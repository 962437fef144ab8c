import { Type, type Static } from '@sinclair/typebox';
import { schemaCompiler } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { StandingsFound } from '../../port.ts';
import type { FhirClient } from './client.ts';
import { practitionerIdOf } from './mapping.ts';
import type { FhirSettings } from './settings.ts';
import { FlagShape, PractitionerShape, type Shape } from './shapes.ts';
import type { Standings } from './standings.ts';

/** The newest time stamp of each type that was there when it was read. */
const Position = Type.Object({ Practitioner: Type.String({ format: 'date-time' }), Flag: Type.String({ format: 'date-time' }) });
type Position = Static<typeof Position>;
const checkPosition = schemaCompiler({})(Position);

const BEGINNING = '1970-01-01T00:00:00.000Z';

/**
 * Follows the record by `_lastUpdated`. A time stamp is set before its resource can be found, so that each search looks back
 * a little and finds again what was found before. The mark is taken before the list is read: what changes while its pages
 * are read is found the next time.
 *
 * @source https://hl7.org/fhir/R4/search.html#lastUpdated
 */
export function createPoll(client: FhirClient, standings: Standings, { lookBackMs }: FhirSettings): (position: unknown) => Promise<StandingsFound> {
  return async (given) => {
    const position = readPosition(given);
    const [practitioners, flags] = await Promise.all([changedSince(PractitionerShape, position?.Practitioner), changedSince(FlagShape, position?.Flag)]);
    const known = new Set(practitioners.found.map((each) => each.id));
    const flagged = flags.found.flatMap((each) => practitionerIdOf(each) ?? []).filter((id) => !known.has(id));
    return {
      standings: await standings.of([...practitioners.found, ...await standings.byId(flagged)]),
      position: { Practitioner: practitioners.until, Flag: flags.until } satisfies Position,
    };
  };

  async function changedSince<T extends { meta: { lastUpdated: string } }>(shape: Shape<T>, mark = BEGINNING): Promise<{ found: T[]; until: string }> {
    const [newest] = await client.first(shape, { _sort: '-_lastUpdated', _count: '1' });
    if (!newest) return { found: [], until: mark };
    const since = new Date(Math.max(0, Date.parse(mark) - lookBackMs)).toISOString();
    const found = await client.all(shape, { _lastUpdated: `ge${since}`, _sort: '_lastUpdated' });
    const { lastUpdated } = newest.meta;
    return { found, until: Date.parse(lastUpdated) > Date.parse(mark) ? lastUpdated : mark };
  }
}

function readPosition(given: unknown): Position | undefined {
  if (given === undefined || given === null) return undefined;
  if (checkPosition(given).length > 0) throw new ApiError('internal', 'The position that was kept is not one of this adapter.', { code: 'position-unknown' });
  return given as Position;
}
