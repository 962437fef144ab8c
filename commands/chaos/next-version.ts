import { appendFileSync, readFileSync } from 'node:fs';
import type { LifeDefinition } from '#chassis/lifecycle/life.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { procureToPayApi } from '../../process-apis/procure-to-pay/api.ts';

/**
 * Loaded before `process-apis/main.ts` where versions are exchanged: turns the process into the version that a file names,
 * and notes beside the file that it was started as that. Version 2 is as the next release of procure-to-pay would be: every
 * order has one more fact, and older ones get it by a migration.
 */
const file = process.env['CALLOSUM_VERSION_FILE']!;
const version = Number(readFileSync(file, 'utf8'));
appendFileSync(`${file}.starts`, `${version}\n`);

const { create } = procureToPayApi;
if (version === 2) procureToPayApi.create = (platform, settings) => create({ ...platform, lives: ofVersion2(platform.lives) }, settings);

function ofVersion2(lives: Platform['lives']): Platform['lives'] {
  return {
    ...lives,
    register: <Context>(definition: LifeDefinition<Context>) => lives.register({
      ...definition, version: 2, readableBy: 1, migrations: [{ snapshot: (stored) => ({ ...stored, context: { ...stored.context as object, origins: 'carried over' } }) }],
    }),
    start: (tx, process, input, options) => lives.start(tx, process, { ...input as object, origins: 'begun' }, options),
  };
}
