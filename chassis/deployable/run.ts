import { parseArgs } from 'node:util';
import path from 'node:path';
import { ConfigError, readConfig, type PlatformConfig } from '../config/config.ts';
import type { EventSchemaDocument } from '../events/event-schemas.ts';
import { mistakesIn, startDeployable } from './deployable.ts';
import type { AnyApiModule } from './api-module.ts';
import { createLog } from '../telemetry/logger.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { endOnUncaught } from './uncaught.ts';

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
    const config = await configFor(name, values, modules);
    if (values['check-config']) console.log('The configuration is valid.');
    else {
      const deployable = await startDeployable({ name, config, modules, eventSchemas });
      endOnUncaught(createLog(name, config.log.level));
      stopOnSignal(deployable);
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

/** The configuration with everything checked that concerns this deployable, so that all mistakes are seen at once. */
async function configFor(name: string, values: { config: string; only?: string[] | undefined }, modules: readonly AnyApiModule[]): Promise<PlatformConfig> {
  const { config, mistakes } = await readConfig(values.config);
  const own = config.deployables?.[name];
  if (own && values.only) own.apis = values.only;
  // A file that is wrong in its outline cannot be looked into further.
  if (config.deployables && config.apis) mistakes.push(...mistakesIn(name, config, modules));
  if (mistakes.length > 0) throw new ConfigError([...new Set(mistakes)]);
  return config;
}
