import { FhirError, issue, outcome } from './operation-outcome.ts';
import { readLink, writeLink, type PageSession, type PageSessions } from './pages.ts';
import { planSearch, type Include, type SearchPlan } from './search-query.ts';
import type { Database } from './store.ts';

interface Found {
  type: string;
  id: string;
  text: string;
}
export interface SearchContext {
  database: Database;
  baseUrl: string;
  pages: PageSessions;
}

const MOST_KEPT_IDS = 20_000;
const statementNames = new Map<string, string>();

/** Answers a search with a searchset Bundle as JSON text. */
export async function search(context: SearchContext, type: string, query: URLSearchParams, isStrict: boolean): Promise<string> {
  const link = query.get('sessionID');
  if (link !== null) return continueSearch(context, type, link);
  const plan = planSearch(type, query, isStrict);
  const self = `${context.baseUrl}/${type}${query.size > 0 ? `?${query}` : ''}`;
  if (plan.isSummaryCount) return printBundle({ self, total: await countMatches(context.database, plan), entries: [] });
  const { found, total } = await firstPage(context.database, plan);
  const next = total > found.length && found.length > 0
    ? writeLink(context.pages.keep({ type, ids: await matchingIds(context.database, plan), count: plan.count, includes: plan.includes }), plan.count)
    : undefined;
  return printPage(context, type, self, total, found, plan.includes, next, plan.notes.length > 0 ? JSON.stringify(outcome(...plan.notes)) : undefined);
}

/** The one id that a conditional create or reference means, or undefined; more than one is refused with 412. */
export async function findOne(database: Database, type: string, criteria: string): Promise<string | undefined> {
  const query = new URLSearchParams(criteria);
  if (query.size === 0) throw new FhirError(400, issue('invalid', 'The condition has no search parameter'));
  const plan = planSearch(type, query, true);
  const ids = await matchingIds(database, plan, 2);
  if (ids.length > 1) throw new FhirError(412, issue('multiple-matches', `More than one ${type} matches the condition`));
  return ids[0];
}

async function continueSearch(context: SearchContext, type: string, link: string): Promise<string> {
  const place = readLink(link);
  const session = place && context.pages.find(place.sessionId);
  if (!place || !session || session.type !== type) throw new FhirError(410, issue('expired', 'This page link has expired; search again'));
  const wanted = session.ids.slice(place.offset, place.offset + session.count);
  const found = await readMany(context.database, type, wanted);
  const nextOffset = place.offset + session.count;
  const next = nextOffset < session.ids.length ? writeLink(place.sessionId, nextOffset) : undefined;
  return printPage(context, type, pageUrl(context, type, link), session.ids.length, found, session.includes, next);
}

async function firstPage(database: Database, plan: SearchPlan): Promise<{ found: Found[]; total: number }> {
  const limit = `$${plan.values.length + 1}`;
  const rows = await run<Found & { total: string }>(database, `
    select r.type, r.id, r.content::text as text, page.total
    from (
      select r.type, r.id, row_number() over (order by ${plan.order}) as place, count(*) over () as total
      from ehr.resource r where ${plan.where} order by place limit ${limit}
    ) page join ehr.resource r on r.type = page.type and r.id = page.id order by page.place`, [...plan.values, plan.count]);
  return { found: rows, total: Number(rows[0]?.total ?? 0) };
}

async function matchingIds(database: Database, plan: SearchPlan, limit = MOST_KEPT_IDS): Promise<string[]> {
  const rows = await run<{ id: string }>(database, `select r.id from ehr.resource r where ${plan.where} order by ${plan.order} limit $${plan.values.length + 1}`, [...plan.values, limit]);
  return rows.map((row) => row.id);
}

/** Keeps the order although a count needs none: PostgreSQL refuses a statement that leaves a parameter unused. */
async function countMatches(database: Database, plan: SearchPlan): Promise<number> {
  const rows = await run<{ total: string }>(database, `select count(*) as total from (select 1 from ehr.resource r where ${plan.where} order by ${plan.order}) matches`, plan.values);
  return Number(rows[0]?.total ?? 0);
}

async function readMany(database: Database, type: string, ids: readonly string[]): Promise<Found[]> {
  const rows = await run<Found>(database, `
    select r.type, r.id, r.content::text as text from unnest($2::text[]) with ordinality as wanted (id, place)
    join ehr.resource r on r.type = $1 and r.id = wanted.id and not r.deleted order by wanted.place`, [type, ids]);
  return rows;
}

async function readIncluded(database: Database, type: string, found: readonly Found[], includes: readonly Include[]): Promise<Found[]> {
  if (includes.length === 0 || found.length === 0) return [];
  return run<Found>(database, `
    select distinct on (r.type, r.id) r.type, r.id, r.content::text as text
    from unnest($3::text[], $4::text[]) as include (parameter, target)
    join ehr.search_value s on s.type = $1 and s.id = any($2::text[]) and s.parameter = include.parameter
      and (include.target is null or include.target = s.system)
    join ehr.resource r on r.type = s.system and r.id = s.value and not r.deleted
    where not (r.type = $1 and r.id = any($2::text[]))`,
  [type, found.map((each) => each.id), includes.map((each) => each.parameter), includes.map((each) => each.target ?? null)]);
}

async function printPage(
  context: SearchContext, type: string, self: string, total: number, found: readonly Found[], includes: PageSession['includes'], next?: string, notes?: string,
): Promise<string> {
  const included = await readIncluded(context.database, type, found, includes);
  const entry = (each: Found, mode: string) => `{"fullUrl":${JSON.stringify(`${context.baseUrl}/${each.type}/${each.id}`)},"resource":${each.text},"search":{"mode":"${mode}"}}`;
  return printBundle({
    self,
    next: next && pageUrl(context, type, next),
    total,
    entries: [
      ...found.map((each) => entry(each, 'match')),
      ...included.map((each) => entry(each, 'include')),
      ...(notes ? [`{"resource":${notes},"search":{"mode":"outcome"}}`] : []),
    ],
  });
}

function printBundle(bundle: { self: string; next?: string; total: number; entries: readonly string[] }): string {
  const links = [{ relation: 'self', url: bundle.self }, ...(bundle.next ? [{ relation: 'next', url: bundle.next }] : [])];
  const entries = bundle.entries.length > 0 ? `,"entry":[${bundle.entries.join(',')}]` : '';
  return `{"resourceType":"Bundle","type":"searchset","total":${bundle.total},"link":${JSON.stringify(links)}${entries}}`;
}

function pageUrl(context: SearchContext, type: string, link: string): string {
  return `${context.baseUrl}/${type}?sessionID=${link}`;
}

/** Prepares the shapes of search that come again; the number of prepared shapes stays bounded whatever clients send. */
async function run<Row extends object>(database: Database, text: string, values: unknown[]): Promise<Row[]> {
  if (!statementNames.has(text) && statementNames.size < 200) statementNames.set(text, `ehr-search-${statementNames.size}`);
  const { rows } = await database.query<Row>({ name: statementNames.get(text), text, values });
  return rows;
}
