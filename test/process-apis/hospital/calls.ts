import type { Implementation } from '#chassis/contract/serve.ts';
import { currentContext } from '#chassis/telemetry/context.ts';

/** One call of a system by a move, as `erp.createReceipt 1`: which operation, and the how manieth of its run. */
export interface SystemCall {
  /** Correlation id under which everything of one story happens. */
  run: string;
  name: string;
}

/** Listens to every call that moves make, and may make it fail before or after its effect. */
export interface Calls {
  readonly made: SystemCall[];
  /** Called around each call; what it throws is the call's failure. */
  disturb?: ((call: SystemCall, phase: 'before' | 'after') => void) | undefined;
  of(run: string): string[];
}

export function newCalls(): Calls {
  const made: SystemCall[] = [];
  return { made, of: (run) => made.filter((call) => call.run === run).map((call) => call.name) };
}

type AnyOperation = (input: unknown, call: { principal: { kind: string } }) => Promise<unknown>;

/** The same systems, with somebody listening at the door. */
export function listened<Ops>(api: string, implementation: Implementation<Ops>, calls: Calls): Implementation<Ops> {
  const operations = Object.entries(implementation as Record<string, AnyOperation>).map(([operation, work]): [string, AnyOperation] => [operation, async (input, call) => {
    // People wait for an answer at once; only what moves do is carried through whatever happens.
    if (call.principal.kind !== 'service') return work(input, call);
    const run = currentContext()?.correlationId ?? 'none';
    const earlier = calls.of(run).filter((name) => name.startsWith(`${api}.${operation} `)).length;
    const made = { run, name: `${api}.${operation} ${earlier + 1}` };
    calls.made.push(made);
    calls.disturb?.(made, 'before');
    const answer = await work(input, call).then((output) => () => output, (error: unknown) => () => { throw error; });
    calls.disturb?.(made, 'after');
    return answer();
  }]);
  return Object.fromEntries(operations) as unknown as Implementation<Ops>;
}
