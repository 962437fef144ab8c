import winston from 'winston';
import { evidenceOf, KeptEvidence } from '../errors/evidence.ts';
import { ApiError } from '../errors/failures.ts';
import { currentContext } from './context.ts';

/**
 * Fields that may be logged. What is not on the list does not compile, and is dropped: an identifier of a person cannot
 * reach the log by mistake, only by a change here that a reviewer sees.
 */
const FIELDS = [
  'api', 'operation', 'route', 'method', 'status', 'durationMs', 'kind', 'code', 'attempt', 'waitMs', 'service', 'process',
  'move', 'step', 'life', 'state', 'event', 'eventId', 'group', 'adapter', 'target', 'port', 'count', 'pid', 'signal', 'url',
  'version', 'name', 'reason', 'client', 'audience', 'errorName', 'errorCode', 'stack', 'documentId', 'messageId', 'channel', 'evidence',
  'replay',
] as const;
const ALLOWED: ReadonlySet<string> = new Set(FIELDS);

export type LogFields = Partial<Record<(typeof FIELDS)[number], unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** JSON lines on standard error; message texts are constants of the code, values go into allow-listed fields. */
export function createLog(service: string, level: string, stream: NodeJS.WritableStream = process.stderr): Log {
  const logger = winston.createLogger({
    level,
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Stream({ stream })],
  });
  const write = (at: string) => (message: string, fields: LogFields = {}) => {
    if (!logger.isLevelEnabled(at)) return;
    const context = currentContext();
    logger.log(at, message, {
      service,
      ...(context ? { correlationId: context.correlationId, traceId: context.traceparent.slice(3, 35) } : {}),
      ...allowed(fields),
    });
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/**
 * What may be said of an error: its kind or class and where it was thrown. The text of a foreign error may quote data,
 * and so does the text of a fault in the input, which names what the caller sent.
 */
export function describeError(thrown: unknown): LogFields {
  if (thrown instanceof KeptEvidence) return thrown.cause ? describeError(thrown.cause) : {};
  if (thrown instanceof ApiError) {
    const cause = thrown.cause ? describeError(thrown.cause) : {};
    const evidence = evidenceOf(thrown);
    const said = thrown.errors ? { count: thrown.errors.length } : { reason: thrown.message };
    return { ...cause, kind: thrown.kind, code: thrown.code, ...said, ...(evidence ? { evidence } : {}) };
  }
  if (thrown instanceof Error) {
    const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
    return { errorName: thrown.name, errorCode: code, stack: frames(thrown) };
  }
  return { errorName: typeof thrown };
}

function allowed(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => ALLOWED.has(name) && isPlain(value)));
}

/** A whole object under an allowed name would carry fields that are not on the list. */
function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function frames(error: Error): string {
  // The stack begins with the text of the error, whose own lines may look like frames.
  const stack = (error.stack ?? '').replace(error.message, '');
  return stack.split('\n').filter((line) => line.trimStart().startsWith('at ')).slice(0, 6).map((line) => line.trim()).join(' < ');
}
