import { parseArgs } from 'node:util';
import path from 'node:path';
import { ConfigError, readConfig } from '#chassis/config/config.ts';
import { endOnUncaught } from '#chassis/deployable/uncaught.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { stopOnSignal } from '#chassis/deployable/stop-on-signal.ts';
import { checkGateway } from './config.ts';
import { startGateway } from './gateway.ts';

/** `[--config file] [--check-config]`. SIGTERM and SIGINT end it in order; a second signal ends it at once. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: {
    config: { type: 'string', default: process.env['CALLOSUM_CONFIG'] ?? path.resolve('config', 'sandbox.yaml') },
    'check-config': { type: 'boolean', default: false },
  } });
  try {
    const read = await readConfig(values.config);
    const { config } = read;
    const mistakes = read.mistakes.filter(concernsTheDoor);
    // A file that is wrong in its outline cannot be looked into further.
    if (mistakes.length > 0 && !config.deployables) throw new ConfigError(mistakes);
    const checked = checkGateway(config);
    if (mistakes.length + checked.mistakes.length > 0) throw new ConfigError([...mistakes, ...checked.mistakes]);
    if (values['check-config']) console.log('The configuration is valid.');
    else {
      const gateway = await startGateway(config, checked.settings);
      endOnUncaught(createLog('gateway', config.log.level));
      stopOnSignal(gateway);
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

/** Who stands at the door is given neither the database nor the secrets of the systems, so these may be missing here. */
function concernsTheDoor(mistake: string): boolean {
  return !/^\/(?:apis|database|payloads)\b/.test(mistake);
}

await main();
