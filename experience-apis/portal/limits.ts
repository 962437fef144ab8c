import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import type { GraphQLError, ValidationContext, ValidationRule } from 'graphql';
import type { GraphLimits } from './settings.ts';

/** What can be counted without variables. Tokens are counted by the parser itself and objects once the variables are known. */
export function staticLimits({ depth, aliases }: GraphLimits): ValidationRule[] {
  // Left to themselves the rules throw, which validation takes for a fault of its own.
  const reported = { propagateOnRejection: false, onReject: [(context: ValidationContext | null, error: GraphQLError) => context?.reportError(error)] };
  return [
    maxDepthRule({ n: depth, flattenFragments: true, ...reported }),
    maxAliasesRule({ n: aliases, allowList: ['__typename'], ...reported }),
  ] as ValidationRule[];
}
