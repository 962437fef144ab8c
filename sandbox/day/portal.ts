import { setTimeout as wait } from 'node:timers/promises';

/** What the platform says when it will not do something, however often it is asked. */
export class Refusal extends Error {
  /** The finer code of the problem where there is one, else its kind. */
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, detail: string) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
    this.status = status;
  }
}

/** The portal in a person's browser. */
export interface Portal {
  readonly username: string;
  /**
   * Sends a page's question and clicks again when the page fails, until it is answered.
   *
   * @throws Refusal
   */
  ask<Answer>(document: string, variables?: Record<string, unknown>): Promise<Answer>;
}

export interface PortalOptions {
  username: string;
  /** Address of the graph. */
  url: string;
  signIn(): Promise<string>;
  /** How long a person goes on clicking. */
  patienceMs: number;
  signal: AbortSignal;
  /** Told of every click that had to be repeated. */
  failed(reason: string): void;
}

const ANSWER_WITHIN_MS = 15_000;
const LONGEST_PAUSE_MS = 1_500;

interface Problem {
  type?: string;
  status?: number;
  code?: string;
  detail?: string;
}

interface GraphAnswer {
  data?: unknown;
  errors?: { message: string; extensions?: { code?: string; problem?: Problem } }[];
}

/** Somebody is ill and will be well again. */
class PassingTrouble extends Error {
  readonly retryAfterMs: number;

  constructor(reason: string, retryAfterMs = 0) {
    super(reason);
    this.retryAfterMs = retryAfterMs;
  }
}

export function createPortal({ username, url, signIn, patienceMs, signal, failed }: PortalOptions): Portal {
  let token: Promise<string> | undefined;

  async function click(body: string): Promise<unknown> {
    token ??= signIn();
    const bearer = await token.catch((error: unknown) => {
      token = undefined;
      throw new PassingTrouble(`sign-in: ${error instanceof Error ? error.message : String(error)}`);
    });
    const response = await fetch(url, {
      method: 'POST', headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }, body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    const answer = await response.json() as GraphAnswer & Problem;
    if (response.status === 401) token = undefined;
    if (!response.ok) throw troubleOf({ ...answer, status: response.status }, Number(response.headers.get('retry-after') ?? 0) * 1_000);
    const [error] = answer.errors ?? [];
    if (error) throw troubleOf(error.extensions?.problem ?? { status: 400, code: error.extensions?.code, detail: error.message }, 0);
    return answer.data;
  }

  return {
    username,
    async ask<Answer>(document: string, variables: Record<string, unknown> = {}): Promise<Answer> {
      const body = JSON.stringify({ query: document, variables });
      const until = Date.now() + patienceMs;
      for (let clicks = 1; ; clicks += 1) {
        try {
          return await click(body) as Answer;
        } catch (error) {
          if (error instanceof Refusal || signal.aborted || Date.now() > until) throw error;
          failed(error instanceof Error ? error.message : String(error));
          const pause = Math.min(LONGEST_PAUSE_MS, 60 * 2 ** clicks);
          await wait(Math.max(pause, error instanceof PassingTrouble ? error.retryAfterMs : 0), undefined, { signal });
        }
      }
    },
  };
}

function troubleOf({ type, status = 500, code, detail }: Problem, retryAfterMs: number): Error {
  const kind = type?.replace('/problems/', '');
  const passes = status >= 500 || status === 401 || status === 429 || kind === 'in-progress';
  if (passes) return new PassingTrouble(`${status} ${code ?? kind ?? ''}`.trim(), retryAfterMs);
  return new Refusal(code ?? kind ?? `status-${status}`, status, detail ?? '');
}
