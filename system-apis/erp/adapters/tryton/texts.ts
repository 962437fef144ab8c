import type { Call } from '#chassis/contract/serve.ts';
import { placeNotStorable } from '#chassis/contract/storable.ts';
import type { ErpPort } from '../../port.ts';
import { invalid } from './failures.ts';

type AnyOperation = (input: Record<string, unknown>, call: Call) => Promise<unknown>;

/** Refuses text that PostgreSQL beneath Tryton cannot hold, which the server would answer with a bare failure. */
export function refuseUnstorable(port: ErpPort): ErpPort {
  const guarded = Object.entries(port as unknown as Record<string, AnyOperation>).map(([name, operation]): [string, AnyOperation] => [name, async (input, call) => {
    const place = placeNotStorable(input);
    if (place !== undefined) throw invalid(place, 'holds a character that cannot be stored', 'text-not-storable');
    return operation(input, call);
  }]);
  return Object.fromEntries(guarded) as unknown as ErpPort;
}
