import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { childDiedAt, startChild, type Child } from '../../support/child-process.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import type { ClockedMessage, ClockedOptions, ClockedOrder } from '../../support/sample-clocked.ts';
import { startSampleDepot, type SampleDepot } from '../../support/sample-depot.ts';

const DAY_MS = 86_400_000;
const PATIENCE_MS = 3_000;
/** How far apart the moments of one transaction may lie that are asked of the database one after the other. */
const CLOSE_MS = 1_000;

interface Fired {
  identity: string;
  due_in_ms: number | null;
  fired_after_ms: number | null;
  fired: number;
}

describe('time limits of several processes on machines that disagree about the time', () => {
  let database: TestDatabase;
  let depot: SampleDepot;
  let pool: pg.Pool;
  const children: Child[] = [];
  before(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    pool.on('error', () => undefined);
    // A place whose clock is changed twice a year.
    await pool.query(`do $$ begin execute format('alter database %I set timezone to ''America/New_York''', current_database()); end $$`);
    depot = await startSampleDepot(database.url, ['clocked']);
  });
  after(async () => {
    for (const child of children) await child.end();
    await depot.stop();
    await pool.end();
    await database.drop();
  });

  async function machine(): Promise<Child> {
    const child = startChild('sample-clocked.ts', { url: database.url, keys: depot.keys, neighbours: depot.neighbours, timeZone: 'America/New_York' } satisfies ClockedOptions);
    children.push(child);
    await child.message<ClockedMessage>();
    return child;
  }
  async function tell(child: Child, order: ClockedOrder): Promise<void> {
    child.send(order);
    await child.message<ClockedMessage>();
  }
  const limits = async (prefix: string) => (await pool.query<Fired>(
    `select i.identity, extract(epoch from t.due_at - l.created_at)::float8 * 1000 as due_in_ms,
       (select extract(epoch from min(at) - l.created_at)::float8 * 1000 from chassis.timeline where life_id = l.id and event like 'xstate.after%') as fired_after_ms,
       (select count(*)::int from chassis.timeline where life_id = l.id and event like 'xstate.after%') as fired
     from chassis.lives l join chassis.life_identities i on i.life_id = l.id left join chassis.timers t on t.life_id = l.id where i.identity like $1 || '%'`, [prefix])).rows;

  test('none passes early, late by a day, twice or never, whoever set it and whoever is left, and clocks may jump meanwhile', async () => {
    const [right, ahead, behind] = await Promise.all([machine(), machine(), machine()]) as [Child, Child, Child];
    await tell(ahead, { jumpMs: DAY_MS });
    await tell(behind, { jumpMs: -DAY_MS });
    for (const [name, child] of Object.entries({ right, ahead, behind })) for (let each = 1; each <= 4; each += 1) await tell(child, { begin: `short-${name}-${each}`, patienceMs: PATIENCE_MS });
    for (const { identity, due_in_ms: dueInMs } of await limits('short')) if (dueInMs !== null) assert.ok(Math.abs(dueInMs - PATIENCE_MS) < CLOSE_MS, `${identity} is due after ${dueInMs} ms`);
    // Back, and the other way: neither calls what is to come, nor puts off what has.
    await tell(ahead, { jumpMs: -2 * DAY_MS });
    await tell(behind, { jumpMs: 2 * DAY_MS });
    right.process.kill('SIGKILL');
    await childDiedAt(right);
    await eventually(async () => (await limits('short')).every(({ fired }) => fired > 0));
    const again = await machine();
    await tell(again, { begin: 'short-again', patienceMs: 1 });
    await eventually(async () => (await limits('short-again'))[0]?.fired === 1);
    for (const { identity, fired, fired_after_ms: afterMs } of await limits('short-')) {
      assert.equal(fired, 1, identity);
      if (identity !== 'short-again') assert.ok(afterMs! >= PATIENCE_MS - 1, `${identity} passed after ${afterMs} ms`);
    }
    for (const child of [ahead, behind, again]) await child.end();
  });

  test('are as long as they say across the days on which the clock is changed', async () => {
    const child = await machine();
    for (const days of [30, 120, 240, 365]) await tell(child, { begin: `long-${days}`, patienceMs: days * DAY_MS });
    for (const { identity, due_in_ms: dueInMs } of await limits('long-')) {
      assert.ok(Math.abs(dueInMs! - Number(identity.replace('long-', '')) * DAY_MS) < CLOSE_MS, `${identity} is due after ${dueInMs! / DAY_MS} days`);
    }
    assert.equal((await limits('long-')).length, 4);
    await child.end();
  });
});
