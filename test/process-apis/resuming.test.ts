import assert from 'node:assert/strict';
import { after, before, describe, mock, test } from 'node:test';
import type { Database } from '#chassis/storage/database.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { currentContext } from '#chassis/telemetry/context.ts';
import { definitionOf as consumption } from '../../process-apis/consumption-to-replenishment/definition.ts';
import { definitionOf as procure } from '../../process-apis/procure-to-pay/definition.ts';
import { sampleSettings } from './consumption-to-replenishment/samples.ts';
import type { SystemCall } from './hospital/calls.ts';
import { startHospital, type Hospital } from './hospital/hospital.ts';
import { samplePolicy } from './procure-to-pay/samples.ts';
import { scenarios, type Names, type Scenario } from './scenarios.ts';

const AT_ONCE = 10;
const DAY_MS = 86_400_000;

/** What can go wrong with one call: whether its effect took place, and whether the caller hears that it may come back. */
const TROUBLES = {
  'fails before its effect, and the move stops there': { phase: 'before', failure: () => new Error('the system fell over') },
  'fails after its effect, and the move stops there': { phase: 'after', failure: () => new Error('the answer was lost') },
  'is not available at first': { phase: 'before', failure: () => new ApiError('unavailable', 'Not now.') },
  'does its work and its answer is lost': { phase: 'after', failure: () => new ApiError('upstream-timeout', 'No answer in time.') },
} as const;
type Trouble = keyof typeof TROUBLES;

/** Reading has no effect that could be lost or doubled. */
function troublesOf(call: string): Trouble[] {
  const isReading = /^\w+\.(get|list)/.test(call);
  return (Object.keys(TROUBLES) as Trouble[]).filter((trouble) => !isReading || TROUBLES[trouble].phase === 'before');
}

/** Everything that a run has left behind: documents, events, states, decisions that nobody has taken. */
interface Trace {
  documents: string[];
  told: string[];
  states: string[];
  open: string[];
}

describe('whatever happens to a call of a system', () => {
  let hospital: Hospital;
  /** Runs in which the date has changed since they were disturbed: midnight comes at the worst moment. */
  const afterMidnight = new Set<string>();
  const planned = new Map<string, { call: string; trouble: Trouble }>();
  const struck = new Set<string>();
  const clock = { now: () => new Date(Date.now() + (afterMidnight.has(currentContext()?.correlationId ?? '') ? DAY_MS : 0)) };

  before(async () => {
    hospital = await startHospital({ clock });
    // Each trouble is logged, and there are hundreds.
    mock.method(process.stderr, 'write', () => true);
    hospital.calls.disturb = strike;
  });
  after(async () => {
    mock.restoreAll();
    await hospital.stop();
  });

  function strike({ run, name }: SystemCall, phase: 'before' | 'after'): void {
    const plan = planned.get(run);
    if (!plan || plan.call !== name || TROUBLES[plan.trouble].phase !== phase || struck.has(run)) return;
    struck.add(run);
    afterMidnight.add(run);
    throw TROUBLES[plan.trouble].failure();
  }

  for (const [title, scenario] of Object.entries(scenarios)) {
    test(`the outcome is the same: ${title}`, async () => {
      const key = Object.keys(scenarios).indexOf(title);
      // The first one learns what is asked once per process, such as what the ERP can do.
      await scenario(hospital, `first-run-${key}`);
      const undisturbed = `clean-run-${key}`;
      const expected = await traceOf(hospital, undisturbed, await scenario(hospital, undisturbed));
      const calls = hospital.calls.of(undisturbed);
      assert.ok(calls.length > 5, `only ${calls.join(', ')}`);
      assert.deepEqual(expected.open, []);
      // Each step that the moves make now, and each that will be added to them.
      const cases = calls.flatMap((call) => troublesOf(call).map((trouble) => ({ call, trouble })));
      await inParallel(cases, async ({ call, trouble }, index) => {
        const run = `disturbed-${key}-${String(index).padStart(4, '0')}`;
        planned.set(run, { call, trouble });
        await assertSame(scenario, run, expected, `${call} ${trouble}`);
      });
    });
  }

  async function assertSame(scenario: Scenario, run: string, expected: Trace, what: string): Promise<void> {
    try {
      assert.deepEqual(await traceOf(hospital, run, await scenario(hospital, run)), expected);
      assert.ok(struck.has(run), 'the call was never made');
    } catch (error) {
      throw new Error(`when ${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  test('and every move of both processes was made to prove it', async () => {
    const dependencies = { systems: {} as never, database: {} as Database, clock };
    const moves = [...Object.values(procure({ ...dependencies, policy: samplePolicy() }).moves), ...Object.values(consumption({ ...dependencies, settings: sampleSettings() }).moves)];
    const made = await hospital.database.query<{ name: string }>('select distinct name from chassis.moves');
    assert.deepEqual(made.map((row) => row.name).toSorted(), moves.map(({ move }) => move.name).toSorted());
  });
});

async function traceOf({ erp, network, ehr, database }: Hospital, run: string, names: Names): Promise<Trace> {
  const known = [run, ...Object.keys(names)];
  const isOurs = (text: string) => known.some((name) => text.includes(name));
  const plain = (text: string) => anonymous(text, run, names);
  const kinds = { ...erp, stock: [...erp.stock], sent: network.sent, withdrawn: network.withdrawn, notices: ehr.notices };
  const documents = Object.entries(kinds).flatMap(([kind, list]) => list.map((document) => `${kind} ${JSON.stringify(document)}`)).filter(isOurs).map(plain).toSorted();
  const events = await database.query<{ type: string; data: unknown }>('select type, data from chassis.events where correlation_id = $1', [run]);
  const lives = await database.query<{ id: string; process: string; state: string }>('select id, process, state from chassis.lives where correlation_id = $1', [run]);
  const open = await database.query<{ kind: string }>(`select kind from chassis.work_items where status = 'open' and life_id = any($1)`, [lives.map((life) => life.id)]);
  return {
    documents, told: events.map((event) => plain(`${event.type} ${JSON.stringify(event.data)}`)).toSorted(), states: lives.map((life) => `${life.process} ${life.state}`).toSorted(), open: open.map((item) => item.kind),
  };
}

/** The same text for every run of a scenario: names, numbers and days are taken out. */
function anonymous(text: string, run: string, names: Names): string {
  const named = Object.entries({ ...names, [run]: 'RUN' }).reduce((result, [name, role]) => result.replaceAll(name, role), text);
  return named.replaceAll(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, 'DAY').replaceAll(/\b(PR|PO|RC|IV|PM|MV|JE)-\d{6}/g, '$1').replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID').replaceAll(/RUN\/[0-9a-f]{8}/g, 'RUN/REF');
}

async function inParallel<T>(cases: readonly T[], work: (each: T, index: number) => Promise<void>): Promise<void> {
  const waiting = [...cases.entries()];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await work(next[1], next[0]);
  }));
}
