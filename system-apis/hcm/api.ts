import { compileContract } from '#chassis/contract/contract.ts';
import { defineApi } from '#chassis/deployable/api-module.ts';
import { checkSection, ConfigError } from '#chassis/config/config.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { hcm } from '#contracts/generated/system/hcm/v1.ts';
import { adapters, type VendorName } from './adapters/index.ts';
import { pollChanges } from './changes/poller.ts';
import { HcmSettings } from './config.ts';
import { checkingInput } from './input-rules.ts';
import { migrations } from './migrations.ts';

const NO_FILES = 'No place is configured to which files of workers come.';

/** Who works here, as what, where and from which day, whatever the HR system is. */
export const hcmApi = defineApi<EventData>()({
  contract: hcm,
  settings: HcmSettings,
  migrations,
  create(platform, { adapter: name, settings, changes }) {
    const adapter = Object.hasOwn(adapters, name) ? adapters[name as VendorName] : undefined;
    if (!adapter) throw new ConfigError([`/apis/hcm/adapter: must be one of ${Object.keys(adapters).join(', ')}`]);
    const mistakes: string[] = [];
    const checked = checkSection(adapter.settings, settings, '/apis/hcm/settings', mistakes);
    if (mistakes.length > 0) throw new ConfigError(mistakes);
    const system = adapter.create(checked as never, { ...platform, tier: compileContract(hcm).tier });
    const follow = system.pollChanges?.bind(system);
    if (changes && !follow) throw new ConfigError([`/apis/hcm/changes: ${name} has nothing that can be followed`]);

    return {
      operations: {
        ...system,
        ...checkingInput(system),
        async listFiles() { throw new ApiError('not-supported', NO_FILES); },
        async getFile() { throw new ApiError('not-supported', NO_FILES); },
        async getCapabilities(input, call) {
          const own = await system.getCapabilities(input, call);
          const followed = changes ? { supported: true } : { supported: false, reason: 'Following changes is not configured.' };
          return { ...own, capabilities: [...own.capabilities, { name: 'changes', ...followed }, { name: 'files', supported: false, reason: NO_FILES }] };
        },
      },
      background: changes && follow ? [pollChanges({ ...platform, poll: follow, pollMs: changes.pollMs })] : [],
      close: () => system.close(),
    };
  },
});
