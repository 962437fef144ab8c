import { compileContract, type CompiledContract, type Contract, type Operation } from '#chassis/contract/contract.ts';
import { operations } from '#contracts/generated/experience/operations/v1.ts';
import { partner } from '#contracts/generated/experience/partner/v1.ts';
import { portal } from '#contracts/generated/experience/portal/v1.ts';

/** Contracts that can be let through the door. */
export const EXPOSABLE: readonly Contract[] = [portal, partner, operations];

/** How a request comes in. `open` is everything that is addressed to no API: nobody has to say who they are to be told so. */
export type Entrance = 'app' | 'partner' | 'open';

/** One operation of an exposed contract. */
export interface Route {
  api: string;
  tier: CompiledContract['tier'];
  operation: Operation;
  /** As in the contract, with the path of the API before it; this is what logs and problems may name. */
  template: string;
}

export interface Match {
  entrance: Entrance;
  route: Route | undefined;
  /** Methods of this path in the contract; empty when no contract has it. */
  allow: readonly string[];
  parameters: Readonly<Record<string, string>>;
  template: string | undefined;
}

interface PathEntry {
  entrance: Entrance;
  template: string;
  segments: readonly string[];
  routes: Map<string, Route>;
}

const NOWHERE: Match = { entrance: 'open', route: undefined, allow: [], parameters: {}, template: undefined };

/** What is in no contract does not exist. Paths are matched as they are written: nothing is decoded or cleaned up before. */
export function compileRoutes(exposed: readonly { api: string; entrance: Entrance }[]): (method: string, path: string) => Match {
  const byLength = new Map<number, PathEntry[]>();
  for (const { api, entrance } of exposed) {
    const contract = EXPOSABLE.find((each) => each.name === api);
    if (!contract) throw new Error(`${api} is no contract of an experience API`);
    const compiled = compileContract(contract);
    for (const operation of compiled.operations.values()) {
      const template = `${compiled.basePath}${operation.path}`;
      const entry = entryFor(byLength, entrance, template);
      entry.routes.set(operation.method.toUpperCase(), { api, tier: compiled.tier, operation, template });
    }
  }
  for (const entries of byLength.values()) entries.sort(plainBeforeParameters);

  return (method, path) => {
    const segments = path.split('/');
    for (const entry of byLength.get(segments.length) ?? []) {
      const parameters = parametersIn(entry.segments, segments);
      if (parameters) return { entrance: entry.entrance, route: entry.routes.get(method), allow: [...entry.routes.keys()], parameters, template: entry.template };
    }
    return NOWHERE;
  };
}

function entryFor(byLength: Map<number, PathEntry[]>, entrance: Entrance, template: string): PathEntry {
  const segments = template.split('/');
  const entries = byLength.get(segments.length) ?? [];
  byLength.set(segments.length, entries);
  const known = entries.find((each) => each.template === template);
  if (known) return known;
  const entry = { entrance, template, segments, routes: new Map<string, Route>() };
  entries.push(entry);
  return entry;
}

/** `/orders/late` goes before `/orders/{orderNumber}`. */
function plainBeforeParameters(left: PathEntry, right: PathEntry): number {
  return left.segments.filter(isParameter).length - right.segments.filter(isParameter).length;
}

const isParameter = (segment: string) => segment.startsWith('{');

/** Undefined when the path is not of the template. */
function parametersIn(template: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, expected] of template.entries()) {
    const segment = segments[index]!;
    if (!isParameter(expected)) {
      if (segment !== expected) return undefined;
      continue;
    }
    const value = segment === '' ? undefined : decoded(segment);
    if (value === undefined) return undefined;
    parameters[expected.slice(1, -1)] = value;
  }
  return parameters;
}

function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
