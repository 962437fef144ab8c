import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ApiError, asApiError, type InputFault } from '#chassis/errors/failures.ts';
import { toProblem } from '#chassis/errors/problem.ts';
import { currentContext } from '#chassis/telemetry/context.ts';
import { describeError, type Log } from '#chassis/telemetry/logger.ts';

const MOST_FAULTS = 20;

/** How a failure of a field travels: the problem that the REST APIs would have sent, under its place in the graph. */
export function presentError(log: Log): (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError {
  return (formatted, thrown) => {
    if (!(thrown instanceof GraphQLError) || !thrown.path) return formatted;
    const cause = unwrapResolverError(thrown);
    const failure = asApiError(cause);
    log[failure.status >= 500 ? 'error' : 'info']('field failed', { api: 'portal', operation: 'queryGraph', status: failure.status, ...describeError(cause) });
    return {
      message: failure.message,
      ...(formatted.locations ? { locations: formatted.locations } : {}),
      path: thrown.path,
      extensions: { code: failure.kind.toUpperCase().replaceAll('-', '_'), problem: toProblem(failure, currentContext()?.correlationId ?? 'none') },
    };
  };
}

/** An operation that is not run at all is refused as any bad request is. */
export function refusalOf(errors: readonly GraphQLFormattedError[]): ApiError {
  const faults = errors.slice(0, MOST_FAULTS).map(faultOf);
  const [first] = faults;
  const why = first?.pointer.startsWith('/variables') ? `${first.pointer} ${first.detail}` : first?.detail ?? 'it is not valid';
  return new ApiError('invalid-request', `The operation was not run: ${why}.`, { code: 'graph-request-invalid', errors: faults });
}

function faultOf({ message, locations, extensions }: GraphQLFormattedError): InputFault {
  const [place] = locations ?? [];
  const where = place ? `line ${place.line}, column ${place.column}: ` : '';
  const code = typeof extensions?.['code'] === 'string' ? extensions['code'] : undefined;
  const variable = /^Variable "\$(\w+)"/.exec(message)?.[1];
  if (variable) return { pointer: pointerIn(variable, message), detail: 'does not fit its type', ...(code ? { code } : {}) };
  return { pointer: '/query', detail: `${where}${withoutValues(message)}`, ...(code ? { code } : {}) };
}

/** `at "input.lines[0].quantity"` as a pointer into the body; only names of the graph and indexes occur in it. */
function pointerIn(variable: string, message: string): string {
  const path = /; at "([\w.[\]]+)"|got invalid value .* at "([\w.[\]]+)";/s.exec(message);
  const place = path?.[1] ?? path?.[2] ?? variable;
  return `/variables/${place.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
}

/** Messages of the parser and of validation quote what they found, which may be anything that a person typed. */
function withoutValues(message: string): string {
  if (message.startsWith('Syntax Error') && !message.includes('limit') && !message.includes('token')) return 'this is not GraphQL';
  return message.replace(/^Syntax Error: /, '').replace(/, found .*$/s, '').replace(/(cannot represent [\w\s-]+): .*$/s, '$1').replace(/\.$/, '');
}
