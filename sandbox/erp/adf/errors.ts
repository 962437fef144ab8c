import type { ServerResponse } from 'node:http';

/** A refusal as Oracle's Application Development Framework answers it. */
export class AdfError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  readonly path: string | undefined;

  constructor(status: number, detail: string, code?: string, path?: string) {
    super(detail);
    this.status = status;
    this.code = code;
    this.path = path;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
};

/**
 * Framework version 1, the default when the header is absent, answers plain text; later versions answer
 * application/vnd.oracle.adf.error+json. General knowledge, not seen in a published page.
 */
export function sendError(response: ServerResponse, error: AdfError, frameworkVersion: number): void {
  if (frameworkVersion < 2) {
    response.writeHead(error.status, { 'Content-Type': 'text/plain;charset=utf-8', 'REST-Framework-Version': String(frameworkVersion) });
    response.end(error.message);
    return;
  }
  response.writeHead(error.status, { 'Content-Type': 'application/vnd.oracle.adf.error+json', 'REST-Framework-Version': String(frameworkVersion) });
  response.end(JSON.stringify({
    title: titles[error.status] ?? 'Error',
    status: String(error.status),
    'o:errorDetails': [{
      detail: error.message,
      ...(error.code === undefined ? {} : { 'o:errorCode': error.code }),
      ...(error.path === undefined ? {} : { 'o:errorPath': error.path }),
    }],
  }));
}
