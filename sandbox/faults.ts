import type { IncomingMessage, ServerResponse } from 'node:http';

/** How a simulated vendor misbehaves. One mode at a time, as an outage has one cause at a time. */
export type FaultMode =
  | { kind: 'none' }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'failing'; status: number; rate: number }
  | { kind: 'throttled'; perSecond: number; retryAfter: boolean }
  | { kind: 'down' }
  | { kind: 'answerLost'; rate: number };

/** Narrows a mode to some requests, so that a test can lose the answer of one invoice and nothing else. */
export interface FaultScope {
  methods?: readonly string[];
  /** Part of the path; every path when absent. */
  pathIncludes?: string;
  /** After so many faults the vendor is well again. */
  times?: number;
}

/** What happens to one request. */
export type Verdict =
  | { act: 'pass' }
  | { act: 'delay'; delayMs: number }
  | { act: 'refuse'; status: number; headers: Record<string, string> }
  | { act: 'cut' }
  | { act: 'loseAnswer' };

export interface FaultOptions {
  /** Milliseconds; a test hands in its own clock. */
  now?: () => number;
  /** How this vendor words a refusal; an HTML page, as a load balancer sends, when absent. */
  refuse?: (response: ServerResponse, status: number, headers: Record<string, string>) => void;
}

export interface Faults {
  readonly mode: FaultMode;
  readonly scope: FaultScope;
  /** Faults done so far, by kind of mode. */
  readonly done: Readonly<Record<FaultMode['kind'], number>>;
  set(mode: FaultMode, scope?: FaultScope): void;
  /** The decision alone, for vendors that do not speak HTTP. */
  judge(method?: string, path?: string): Verdict;
  /** Express 5 handler; fits a bare node:http server too. */
  middleware(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
}

/**
 * The fault switch of one simulated vendor.
 *
 * @param seed the same seed and the same requests give the same faults
 */
export function createFaults(seed: number, options: FaultOptions = {}): Faults {
  const random = seededRandom(seed);
  const now = options.now ?? Date.now;
  const refuse = options.refuse ?? refuseAsLoadBalancer;
  const done = { none: 0, slow: 0, failing: 0, throttled: 0, down: 0, answerLost: 0 };
  let mode: FaultMode = { kind: 'none' };
  let scope: FaultScope = {};
  let remaining = Infinity;
  let windowStart = 0;
  let inWindow = 0;

  const inScope = (method: string, path: string) =>
    remaining > 0
    && (scope.methods === undefined || scope.methods.includes(method))
    && (scope.pathIncludes === undefined || path.includes(scope.pathIncludes));

  const verdictOf = (current: FaultMode): Verdict => {
    switch (current.kind) {
      case 'none':
        return { act: 'pass' };
      case 'slow':
        return { act: 'delay', delayMs: current.delayMs };
      case 'failing':
        return random() < current.rate ? { act: 'refuse', status: current.status, headers: {} } : { act: 'pass' };
      case 'throttled': {
        const at = now();
        if (at - windowStart >= 1000) {
          windowStart = at;
          inWindow = 0;
        }
        inWindow += 1;
        if (inWindow <= current.perSecond) return { act: 'pass' };
        return { act: 'refuse', status: 429, headers: current.retryAfter ? { 'Retry-After': '1' } : {} };
      }
      case 'down':
        return { act: 'cut' };
      case 'answerLost':
        return random() < current.rate ? { act: 'loseAnswer' } : { act: 'pass' };
    }
  };

  const judge = (method = '', path = ''): Verdict => {
    if (mode.kind === 'none' || !inScope(method, path)) return { act: 'pass' };
    const verdict = verdictOf(mode);
    if (verdict.act !== 'pass') {
      done[mode.kind] += 1;
      remaining -= 1;
    }
    return verdict;
  };

  return {
    get mode() { return mode; },
    get scope() { return scope; },
    done,
    set(newMode, newScope = {}) {
      mode = newMode;
      scope = newScope;
      remaining = newScope.times ?? Infinity;
      inWindow = 0;
      windowStart = now();
    },
    judge,
    middleware(request, response, next) {
      const verdict = judge(request.method, request.url);
      switch (verdict.act) {
        case 'pass':
          return next();
        case 'delay':
          setTimeout(next, verdict.delayMs).unref();
          return;
        case 'refuse':
          return refuse(response, verdict.status, verdict.headers);
        case 'cut':
          request.socket.destroy();
          return;
        case 'loseAnswer':
          loseAnswer(request, response);
          return next();
      }
    },
  };
}

/** Lets the vendor do its work and cuts the connection at the first byte of the answer. */
function loseAnswer(request: IncomingMessage, response: ServerResponse): void {
  const cut = () => {
    request.socket.destroy();
    return response;
  };
  response.end = cut;
  response.write = () => {
    cut();
    return false;
  };
  response.flushHeaders = cut;
}

export function refuseAsLoadBalancer(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response.writeHead(status, { 'Content-Type': 'text/html', ...headers });
  response.end(`<html><body><h1>${status}</h1></body></html>`);
}

/** mulberry32 (public domain, Tommy Ettinger): small, seeded and even enough to choose faults. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
