import { Type } from '@sinclair/typebox';
import type { Contract } from '#chassis/contract/contract.ts';
import type { Call, Implementation } from '#chassis/contract/serve.ts';
import { defineApi, type AnyApiModule } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';

export interface SeenCall {
  api: string;
  operation: string;
  input: Record<string, unknown>;
  call: Call;
}

type AnyOperation = (input: Record<string, unknown>, call: Call) => Promise<unknown>;

/** An API of which a test needs only some operations. Every call is kept; what was not written is not supported. */
export function fakeApi<Ops>(contract: Contract<Ops>, operations: Partial<Implementation<Ops>>, seen: SeenCall[]): AnyApiModule {
  const written = operations as unknown as Record<string, AnyOperation | undefined>;
  return defineApi()({
    contract: contract as Contract,
    settings: Type.Object({}),
    create: () => ({
      operations: new Proxy({}, {
        get: (_target, operation: string): AnyOperation => async (input, call) => {
          seen.push({ api: contract.name, operation, input, call });
          const effect = written[operation];
          if (!effect) throw new ApiError('not-supported', 'The fake has no such operation.');
          return effect(input, call);
        },
      }),
    }),
  });
}
