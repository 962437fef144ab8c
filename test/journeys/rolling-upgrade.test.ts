import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { cleanUp, groundOf, makeHome } from '../../commands/day/ground.ts';
import type { Child } from '../../commands/platform/child.ts';
import { startPlatform } from '../../commands/platform/platform.ts';
import { live } from '../../sandbox/day/live.ts';
import { planDay } from '../../sandbox/day/plan.ts';
import { isClean, reportOf } from '../../sandbox/day/report.ts';
import { eventually } from '../support/eventually.ts';

/** ROLLING_PATIENTS=50 makes some hundred orders of it, ROLLING_PATIENTS=100 some two hundred. Run by itself it has no limit of time: node --test test/journeys/rolling-upgrade.test.ts. */
const PATIENTS = Number(process.env['ROLLING_PATIENTS'] ?? 2);
const AGAIN_WITHIN_MS = 60_000;
/** Between two exchanges both versions work side by side. */
const TOGETHER_MS = 1_500;
const SILENCE_MS = 20_000;
const SPREAD_MS = 8_000 + PATIENTS * 1_000;

test('a process is exchanged for its next version and back while orders are under way, and all of them come to their right end', async (context) => {
  const say = (line: string) => context.diagnostic(line);
  const home = await makeHome();
  const versionFile = path.join(home, 'version');
  await writeFile(versionFile, '1', { mode: 0o644 });
  const platform = await startPlatform({
    home, ports: 'free', seed: 11, say,
    env: { APPROVAL_LIMIT_MS: String(SILENCE_MS), MS_PER_HOUR: '8', ERP_JOB_DELAY_MS: '20', JOURNAL_SETTLE_MS: '4000', NETWORK_QUOTA: '200', NETWORK_BURST: '200', LOG_LEVEL: 'warn' },
    several: { 'process-apis': { count: 2, env: { NODE_OPTIONS: `--import=${path.resolve('commands/chaos/next-version.ts')}`, CALLOSUM_VERSION_FILE: versionFile } } },
  }).catch(async (error: unknown) => {
    await cleanUp(home, { keep: false, say });
    throw error;
  });
  const ground = await groundOf(platform, { keep: false, say });
  const database = new pg.Pool({ connectionString: platform.databaseUrl, max: 2 });
  database.on('error', () => undefined);
  const both = [platform.processes['process-apis'], ...platform.more];
  const ended = new AbortController();
  context.signal.addEventListener('abort', () => ended.abort(), { once: true });

  async function statesUnderWay(): Promise<Set<string>> {
    const { rows } = await database.query<{ state: string }>(`select distinct state from chassis.lives where process = 'procure-to-pay' and status = 'active' union select 'move ' || name from chassis.moves where status in ('queued', 'waiting', 'undoing')`);
    return new Set(rows.map(({ state }) => state));
  }

  try {
    const seen = new Set<string>();
    let exchanges = 0;
    /** One after the other, so that one of them always works; each ends what it has begun. */
    async function exchangeAll(version: 1 | 2): Promise<void> {
      await writeFile(versionFile, String(version));
      for (const child of both) {
        for (const state of await statesUnderWay()) seen.add(state);
        await exchange(child);
        exchanges += 1;
        await wait(TOGETHER_MS);
      }
    }
    const plan = planDay(11, PATIENTS, new Date());
    const lived = await live({
      plan, doors: ground.doors, isFresh: true, stillMs: SILENCE_MS + 6_000, limitMs: 180_000 + PATIENTS * 15_000, spreadMs: SPREAD_MS, say, signal: ended.signal,
      async trouble(over) {
        await wait(SPREAD_MS / 4);
        for (let round = 0; round === 0 || (!over.aborted && round < PATIENTS / 8); round += 1) {
          await exchangeAll(2);
          await eventually(async () => over.aborted || (await database.query(`select 1 from chassis.lives where process = 'procure-to-pay' and version = 2 limit 1`)).rows.length > 0);
          await exchangeAll(1);
        }
      },
    });
    const report = reportOf({ plan, lived, memoryMb: {}, faults: null });
    say(`${exchanges} exchanges among ${seen.size} states and moves; ${report.outcomes.orders} orders`);
    assert.deepEqual(report.findings.map(({ sentence }) => sentence), []);
    assert.ok(isClean(report));
    if (PATIENTS === 2) {
      // The plan of this seed: what people asked for, and what became of it.
      assert.deepEqual(report.sent, { uses: 20, requisitions: 8, messages: 4 });
      const { refused, rejected, emergency, approvedByHand, escalated, supplierRejected, cancelled, duplicateInvoice, unmappedItem, orders } = report.outcomes;
      assert.deepEqual(
        { refused, rejected, emergency, approvedByHand, escalated, supplierRejected, cancelled, duplicateInvoice, unmappedItem, orders },
        { refused: 2, rejected: 1, emergency: 1, approvedByHand: 3, escalated: 1, supplierRejected: 1, cancelled: 1, duplicateInvoice: 1, unmappedItem: 1, orders: 12 });
    }

    const { rows: lives } = await database.query<{ version: number; readable_by: number; origins: string | null; state: string }>(
      `select version, readable_by, snapshot -> 'context' ->> 'origins' as origins, state from chassis.lives where process = 'procure-to-pay'`);
    const ofVersion2 = lives.filter((life) => life.version === 2);
    assert.ok(ofVersion2.some(({ origins }) => origins === 'begun') || ofVersion2.some(({ origins }) => origins === 'carried over'), 'nothing was of version 2');
    // What the older version went on with afterwards has kept what it does not know of.
    assert.deepEqual(ofVersion2.filter(({ origins, readable_by: by }) => origins === null || by !== 1), []);
    assert.deepEqual(lives.filter((life) => life.version === 1 && life.origins !== null), []);
    const { rows: left } = await database.query(`select name, status from chassis.moves where status not in ('done', 'failed') union all select type, status from chassis.troubled_events`);
    assert.deepEqual(left, []);
  } finally {
    await database.end();
    await ground.leave();
  }
});

/** SIGTERM, as an installer would; whoever keeps the process running starts it again, as whatever it is now. */
async function exchange(child: Child): Promise<void> {
  const before = child.pid!;
  process.kill(before, 'SIGTERM');
  while (child.pid === before || child.pid === undefined) await wait(20);
  await child.ready(AGAIN_WITHIN_MS);
}
