import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#chassis/storage/embedded-postgres.ts';
import { dataDirectoryOf } from '#chassis/storage/postgres-account.ts';
import { findPostmaster } from '#chassis/storage/postmaster.ts';
import { eventually } from '../../support/eventually.ts';
import { makeTemporaryHome } from '../../support/private-server.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { startSampleDepot, type SampleDepot } from '../../support/sample-depot.ts';
import { defineTrips, setOut } from '../../support/sample-trips.ts';

const TRIPS = 30;

describe('a database that fails while moves run', () => {
  const home = makeTemporaryHome();
  let server: EmbeddedPostgres;
  let depot: SampleDepot;
  let probes: Probe[] = [];

  before(async () => {
    server = await startEmbeddedPostgres({ directory: home.directory });
    depot = await startSampleDepot(server.url(), ['one', 'two']);
    probes = await Promise.all(['one', 'two'].map((name) => startProbe(server.url(), (platform) => {
      // Keys belong to whoever uses them, so each deployable runs moves of its own.
      defineTrips(platform, { process: name, at: () => sleep(5) });
    }, { name, keys: depot.keys, neighbours: depot.neighbours })));
  });
  after(async () => {
    for (const probe of probes) await probe.stop();
    await depot.stop();
    await server.stop();
    home.remove();
  });

  async function setOutAll(prefix: string): Promise<void> {
    for (const { platform } of probes) {
      for (let index = 0; index < TRIPS; index += 1) {
        const name = `${prefix}-${platform.service}-${index}`;
        // A start that was cut off may have happened: the same name is the same trip.
        await eventually(() => setOut(platform, platform.service, name).catch(() => undefined));
      }
    }
  }

  async function assertAllHomeOnce(prefix: string): Promise<void> {
    const { database } = probes[0]!.platform;
    const lives = await eventually(async () => {
      const rows = await database.query<{ state: string; name: string; steps: number; entries: number }>(
        `select l.state, l.snapshot->'context'->>'name' as name, (select count(*) from chassis.move_steps s join chassis.moves m on m.id = s.move_id where m.life_id = l.id) as steps,
           (select count(*) from chassis.timeline t where t.life_id = l.id) as entries
         from chassis.lives l where l.snapshot->'context'->>'name' like $1 || '-%'`, [prefix]);
      return rows.length === TRIPS * probes.length && rows.every((row) => row.state === 'home') && rows;
    }, 60_000);
    for (const life of lives) {
      assert.deepEqual([life.steps, life.entries], [3, 2], life.name);
      for (const number of [1, 2, 3]) assert.equal(depot.shelves.writes.filter((label) => label === `${life.name}-${number}`).length, 1, `${life.name} box ${number}`);
    }
    // Both processes still have hands: whatever comes next is taken up.
    for (const { platform } of probes) {
      const id = await setOut(platform, platform.service, `${prefix}-last-${platform.service}`);
      await eventually(async () => (await database.query<{ state: string }>('select state from chassis.lives where id = $1', [id]))[0]?.state === 'home', 30_000);
    }
  }

  test('killed and started again, twice: every trip comes home once', async () => {
    const setting = setOutAll('killed');
    for (let kill = 0; kill < 2; kill += 1) {
      await eventually(() => depot.shelves.writes.length > 20 * (kill + 1));
      process.kill(findPostmaster(dataDirectoryOf(server.directory))!.pid, 'SIGKILL');
      server = await startEmbeddedPostgres({ directory: home.directory });
    }
    await setting;
    await assertAllHomeOnce('killed');
  });

  test('with every session ended again and again: every trip comes home once', async () => {
    const setting = setOutAll('cut');
    const client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    for (let cut = 0; cut < 12; cut += 1) {
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = $1', ['client backend']);
      await sleep(200);
    }
    await client.end();
    await setting;
    await assertAllHomeOnce('cut');
  });
});
