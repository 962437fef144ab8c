import { parseArgs } from 'node:util';
import path from 'node:path';
import { ConfigError, loadConfig } from '../config/config.ts';
import type { EventSchemaDocument } from '../events/event-schemas.ts';
import { checkedSettings, startDeployable, type Deployable } from './deployable.ts';
import type { AnyApiModule } from './api-module.ts';

/**
 * The start of a layer's process: `[--config file] [--only api]... [--check-config]`. SIGTERM and SIGINT end it in
 * order; a second signal ends it at once.
 */
export async function runDeployable(name: string, modules: readonly AnyApiModule[], eventSchemas: EventSchemaDocument): Promise<void> {
  const { values } = parseArgs({ options: {
    config: { type: 'string', default: process.env['CALLOSUM_CONFIG'] ?? path.resolve('config', 'sandbox.yaml') },
    only: { type: 'string', multiple: true },
    'check-config': { type: 'boolean', default: false },
  } });
  try {
    const config = await loadConfig(values.config);
    const own = config.deployables[name];
    if (own && values.only) own.apis = values.only;
    if (values['check-config']) {
      checkedSettings(modules, config);
      console.log('The configuration is valid.');
      return;
    }
    stopOnSignal(await startDeployable({ name, config, modules, eventSchemas }));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

export function stopOnSignal(deployable: Pick<Deployable, 'stop'>): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      deployable.stop().then(() => process.exit(0), (error: unknown) => {
        console.error('stop failed', error instanceof Error ? error.name : error);
        process.exit(1);
      });
    });
  }
}
