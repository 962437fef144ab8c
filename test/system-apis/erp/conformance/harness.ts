import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import Big from 'big.js';

import type { Capability } from '#chassis/adapters/adapter.ts';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import type { Call } from '#chassis/contract/serve.ts';
import { ApiError, type FailureKind } from '#chassis/errors/failures.ts';
import { erp, type ErpOperations } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../../../system-apis/erp/port.ts';
import type { ErpFaults, ErpFixture, ErpUnderTest } from './fixture.ts';

/** One name per group of operations. The last three say which ledger entries the vendor makes by itself. */
export const CAPABILITIES = [
  'requisitions', 'purchase-orders', 'order-changes', 'receipts', 'invoices', 'payments', 'stock-movements', 'stock-tracking',
  'replenishment-rules', 'budgets', 'journals', 'device-identifiers', 'employees',
  'posts-own-journals:receipt', 'posts-own-journals:invoice', 'posts-own-journals:payment',
] as const;

export type CapabilityName = (typeof CAPABILITIES)[number];

type Name = keyof ErpOperations;
type Input<N extends Name> = ErpOperations[N]['input'];
type Output<N extends Name> = ErpOperations[N]['output'];

/** The port as the contract's edge calls it: input and answer are checked against the contract. */
export interface ErpSession {
  fixture: ErpFixture;
  faults: ErpFaults | undefined;
  call<N extends Name>(name: N, input: Input<N>, options?: { repeated?: boolean }): Promise<Output<N>>;
  capability(name: CapabilityName): Capability;
}

const operations = compileContract(erp as Contract).operations;

export async function openSession({ port, fixture, faults }: ErpUnderTest): Promise<ErpSession> {
  let capabilities: Capability[] = [];
  const session: ErpSession = {
    fixture, faults,
    async call(name, input, { repeated = false } = {}) {
      checkInput(name, input);
      const serve = port[name] as (input: unknown, call: Call) => Promise<unknown>;
      const answer = await serve.call(port, input, callOf(repeated));
      assert.deepEqual(operations.get(name)!.checkAnswer?.(answer) ?? [], [], `the answer of ${name} keeps the contract`);
      return answer as never;
    },
    capability: (name) => capabilities.find((each) => each.name === name) ?? { name, supported: false, reason: 'not declared' },
  };
  capabilities = (await session.call('getCapabilities', {})).capabilities;
  return session;
}

function checkInput(name: Name, input: object): void {
  const { body, ...parameters } = input as { body?: unknown };
  const operation = operations.get(name)!;
  const faults = [...operation.checkParameters({ ...parameters }), ...(operation.checkBody?.(body) ?? [])];
  assert.deepEqual(faults, [], `what is asked of ${name} keeps the contract`);
}

function callOf(repeated: boolean): Call {
  const principal = { kind: 'service', subject: 'conformance', service: 'conformance', scopes: ['erp:*'], roles: [], facilities: [], bindings: {} } as const;
  return { principal, repeated, idempotencyKey: randomBytes(12).toString('hex'), signal: AbortSignal.timeout(120_000) };
}

/** The call fails with this kind and, where it is given, this code. */
export async function fails(call: Promise<unknown>, kind: FailureKind, code?: string): Promise<ApiError> {
  const failure = await call.then((answer) => assert.fail(`did not fail but answered ${JSON.stringify(answer)}`), (thrown: unknown) => thrown);
  assert.ok(failure instanceof ApiError, `threw ${String(failure)}`);
  assert.deepEqual({ kind: failure.kind, code: code && failure.code }, { kind, code }, `${failure.kind} ${failure.code}: ${failure.message}`);
  return failure;
}

export async function failsAsUnsupported(call: Promise<unknown>, { name, reason }: Capability): Promise<void> {
  const failure = await fails(call, 'not-supported');
  assert.ok(reason, `${name} is lacking for a reason`);
  assert.equal(failure.message, reason);
}

/** `12.3` and `12.30` are the same amount. */
export function assertAmount(actual: string | undefined, expected: string, message?: string): void {
  assert.ok(actual !== undefined && new Big(actual).eq(expected), message ?? `${actual} is ${expected}`);
}

const run = randomBytes(4).toString('hex');
let count = 0;

/** A reference that nobody used before, also not in an earlier run on the same books. */
export function fresh(kind: string): string {
  count += 1;
  return `${kind}-${run}-${count}`;
}

export const today = (): string => new Date().toISOString().slice(0, 10);

/** Follows `next` to the end. */
export async function allPages<T>(list: (cursor: string | undefined) => Promise<{ items: T[]; next?: string }>): Promise<T[][]> {
  const pages: T[][] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    pages.push(page.items);
    cursor = page.next;
    assert.ok(pages.length < 500, 'the pages come to an end');
  } while (cursor !== undefined);
  return pages;
}

export type { ErpPort, Input, Output };
