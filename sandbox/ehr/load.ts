import type { Pool } from 'pg';
import { hospitalRecord } from './hospital-record.ts';
import type { JsonObject } from './json.ts';
import { searchValuesOf } from './search-values.ts';
import { readSynthea } from './synthea.ts';

const PER_STATEMENT = 400;

/**
 * Fills the record before the day: the hospital's places, all patients of the sample data and what they went through
 * before. What is there already stays as it is, so that loading again is harmless.
 *
 * @returns how many resources were new
 */
export async function loadRecord(pool: Pool): Promise<number> {
  const { patients, directory } = readSynthea();
  const resources = [
    ...hospitalRecord(),
    ...directory,
    ...patients.map((each) => each.resource),
    ...patients.flatMap((each) => each.encounters).flatMap((each) => [each.resource, ...each.procedures]),
  ];
  let loaded = 0;
  for (let from = 0; from < resources.length; from += PER_STATEMENT) {
    loaded += await importResources(pool, resources.slice(from, from + PER_STATEMENT));
  }
  return loaded;
}

async function importResources(pool: Pool, resources: readonly JsonObject[]): Promise<number> {
  const lastUpdated = new Date();
  const values = resources.flatMap((resource) => searchValuesOf(resource).map((value) => ({ type: resource.resourceType, id: resource.id, ...value })));
  const contents = resources.map((each) => JSON.stringify({ ...each, meta: { versionId: '1', lastUpdated: lastUpdated.toISOString() } }));
  const { rows } = await pool.query<{ loaded: number }>(`
    with loaded as (
      insert into ehr.resource (type, id, version, deleted, last_updated, sequence, content)
      select type, id, 1, false, $4, nextval('ehr.resource_sequence'), content::jsonb from unnest($1::text[], $2::text[], $3::text[]) as given (type, id, content)
      on conflict do nothing returning type, id, content
    ), versions as (
      insert into ehr.resource_version (type, id, version, method, last_updated, content) select type, id, 1, 'PUT', $4, content from loaded
    ), found_by as (
      insert into ehr.search_value (type, id, parameter, system, value, date_from, date_to)
      select given.* from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[])
        as given (type, id, parameter, system, value, date_from, date_to) join loaded using (type, id)
    )
    select count(*)::integer as loaded from loaded`,
  [
    resources.map((each) => each.resourceType), resources.map((each) => each.id), contents, lastUpdated,
    values.map((each) => each.type), values.map((each) => each.id), values.map((each) => each.parameter), values.map((each) => each.system),
    values.map((each) => each.value), values.map((each) => each.from), values.map((each) => each.to),
  ]);
  return rows[0]?.loaded ?? 0;
}
