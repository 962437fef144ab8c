import { ApiError, asApiError } from '../errors/failures.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { runInContext, type WorkContext } from '../telemetry/context.ts';
import { hasScope, type Principal } from '../security/principal.ts';
import { TIERS } from '../resilience/tiers.ts';
import { runAs } from './caller.ts';
import { compileContract, type CompiledContract, type Contract, type InputOf, type Operation, type OutputOf } from './contract.ts';
import { placeNotStorable } from './storable.ts';
import { checkedKey } from './idempotency-key.ts';
import { within } from './deadline.ts';
import type { Idempotency } from './idempotency.ts';

/** What an operation knows of the call it serves. */
export interface Call {
  principal: Principal;
  /** An earlier attempt may have had its effect without anybody knowing: look before acting. */
  repeated: boolean;
  idempotencyKey: string | undefined;
  /** Aborted when the caller's time is over. */
  signal: AbortSignal;
}

/** What has to be written to offer a contract: one function per operation. */
export type Implementation<Ops> = {
  [Name in keyof Ops]: (input: InputOf<Ops, Name>, call: Call) => Promise<OutputOf<Ops, Name>>;
};

/** One request, however it came: over the wire or from the same process. */
export interface Request {
  operation: string;
  /** Path and query parameters by name, and `body`. */
  input: Record<string, unknown>;
  principal: Principal;
  context: WorkContext;
  idempotencyKey?: string | undefined;
  deadlineMs?: number | undefined;
}

/** A contract that is being served in this process. */
export interface ServedApi {
  readonly contract: CompiledContract;
  handle(request: Request): Promise<unknown>;
  /** Returns when nothing is being worked on any more, answered or not. */
  idle(): Promise<void>;
}

export interface ServeDeps {
  idempotency: Idempotency;
  log: Log;
  metrics: Metrics;
}

type AnyOperation = (input: Record<string, unknown>, call: Call) => Promise<unknown>;

/**
 * Turns a contract and its operations into a served API. Every call passes scopes, validation, deadline, idempotency and
 * the check of its answer, whether it came over HTTP or from a neighbour in the same process.
 */
export function serve<Ops>(contract: Contract<Ops>, implementation: Implementation<Ops>, { idempotency, log, metrics }: ServeDeps): ServedApi {
  const compiled = compileContract(contract as Contract);
  const operations = implementation as unknown as Record<string, AnyOperation>;
  const missing = [...compiled.operations.keys()].filter((id) => typeof operations[id] !== 'function');
  if (missing.length > 0) throw new Error(`${contract.name}: no implementation of ${missing.join(', ')}`);

  async function handle(request: Request): Promise<unknown> {
    const started = performance.now();
    const observe = (outcome: string) => metrics.served.observe({ api: contract.name, operation: request.operation, outcome }, (performance.now() - started) / 1_000);
    try {
      const allowedMs = Math.min(request.deadlineMs ?? Infinity, TIERS[compiled.tier].timeoutMs);
      const output = await runInContext({ ...request.context, api: compiled.name, operation: request.operation }, () => runAs(request.principal, () => within(allowedMs, (signal) => tracked(pass(request, signal)))));
      observe('ok');
      return output;
    } catch (thrown) {
      const failure = asApiError(thrown);
      observe(failure.kind);
      log[failure.status >= 500 ? 'error' : 'info']('operation failed', {
        api: contract.name, operation: request.operation, client: request.principal.service, status: failure.status, durationMs: Math.round(performance.now() - started), ...describeError(thrown),
      });
      throw failure;
    }
  }

  const underWay = new Set<Promise<unknown>>();

  function tracked(work: Promise<unknown>): Promise<unknown> {
    underWay.add(work);
    const done = () => underWay.delete(work);
    work.then(done, done);
    return work;
  }

  async function pass(request: Request, signal: AbortSignal): Promise<unknown> {
    const operation = compiled.operations.get(request.operation);
    if (!operation) throw new ApiError('not-found', 'This API has no such operation.');
    requireScopes(operation, request.principal);
    const input = checkedInput(operation, request);
    const run = (repeated: boolean) => operations[operation.id]!(input, { principal: request.principal, repeated, idempotencyKey: request.idempotencyKey, signal });
    const output = operation.idempotent
      ? await idempotency.once({ api: compiled.name, client: clientOf(request.principal), key: checkedKey(request.idempotencyKey), operation: operation.id, input, isPersonal: operation.answersPersonalData }, run)
      : await run(false);
    checkAnswer(operation, output);
    return output;
  }

  return { contract: compiled, handle, idle: async () => { await Promise.allSettled(underWay); } };
}

/** A person and a service of the same name are two. */
function clientOf({ kind, subject }: Principal): string {
  return `${kind}:${subject}`;
}

function requireScopes(operation: Operation, principal: Principal): void {
  const missing = operation.scopes.find((scope) => !hasScope(principal.scopes, scope));
  if (missing) throw new ApiError('forbidden', `The scope ${missing} is needed.`, { code: 'missing-scope' });
}

function checkedInput(operation: Operation, request: Request): Record<string, unknown> {
  const { body, ...parameters } = request.input;
  // Coercion writes defaults and numbers into the object, so it gets one of its own.
  const input: Record<string, unknown> = withoutUndefined(parameters);
  const faults = operation.checkParameters(input).map((fault) => ({ ...fault, pointer: `parameter:${fault.pointer.slice(1)}` }));
  if (operation.checkBody) {
    if (body !== undefined) faults.push(...operation.checkBody(body));
    else if (operation.bodyRequired) faults.push({ pointer: '', detail: 'a body is required' });
    input['body'] = body;
  } else if (body !== undefined) {
    faults.push({ pointer: '', detail: 'no body is taken here' });
  }
  if (faults.length > 0) throw new ApiError('invalid-request', faultText(faults), { errors: faults });
  requireStorable(operation, input);
  return input;
}

/** What is no JSON has characters of its own and is stored as bytes. */
function requireStorable({ consumes }: Operation, { body, ...parameters }: Record<string, unknown>): void {
  const parameter = placeNotStorable(parameters);
  const place = parameter ? `parameter:${parameter.slice(1)}` : consumes === 'application/json' ? placeNotStorable(body) : undefined;
  if (place === undefined) return;
  const fault = { pointer: place, detail: 'holds a character that cannot be stored', code: 'text-not-storable' };
  throw new ApiError('invalid-request', faultText([fault]), { code: fault.code, errors: [fault] });
}

function faultText(faults: { pointer: string; detail: string }[]): string {
  const [first] = faults;
  const rest = faults.length > 1 ? ` and ${faults.length - 1} more` : '';
  return `${first!.pointer || 'The body'} ${first!.detail}${rest}.`;
}

function checkAnswer(operation: Operation, output: unknown): void {
  const faults = operation.checkAnswer?.(output) ?? [];
  if (faults.length > 0) {
    throw new ApiError('internal', 'The answer does not keep its contract.', { code: 'answer-breaks-contract', cause: new Error(`${operation.id}: ${faults.map((fault) => `${fault.pointer} ${fault.detail}`).join('; ')}`) });
  }
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.values(value).includes(undefined) ? Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) : value;
}
