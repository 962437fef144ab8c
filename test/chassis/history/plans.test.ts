import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { businessTransaction, type TransactionQuery } from '#chassis/history/business-transaction.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { openDatabase, type Database, type Queries, type Row } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startProbe } from '../../support/probe.ts';

const LIVES = 8_000;

/** Rows as a year leaves them behind, made where they are kept: with all of them a timeline has some 300,000 rows around it. */
const ROWS: readonly string[] = [
  `insert into chassis.lives (id, process, version, status, state, snapshot, facility, correlation_id, traceparent)
   select md5('life' || n)::uuid, 'delivery', 1, 'active', 'open', '{}', 'F-' || n % 5, 'run-' || n, 'none' from generate_series(1, ${LIVES}) n`,
  `insert into chassis.life_keys (process, kind, value, life_id) select 'delivery', kind, value, md5('life' || n)::uuid from generate_series(1, ${LIVES}) n,
     lateral (values ('parcel', 'P-' || n), ('slip', 'S-' || n), ('customer', 'C-' || n % 20)) as k (kind, value)`,
  `insert into chassis.timeline (life_id, revision, event, state, correlation_id) select md5('life' || n)::uuid, r, 'e', 's', 'run-' || n from generate_series(1, ${LIVES}) n, generate_series(1, 6) r`,
  `insert into chassis.moves (id, process, life_id, name, input, status, correlation_id, traceparent, finished_at)
   select md5('move' || n || '/' || m)::uuid, 'delivery', md5('life' || n)::uuid, 'send', '{}', 'done', 'run-' || n, 'none', now() from generate_series(1, ${LIVES}) n, generate_series(1, 2) m`,
  `insert into chassis.move_steps (move_id, name, attempt, ms) select md5('move' || n || '/' || m)::uuid, 'step ' || s, 1, 5 from generate_series(1, ${LIVES}) n, generate_series(1, 2) m, generate_series(1, 3) s`,
  `insert into chassis.idempotency (api, client, key, operation, fingerprint, status)
   select 'depot', 'service:shops', md5('move' || n || '/' || m)::uuid || ':step-' || s, 'store', '', 'finished' from generate_series(1, ${LIVES}) n, generate_series(1, 2) m, generate_series(1, 2) s`,
  `insert into chassis.events (id, type, source, subject, facility, data, correlation_id, traceparent, keys)
   select gen_random_uuid(), 'parcel.sent.v1', 'shops', case e when 1 then md5('life' || n)::uuid::text else 'P-' || n end, 'F-' || n % 5, '{}', 'run-' || n, 'none', array['parcel:P-' || n, 'customer:C-' || n % 20, 'life:' || md5('life' || n)::uuid]
   from generate_series(1, ${LIVES}) n, generate_series(1, 12) e`,
  `create table chassis.vendor_calls_today partition of chassis.vendor_calls default`,
  `insert into chassis.vendor_calls (id, at, service, adapter, route, outcome, ms, move_id, step, correlation_id)
   select gen_random_uuid(), now(), 'shops', 'vans', 'POST /vans', 'ok', 5, case when c < 6 then md5('move' || n || '/1')::uuid end, 'step', 'run-' || n from generate_series(1, ${LIVES}) n, generate_series(1, 7) c`,
  `insert into chassis.work_items (id, process, life_id, node, discriminator, kind, owner, title, resolutions, status) select gen_random_uuid(), 'delivery', md5('life' || n)::uuid, 'n', '', 'k', 'role:driver', 't', '{}', 'open' from generate_series(1, ${LIVES}) n`,
  `insert into chassis.expectations (key, watch, state, begun_at, due_at, keys, correlation_id) select 'parcel:P-' || n, 'w', 'waiting', now(), now() + interval '1 year', '{}', 'run-' || n from generate_series(1, ${LIVES}) n`,
  `insert into chassis.business_exceptions (id, watch, key, title, owner, severity, expected, keys, since, due_at, state, correlation_id)
   select gen_random_uuid(), 'w', 'parcel:P-' || n, 't', 'role:driver', 'high', '{}', array['parcel:P-' || n], now(), now(), 'open', 'run-' || n from generate_series(1, ${LIVES}) n`,
  `insert into chassis.inbound_messages (api, id, kind, outcome, keys, correlation_id) select 'post', n::text, 'slip', 'rejected', array['parcel:P-' || n], 'post-' || n from generate_series(1, ${LIVES}) n`,
  `insert into chassis.interventions (id, kind, process, life_id, params, reason, status, stops_at_plan, asked_by) select gen_random_uuid(), 'k', 'delivery', md5('life' || n)::uuid, '{}', 'r', 'done', false, 'paul' from generate_series(1, ${LIVES}) n`,
];

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Plans'?: PlanNode[];
}

describe('the history of one among many', () => {
  let file: TestDatabase;
  let database: Database;
  const sizes = new Map<string, number>();
  before(async () => {
    file = await createTestDatabase();
    // Its start makes the tables.
    await (await startProbe(file.url, () => undefined)).stop();
    database = openDatabase({ url: file.url, log: createLog('test', 'error') });
    for (const statement of ROWS) await database.query(statement);
    await database.query('analyze');
    for (const { name, rows } of await database.query<{ name: string; rows: number }>('select relname as name, reltuples::float8 as rows from pg_class where relkind in (\'r\', \'p\')')) sizes.set(name, rows);
    assert.ok([...sizes.values()].reduce((sum, rows) => sum + Math.max(0, rows), 0) > 100_000);
  });
  after(async () => {
    await database.close();
    await file.drop();
  });

  const operator = (facilities: string[] = []): Principal => ({ kind: 'user', subject: 'olga', service: 'test', scopes: [], roles: [], facilities, bindings: {} });

  /** Large tables that a statement would read from end to end. */
  async function readWhole(explained: Row[]): Promise<string[]> {
    const [{ Plan }] = explained[0]!['QUERY PLAN'] as [{ Plan: PlanNode }];
    const below = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(below)];
    return below(Plan).filter((node) => node['Node Type'] === 'Seq Scan' && (sizes.get(node['Relation Name'] ?? '') ?? 0) > 1_000).map((node) => node['Relation Name']!);
  }

  for (const [name, query, facilities] of [
    ['a key of its own', { key: { kind: 'parcel', value: 'P-4711' } }, []],
    ['a key of its own, seen by somebody of one facility', { key: { kind: 'slip', value: 'S-4711' } }, ['F-1']],
    ['its correlation id', { correlationId: 'run-4711' }, []],
    ['its life', { lifeId: '' }, []],
    ['a key that hundreds have', { key: { kind: 'customer', value: 'C-7' }, limit: 20 }, []],
  ] as [string, TransactionQuery, string[]][]) {
    test(`by ${name} is found without reading a large table from end to end`, async () => {
      const [life] = await database.query<{ id: string }>(`select md5('life4711')::uuid as id`);
      const asked = 'lifeId' in query ? { ...query, lifeId: life!.id } : query;
      const statements: [string, unknown[]][] = [];
      const recording: Queries = {
        query(text, values = []) {
          statements.push([text, values]);
          return database.query(text, values);
        },
      };
      const { entries, lives } = await businessTransaction(recording, asked, operator(facilities));
      assert.ok(lives.length > 0 && entries.items.length >= 20, `${lives.length} lives, ${entries.items.length} entries`);
      for (const [text, values] of statements) {
        assert.deepEqual(await readWhole(await database.query(`explain (format json) ${text}`, values)), [], text);
        // As the server plans a statement that it was given often.
        assert.deepEqual(await readWhole((await database.pool.query<Row>(`explain (generic_plan, format json) ${text}`)).rows), [], text);
      }
    });
  }
});
