import type { Log } from '../telemetry/logger.ts';
import { describeError } from '../telemetry/logger.ts';

const UNCAUGHT = 70;

/**
 * An error that nobody caught ends the process, as Node would have it: nobody knows what it left behind. But its text,
 * which Node would print, may quote a message, a row or a secret; only its class and where it was thrown are logged.
 */
export function endOnUncaught(log: Log): void {
  process.on('uncaughtException', (error) => {
    try {
      log.error('ended by an error that nobody caught', describeError(error));
    } finally {
      process.exit(UNCAUGHT);
    }
  });
}
