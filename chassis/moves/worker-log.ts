import { Logger } from 'graphile-worker';
import type { Log } from '../telemetry/logger.ts';

/** The job library's own lines: only its warnings and errors, without their text, which may quote a job. */
export function workerLogger(log: Log): Logger {
  return new Logger((scope) => (level, _message, meta) => {
    if (level !== 'error' && level !== 'warning') return;
    const error = meta && 'error' in meta && meta['error'] instanceof Error ? meta['error'] : undefined;
    log.warn('job library reports trouble', { name: scope.taskIdentifier, errorName: error?.name });
  });
}
