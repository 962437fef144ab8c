import type { Call } from '#chassis/contract/serve.ts';
import type { ErpPort } from '../../port.ts';
import { invalid } from './failures.ts';

type AnyOperation = (input: Record<string, unknown>, call: Call) => Promise<unknown>;

/** Refuses text that PostgreSQL beneath Tryton cannot hold, which the server would answer with a bare failure. */
export function refuseUnstorable(port: ErpPort): ErpPort {
  const guarded = Object.entries(port as unknown as Record<string, AnyOperation>).map(([name, operation]): [string, AnyOperation] => [name, async (input, call) => {
    requireStorable(input, '');
    return operation(input, call);
  }]);
  return Object.fromEntries(guarded) as unknown as ErpPort;
}

function requireStorable(value: unknown, pointer: string): void {
  if (typeof value === 'string' && (value.includes('\u0000') || !value.isWellFormed())) throw invalid(pointer || '/', 'holds a character that cannot be stored', 'text-not-storable');
  if (typeof value === 'object' && value !== null) for (const [key, inner] of Object.entries(value)) requireStorable(inner, `${pointer}/${key}`);
}
