import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LET_GO_EVERY_MS, nextToLetGo } from '#chassis/resilience/recovery.ts';
import { TIERS } from '#chassis/resilience/tiers.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startFakeDepot, type FakeDepot } from '../../support/fake-depot.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

const WAITING = 300;

describe(`${WAITING} moves that wait for a system which is dead for a while`, () => {
  let server: TestDatabase;
  let annex: FakeDepot;
  const probes: Probe[] = [];

  before(async () => {
    server = await createTestDatabase();
    annex = await startFakeDepot('annex', 'critical');
    // Two processes of one deployable: what holds for one has to hold for both together.
    for (let member = 0; member < 2; member += 1) {
      probes.push(await startProbe(server.url, (platform) => {
        const client = platform.connect(annex.contract);
        defineLoans(platform, { handOut: (run, { title }) => run.step('store', (idempotencyKey) => client.storeBox({ body: { label: title, weight: 1 } }, { idempotencyKey })) });
      }, { neighbours: { upstairs: { port: annex.port, apis: ['annex'] } } }));
    }
  });
  after(async () => {
    for (const probe of probes) await probe.stop();
    await annex.stop();
    await server.drop();
  });

  const query = <R extends Record<string, unknown>>(text: string) => probes[0]!.platform.database.query<R>(text);
  const countOf = async (which: string) => (await query<{ count: number }>(`select count(*) as count from chassis.moves where ${which}`))[0]!.count;
  const runs = async () => (await query<{ runs: number }>('select coalesce(sum(attempt), 0)::int as runs from chassis.moves'))[0]!.runs;
  const letTrialBeDue = async () => {
    await eventually(async () => (await query(`update chassis.dependencies set next_probe_at = now(), let_go_at = null where state = 'open' returning target`)).length > 0);
    await query(`select pg_notify('callosum', 'dependencies')`);
  };
  const PUT_AWAY = `run_at > now() + interval '2 hours'`;

  test('call it within the budget, cost nothing while it is dead, and go on bit by bit when it is back', async () => {
    annex.mode = 'dead';
    for (let from = 0; from < WAITING; from += 50) {
      await probes[0]!.tx(async (tx) => {
        for (let box = from; box < from + 50; box += 1) {
          const { id } = await probes[0]!.platform.lives.start(tx, 'loans', { title: `box-${box}` }, { identity: `box-${box}` });
          await probes[0]!.platform.lives.apply(tx, id, { type: 'approve' });
        }
      });
    }
    await eventually(async () => (await countOf(PUT_AWAY)) >= WAITING - 1);
    assert.ok(annex.calls.length <= WAITING * 0.2, `${annex.calls.length} calls while ${WAITING} were tried`);

    // From here on each call is the trial of one move; hardly anything else is run.
    const [callsBefore, runsBefore] = [annex.calls.length, await runs()];
    for (let trial = 1; trial <= 3; trial += 1) {
      await letTrialBeDue();
      await eventually(() => annex.calls.length >= callsBefore + trial);
    }
    const [calls, run] = [annex.calls.length - callsBefore, (await runs()) - runsBefore];
    assert.ok(run <= WAITING / 10, `${run} runs with ${calls} calls`);

    annex.mode = 'well';
    await letTrialBeDue();
    await eventually(async () => (await countOf(`status = 'done'`)) === WAITING);
    assert.equal(annex.stored.size, WAITING);
    assert.ok([...annex.stored.values()].every((times) => times === 1));

    // The moment at which each was let go is the one at which it became due for the last time.
    const batches = await query<{ count: number }>('select count(*)::int as count from chassis.moves group by run_at order by run_at');
    let letGo = 0;
    for (const { count } of batches) {
      assert.ok(count <= Math.max(1, nextToLetGo(letGo, 2 * LET_GO_EVERY_MS, TIERS.critical.recovery)), `${count} at once after ${letGo}`);
      letGo += count;
    }
  });
});
