import { METHODS as CONTRACT_METHODS, type CompiledContract, type Operation } from './contract.ts';

/** An operation that a request asks for, with the parts of the path as they were written. */
export interface Match {
  operation: Operation;
  names: readonly string[];
  values: readonly string[];
  /** What follows the question mark. */
  query: string;
}

/** The addresses of a contract. */
export interface Routes {
  find(method: string, target: string): Match | undefined;
  /** Methods that the address takes; none where there is no such address. */
  methodsAt(target: string): string[];
}

const METHODS = CONTRACT_METHODS.map((method) => method.toUpperCase());

interface Template {
  operation: Operation;
  pattern: RegExp;
  names: readonly string[];
}

/** Paths are matched as they are written: nothing is decoded or cleaned up before. What has no parameter is looked up. */
export function compileRoutes({ basePath, operations }: CompiledContract): Routes {
  const methods = new Map(METHODS.map((method) => [method, { plain: new Map<string, Operation>(), templates: [] as Template[] }]));
  for (const operation of operations.values()) {
    const routes = methods.get(operation.method.toUpperCase())!;
    const path = `${basePath}${operation.path}`;
    if (path.includes('{')) routes.templates.push(templateOf(path, operation));
    else routes.plain.set(path, operation);
  }

  function find(method: string, target: string): Match | undefined {
    if (!target.startsWith(basePath)) return target.startsWith('/') ? undefined : find(method, originForm(target));
    const routes = methods.get(method === 'HEAD' ? 'GET' : method);
    if (!routes) return undefined;
    const [path, query] = split(target);
    const operation = routes.plain.get(path);
    if (operation) return { operation, names: [], values: [], query };
    for (const { pattern, names, operation: behind } of routes.templates) {
      const found = pattern.exec(path);
      if (found) return { operation: behind, names, values: found.slice(1), query };
    }
    return undefined;
  }

  return { find, methodsAt: (target) => [...methods.keys()].filter((method) => find(method, target)) };
}

function templateOf(path: string, operation: Operation): Template {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const literal = path.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  return { operation, names, pattern: new RegExp(`^${literal.replaceAll(/\{\w+\}/g, '([^/]+)')}$`) };
}

function split(target: string): [path: string, query: string] {
  const fragment = target.indexOf('#');
  const whole = fragment < 0 ? target : target.slice(0, fragment);
  const mark = whole.indexOf('?');
  return mark < 0 ? [whole, ''] : [whole.slice(0, mark), whole.slice(mark + 1)];
}

/** A server takes a whole address too, as is sent to a proxy. @source RFC 9112 section 3.2.2 */
function originForm(target: string): string {
  return `/${/^https?:\/\/[^/?#]+\/(.*)$/is.exec(target)?.[1] ?? ''}`;
}
