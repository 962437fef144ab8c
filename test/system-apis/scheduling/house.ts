import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import pg from 'pg';
import type { Closable } from '#chassis/adapters/adapter.ts';
import { checkSection } from '#chassis/config/config.ts';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import type { Call } from '#chassis/contract/serve.ts';
import { ApiError, type FailureKind } from '#chassis/errors/failures.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { scheduling as contract, type SchedulingOperations } from '#contracts/generated/system/scheduling/v1.ts';
import { ORG_ROOT, startScheduling, type Scheduling } from '../../../sandbox/scheduling/start.ts';
import { ukg } from '../../../system-apis/scheduling/adapters/ukg/adapter.ts';
import { instantOf, localTimeOf } from '../../../system-apis/scheduling/adapters/ukg/mapping.ts';
import { UkgSettings } from '../../../system-apis/scheduling/adapters/ukg/settings.ts';
import type { SchedulingPort } from '../../../system-apis/scheduling/port.ts';
import { createTestDatabase } from '../../support/database.ts';

export const SECRET = 'known-to-this-test-only';

type Name = keyof SchedulingOperations;
type Body = SchedulingOperations['holdEligibility']['input']['body'];
export type Caller = <N extends Name>(name: N, input: SchedulingOperations[N]['input']) => Promise<SchedulingOperations[N]['output']>;

/** The planning of the sandbox with the adapter in front of it. */
export interface House {
  planning: Scheduling;
  port: SchedulingPort & Closable;
  call: Caller;
  settings: UkgSettings;
  open(changes?: Partial<UkgSettings>): SchedulingPort & Closable;
  /** Shifts of eight hours that nobody has, so many days from now. */
  plan(unit: string, skill: string, ...inDays: number[]): Promise<string[]>;
  hold(personId: string, body: Partial<Body>, on?: Caller): Promise<SchedulingOperations['holdEligibility']['output']>;
  holderOf(shiftId: string): Promise<string | null>;
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  logged(): string;
  leave(): Promise<void>;
}

const operations = compileContract(contract as Contract).operations;

/** As the edge of the API calls: input and answer are checked against the contract. */
export function callerOf(port: SchedulingPort): Caller {
  return async (name, input) => {
    const { body, ...parameters } = input as { body?: unknown };
    assert.deepEqual([...operations.get(name)!.checkParameters(parameters), ...(operations.get(name)!.checkBody?.(body) ?? [])], [], `what is asked of ${name} keeps the contract`);
    const answer = await (port[name] as (input: unknown, call: Call) => Promise<never>)(input, { repeated: false, idempotencyKey: 'k', signal: AbortSignal.timeout(30_000) } as unknown as Call);
    assert.deepEqual(operations.get(name)!.checkAnswer?.(answer) ?? [], [], `the answer of ${name} keeps the contract`);
    return answer;
  };
}

export async function fails(call: Promise<unknown>, kind: FailureKind, code?: string): Promise<ApiError> {
  const failure = await call.then((answer) => assert.fail(`did not fail but answered ${JSON.stringify(answer)}`), (thrown: unknown) => thrown);
  assert.ok(failure instanceof ApiError, String(failure));
  assert.deepEqual([failure.kind, code && failure.code], [kind, code], failure.message);
  return failure;
}

export async function startHouse(changes: Partial<UkgSettings> = {}): Promise<House> {
  const database = await createTestDatabase();
  const planning = await startScheduling({ databaseUrl: database.url, port: 0, seed: 1, clients: [{ id: 'callosum', secret: SECRET }] });
  const mistakes: string[] = [];
  const settings = checkSection(UkgSettings, {
    baseUrl: planning.url, tokenUrl: planning.tokenUrl, clientId: 'callosum', secret: SECRET, orgRoot: ORG_ROOT, timeZone: 'America/New_York', timeoutMs: 2_000, ...changes,
  }, '', mistakes);
  assert.deepEqual(mistakes, []);
  const lines: string[] = [];
  const log = createLog('test', 'debug', new Writable({ write: (line, _encoding, done) => { lines.push(String(line)); done(); } }));
  const open = (more: Partial<UkgSettings> = {}) => ukg.create({ ...settings, ...more }, { log, metrics: createMetrics('test'), clock: systemClock });
  const port = open();
  const call = callerOf(port);
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  return {
    planning, port, call, settings, open,
    plan: (unit, skill, ...inDays) => planning.plan(inDays.map((days) => {
      const starts = new Date(Date.now() + days * 86_400_000);
      return { orgPath: `${ORG_ROOT}/${unit}`, skill, starts: localTimeOf(starts, settings), ends: localTimeOf(new Date(starts.getTime() + 8 * 3_600_000), settings) };
    })),
    hold: (personId, body, on = call) => on('holdEligibility', { personId, body: { units: [], skills: [], ...body } }),
    async holderOf(shiftId) {
      const { rows } = await pool.query<{ person_number: string | null }>('select person_number from scheduling.shift s left join scheduling.person p on p.id = s.person where s.id = $1', [shiftId]);
      return rows[0]!.person_number;
    },
    query: async (text, values) => (await pool.query(text, values)).rows as never,
    logged: () => lines.join(''),
    async leave() {
      await port.close();
      await pool.end();
      await planning.close();
      await database.drop();
    },
  };
}

export { instantOf, localTimeOf };
