import type { NextFunction, Request, Response } from 'express';

/** An answer in Coupa's error shape: field names with what is wrong about each, `base` for the request as a whole. */
export class CoupaError extends Error {
  readonly status: number;
  readonly errors: Record<string, readonly string[]>;
  readonly headers: Record<string, string>;

  constructor(status: number, errors: Record<string, readonly string[]>, headers: Record<string, string> = {}) {
    super(`${status}: ${Object.entries(errors).map(([field, texts]) => `${field} ${texts.join(', ')}`).join('; ')}`);
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }
}

export const invalid = (errors: Record<string, readonly string[]>) => new CoupaError(422, errors);
export const badRequest = (field: string, text: string) => new CoupaError(400, { [field]: [text] });
export const notFound = (what: string) => new CoupaError(404, { base: [`${what} not found`] });

/** Last handler of the Coupa side. */
export function answerError(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) return next(error);
  if (error instanceof CoupaError) {
    response.status(error.status).set(error.headers).json({ errors: error.errors });
    return;
  }
  const status = clientFault(error);
  if (status !== undefined) {
    response.status(status).json({ errors: { base: ['The request body could not be read'] } });
    return;
  }
  console.error('network: a Coupa call failed', error);
  response.status(500).json({ errors: { base: ['Internal server error'] } });
}

/** Express marks what its body parser refuses with a 4xx status. */
function clientFault(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500 ? error.status : undefined;
}
