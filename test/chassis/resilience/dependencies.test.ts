import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { CHASSIS_SCHEMA } from '#chassis/deployable/schema.ts';
import { createCircuit, type Circuit } from '#chassis/resilience/circuit.ts';
import { sharedDependencies, type Dependencies } from '#chassis/resilience/dependencies.ts';
import { listDependencies } from '#chassis/resilience/observe-dependencies.ts';
import { TIERS } from '#chassis/resilience/tiers.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { takeLease } from '#chassis/storage/lease.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { openSignals } from '#chassis/storage/signals.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

const log = createLog('test', 'emerg');
const down = () => Promise.reject(new ApiError('unavailable', 'Down.'));
const codeOf = (call: Promise<unknown>) => call.then(() => 'ok', (error: ApiError) => error.code ?? error.kind);

/** What one process of a platform has: its own connections, its own view. */
interface Member {
  dependencies: Dependencies;
  circuit: Circuit;
  /** As when its process dies. */
  loseLease(): Promise<void>;
  stop(): Promise<void>;
}

describe('systems that several processes depend on', () => {
  let server: TestDatabase;
  let database: Database;
  const members: Member[] = [];
  let target = '';
  let serial = 0;

  before(async () => {
    server = await createTestDatabase();
    database = openDatabase({ url: server.url, log, maxConnections: 2 });
    await migrate(database, 'chassis', CHASSIS_SCHEMA);
  });
  afterEach(async () => { await Promise.all(members.splice(0).map((each) => each.stop())); });
  after(async () => {
    await database.close();
    await server.drop();
  });

  async function join(name: string): Promise<Member> {
    const own = openDatabase({ url: server.url, log, maxConnections: 3 });
    const signals = await openSignals(own, log);
    const lease = await takeLease(server.url, log);
    const dependencies = await sharedDependencies({ database: own, signals, log, service: name, lease });
    const circuit = createCircuit({ target, tier: 'critical', log, metrics: createMetrics(name), dependencies });
    const member = { dependencies, circuit, loseLease: lease.release, async stop() { circuit.shutdown(); await dependencies.stop(); await signals.close(); await lease.release(); await own.close(); } };
    members.push(member);
    return member;
  }
  const platform = async (...names: string[]) => {
    target = `depot-${serial += 1}`;
    return Promise.all(names.map(join));
  };
  const breakOpen = async (circuit: Circuit) => { while (await codeOf(circuit.fire(down)) !== 'circuit-open') continue; };
  const everyoneKnows = () => eventually(() => members.every(({ dependencies }) => dependencies.holdOn(target)));
  const everyoneForgot = () => eventually(() => members.every(({ dependencies }) => !dependencies.holdOn(target)));
  const row = async () => (await database.query<{ state: string; failure: string; seen_by: string; failed_probes: number; version: string }>('select *, xmin::text as version from chassis.dependencies where target = $1', [target]))[0]!;
  /** However slow the machine is, no trial is due before the test says so. */
  const letNoTrialBeDue = async () => {
    await eventually(async () => (await database.query(`update chassis.dependencies set next_probe_at = now() + interval '1 hour' where target = $1 and state = 'open' returning target`, [target])).length > 0);
    await database.query(`select pg_notify('callosum', 'dependencies')`);
    await eventually(() => members.every(({ dependencies }) => (dependencies.holdOn(target)?.leftMs ?? 0) > 1_800_000));
  };
  const letTrialBeDue = async () => {
    await database.query(`update chassis.dependencies set next_probe_at = now() where target = $1`, [target]);
    await database.query(`select pg_notify('callosum', 'dependencies')`);
    await eventually(() => members.every(({ dependencies }) => dependencies.holdOn(target)?.leftMs === 0));
  };

  test('are left alone by all when one of them finds out that they are down, also by one that starts later', async () => {
    const [finder, other] = await platform('finder', 'other');
    await breakOpen(finder!.circuit);
    await everyoneKnows();
    await letNoTrialBeDue();
    let calls = 0;
    const call = async () => { calls += 1; };
    assert.equal(await codeOf(other!.circuit.fire(call)), 'circuit-open');
    const late = await join('late');
    assert.equal(await codeOf(late.circuit.fire(call)), 'circuit-open');
    assert.equal(calls, 0);
    const { state, failure, seen_by } = await row();
    assert.deepEqual({ state, failure, seen_by }, { state: 'open', failure: 'unavailable', seen_by: 'finder' });
  });

  test('are tried by one call at a time, of all calls of all processes', async () => {
    await platform('a', 'b', 'c');
    await breakOpen(members[0]!.circuit);
    await everyoneKnows();
    await letTrialBeDue();
    let under = 0;
    const { promise, resolve } = Promise.withResolvers<string>();
    const call = () => { under += 1; return promise; };
    const calls = members.flatMap(({ circuit }) => Array.from({ length: 20 }, () => codeOf(circuit.fire(call))));
    await eventually(async () => (await row()).state === 'probing' && under > 0);
    resolve('back');
    const outcomes = await Promise.all(calls);
    assert.equal(under, 1);
    assert.deepEqual([outcomes.filter((each) => each === 'ok').length, outcomes.filter((each) => each === 'circuit-open').length], [1, 59]);
    await everyoneForgot();
    assert.deepEqual(await Promise.all(members.map(({ circuit }) => codeOf(circuit.fire(async () => 'served')))), ['ok', 'ok', 'ok']);
  });

  test('are left alone for longer after each trial that failed', async () => {
    const [only] = await platform('only');
    await breakOpen(only!.circuit);
    const waits: number[] = [];
    for (let trial = 0; trial < 4; trial += 1) {
      await everyoneKnows();
      await letTrialBeDue();
      await codeOf(only!.circuit.fire(down));
      await eventually(async () => (await row()).failed_probes === trial + 1);
      waits.push(only!.dependencies.holdOn(target)!.leftMs);
    }
    assert.ok(waits.every((wait, at) => at === 0 || wait > waits[at - 1]!), String(waits));
    assert.ok(waits.at(-1)! <= TIERS.critical.circuit.probe.maxMs);
  });

  test('are tried by another when the process that was about to try has died, and what it says later is not heard', async () => {
    const [dying, heir] = await platform('dying', 'heir');
    await breakOpen(dying!.circuit);
    await everyoneKnows();
    await letTrialBeDue();
    assert.ok(await dying!.dependencies.claim(target, 'critical'));
    assert.equal(await codeOf(heir!.circuit.fire(async () => 'too early')), 'circuit-open');
    await letTrialBeDue();
    assert.ok(await heir!.dependencies.claim(target, 'critical'));
    dying!.dependencies.settle(target, 'critical', undefined);
    await eventually(() => dying!.dependencies.holdOn(target));
    assert.equal((await row()).state, 'probing', 'the trial is the heir\'s');
    heir!.dependencies.settle(target, 'critical', undefined);
    await everyoneForgot();
  });

  test('are tried by another at once when a trial did not come about', async () => {
    const [hasty, next] = await platform('hasty', 'next');
    await breakOpen(hasty!.circuit);
    await everyoneKnows();
    await letTrialBeDue();
    assert.ok(await hasty!.dependencies.claim(target, 'critical'));
    await eventually(() => (next!.dependencies.holdOn(target)?.leftMs ?? 0) > 0);
    hasty!.dependencies.release(target);
    await eventually(() => next!.dependencies.holdOn(target)?.leftMs === 0);
    const { state, failed_probes: failedProbes } = await row();
    assert.deepEqual([state, failedProbes], ['open', 0]);
    assert.ok(await next!.dependencies.claim(target, 'critical'));
  });

  test('are tried by another at once when the process that tries is known to be dead', async () => {
    const [dying, heir] = await platform('dying', 'heir');
    await breakOpen(dying!.circuit);
    await everyoneKnows();
    await letTrialBeDue();
    const { promise, resolve } = Promise.withResolvers<void>();
    const hanging = codeOf(dying!.circuit.fire(() => promise));
    await eventually(async () => (await row()).state === 'probing');
    assert.equal(await codeOf(heir!.circuit.fire(async () => undefined)), 'circuit-open', 'not while it lives');
    await dying!.loseLease();
    await eventually(async () => await codeOf(heir!.circuit.fire(async () => undefined)) === 'ok');
    await everyoneForgot();
    resolve();
    await hanging;
  });

  test('are free again when nothing was heard of their being down for long, as when all who needed them died', async () => {
    const [finder] = await platform('finder');
    await breakOpen(finder!.circuit);
    await eventually(async () => (await row())?.state === 'open');
    await database.query(`update chassis.dependencies set seen_at = now() - interval '6 minutes', next_probe_at = now() + interval '1 hour' where target = $1`, [target]);
    const late = await join('late');
    assert.equal(await codeOf(late.circuit.fire(async () => 'served')), 'ok');
    await breakOpen(late.circuit);
    await eventually(async () => (await row()).seen_by === 'late', 10_000);
  });

  test('hear nothing from any process before the moment for which they asked', async () => {
    const [asked, other] = await platform('asked', 'other');
    let calls = 0;
    const call = async () => { calls += 1; };
    asked!.circuit.throttle(60_000);
    asked!.circuit.throttle(5_000);
    await everyoneKnows();
    for (const { circuit } of [asked!, other!, await join('late')]) {
      await assert.rejects(circuit.fire(call), (error: ApiError) => {
        assert.deepEqual([error.kind, error.code, (error.cause as { target?: string }).target], ['rate-limited', 'vendor-throttles', target]);
        return error.retryAfterMs! > 30_000 && error.retryAfterMs! <= 60_000;
      });
    }
    assert.equal(calls, 0);
    await database.query('update chassis.dependencies set throttled_until = now() where target = $1', [target]);
    await database.query(`select pg_notify('callosum', 'dependencies')`);
    await everyoneForgot();
    assert.equal(await codeOf(other!.circuit.fire(call)), 'ok');
  });

  test('cost a write when something changes, and none with each call', async () => {
    const [caller] = await platform('caller');
    for (let call = 0; call < 50; call += 1) await caller!.circuit.fire(async () => 'served');
    assert.equal(await row(), undefined);
    await breakOpen(caller!.circuit);
    await letNoTrialBeDue();
    const { version } = await row();
    for (let call = 0; call < 50; call += 1) assert.equal(await codeOf(caller!.circuit.fire(down)), 'circuit-open');
    assert.equal((await row()).version, version);
  });

  test('are listed with those first that are down now, and not those of which nothing was heard for long', async () => {
    await database.query(
      `insert into chassis.dependencies (target, tier, state, failure, seen_by, seen_at) values
         ('listed-a', 'critical', 'open', 'unavailable', 's', now() - interval '1 hour'), ('listed-b', 'critical', 'closed', 'unavailable', 's', now()), ('listed-c', 'critical', 'open', 'unavailable', 's', now())`);
    const listed = (await listDependencies(database)).filter(({ target: name }) => name.startsWith('listed-'));
    assert.deepEqual(listed.map(({ target: name, state }) => [name, state]), [['listed-c', 'open'], ['listed-a', 'closed'], ['listed-b', 'closed']]);
  });
});
