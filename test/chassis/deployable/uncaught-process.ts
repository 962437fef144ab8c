import { endOnUncaught } from '#chassis/deployable/uncaught.ts';
import { createLog } from '#chassis/telemetry/logger.ts';

/** A process that fails with a text that must not be seen. */
endOnUncaught(createLog('child', 'info'));
const failure = new Error('Jane Canary\n    at ward Canary (bed 4)', { cause: new TypeError('Canary') });
if (process.argv[2] === 'thrown') setImmediate(() => { throw failure; });
else if (process.argv[2] === 'rejected') void Promise.reject(failure);
else void Promise.reject('Jane Canary');
setInterval(() => undefined, 1_000);
