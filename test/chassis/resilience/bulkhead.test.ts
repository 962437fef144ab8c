import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startFakeDepot, type FakeDepot } from '../../support/fake-depot.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

const HANDS = 4;
/** So that nobody gives up, however slow the machine is. */
const FOR_EVER_MS = 600_000;

describe('a process with two systems behind it', () => {
  let server: TestDatabase;
  let annex: FakeDepot;
  let cellar: FakeDepot;
  let probe: Probe;

  before(async () => {
    server = await createTestDatabase();
    [annex, cellar] = await Promise.all([startFakeDepot('annex'), startFakeDepot('cellar')]);
    probe = await startProbe(server.url, (platform) => {
      const systems = { annex: platform.connect(annex.contract), cellar: platform.connect(cellar.contract) };
      defineLoans(platform, { handOut: (run, { title }) => run.step('store', (idempotencyKey) => systems[title.split('-')[0] as 'annex'].storeBox({ body: { label: title, weight: 1 } }, { idempotencyKey, timeoutMs: FOR_EVER_MS })) });
    }, { moveConcurrency: HANDS, neighbours: { upstairs: { port: annex.port, apis: ['annex'] }, downstairs: { port: cellar.port, apis: ['cellar'] } } });
  });
  after(async () => {
    await probe.stop();
    await Promise.all([annex.stop(), cellar.stop()]);
    await server.drop();
  });

  async function send(title: string): Promise<void> {
    await probe.tx(async (tx) => {
      const { id } = await probe.platform.lives.start(tx, 'loans', { title }, { identity: title });
      await probe.platform.lives.apply(tx, id, { type: 'approve' });
    });
  }

  test('goes on with the work for one while more moves than it has hands wait for the other, which hangs', async () => {
    annex.mode = 'hanging';
    for (let box = 0; box < HANDS * 3; box += 1) await send(`annex-${box}`);
    await eventually(() => annex.calls.length === HANDS);
    for (let box = 0; box < HANDS * 3; box += 1) await send(`cellar-${box}`);
    await eventually(() => cellar.stored.size === HANDS * 3);
    assert.equal(annex.calls.length, HANDS, 'nobody else calls who hangs');

    annex.resume();
    await eventually(() => annex.stored.size === HANDS * 3);
    await eventually(async () => (await probe.platform.database.query(`select 1 from chassis.moves where status <> 'done'`)).length === 0);
    assert.ok([...annex.stored.values(), ...cellar.stored.values()].every((times) => times === 1));
  });
});
