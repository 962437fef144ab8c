import { Type } from '@sinclair/typebox';
import { compileContract } from '#chassis/contract/contract.ts';
import { defineApi } from '#chassis/deployable/api-module.ts';
import { checkSection, ConfigError } from '#chassis/config/config.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { credentialing } from '#contracts/generated/system/credentialing/v1.ts';
import { adapters, type VendorName } from './adapters/index.ts';
import { followChanges } from './changes/follow.ts';
import { migrations } from './migrations.ts';

const Settings = Type.Object({
  /** The credentialing system, by the name of its adapter's folder. */
  adapter: Type.String(),
  /** In the shape that the adapter declares. */
  settings: Type.Unknown(),
  /** Following what changes; not followed when absent. */
  changes: Type.Optional(Type.Object({
    pollMs: Type.Integer({ minimum: 50, maximum: 3_600_000, default: 5_000 }),
  }, { additionalProperties: false })),
}, { additionalProperties: false });

/** Licences, privileges, certificates and sanctions, whoever verifies them. */
export const credentialingApi = defineApi<EventData>()({
  contract: credentialing,
  settings: Settings,
  migrations,
  create(platform, { adapter: name, settings, changes }) {
    const adapter = Object.hasOwn(adapters, name) ? adapters[name as VendorName] : undefined;
    if (!adapter) throw new ConfigError([`/apis/credentialing/adapter: must be one of ${Object.keys(adapters).join(', ')}`]);
    const mistakes: string[] = [];
    const checked = checkSection(adapter.settings, settings, '/apis/credentialing/settings', mistakes);
    if (mistakes.length > 0) throw new ConfigError(mistakes);
    const port = adapter.create(checked as never, { ...platform, tier: compileContract(credentialing).tier });
    return {
      operations: port,
      background: changes ? [followChanges({ ...platform, credentialing: port, pollMs: changes.pollMs })] : [],
      close: () => port.close(),
    };
  },
});
