import { ApiError, type InputFault } from '#chassis/errors/failures.ts';
import type { Policy } from '../exchange.ts';

/** Path and query must be as the contract says; they go on in the one form in which they were understood. */
export const checkParameters: Policy = (exchange) => {
  const { operation, template } = exchange.match.route!;
  const query = new URLSearchParams(exchange.query);
  const faults: InputFault[] = [];
  for (const name of new Set(query.keys())) {
    if (query.getAll(name).length > 1) faults.push({ pointer: `parameter:${name}`, detail: 'is given more than once' });
  }
  // The check turns texts into numbers in the object it is given.
  const given: Record<string, unknown> = { ...Object.fromEntries(query), ...exchange.match.parameters };
  faults.push(...operation.checkParameters(given).map((fault) => ({ ...fault, pointer: `parameter:${fault.pointer.slice(1)}` })));
  if (faults.length > 0) throw new ApiError('invalid-request', 'The parameters are not as the contract says.', { code: 'invalid-parameters', errors: faults });
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(exchange.match.parameters[name]!));
  exchange.target = query.size > 0 ? `${path}?${query}` : path;
};
