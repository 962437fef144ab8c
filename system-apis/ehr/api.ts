import { compileContract } from '#chassis/contract/contract.ts';
import { defineApi } from '#chassis/deployable/api-module.ts';
import type { Background } from '#chassis/deployable/background.ts';
import { checkSection, ConfigError } from '#chassis/config/config.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { adapters, messageProtocol, type VendorName } from './adapters/index.ts';
import { EhrSettings } from './config.ts';
import { createIntake } from './messages/intake.ts';
import { messageOperations } from './messages/operations.ts';
import { processMessages } from './messages/processing.ts';
import { forgetMessages } from './messages/retention.ts';
import { migrations } from './migrations.ts';
import { pollUses } from './uses/poller.ts';
import { watchesOf } from './watches.ts';

/** What happened to patients as far as the business needs to know, whatever record system and feeds it comes from. */
export const ehrApi = defineApi<EventData>()({
  contract: ehr,
  settings: EhrSettings,
  migrations,
  keepsPayloads: true,
  create(platform, { adapter: name, settings, uses, mllp, messages }) {
    const adapter = Object.hasOwn(adapters, name) ? adapters[name as VendorName] : undefined;
    if (!adapter) throw new ConfigError([`/apis/ehr/adapter: must be one of ${Object.keys(adapters).join(', ')}`]);
    const mistakes: string[] = [];
    const checked = checkSection(adapter.settings, settings, '/apis/ehr/settings', mistakes);
    if (mistakes.length > 0) throw new ConfigError(mistakes);
    const record = adapter.create(checked as never, { ...platform, tier: compileContract(ehr).tier });

    // Without a listener what was kept can still be read and processed again.
    const protocol = messageProtocol.create(mllp ?? checkSection(messageProtocol.settings, { port: 0 }, '/apis/ehr/mllp', []), platform);
    const processing = processMessages({ ...platform, messages: protocol });
    const intake = createIntake({ ...platform, onStored: processing.wake });
    const background: Background[] = [
      processing,
      forgetMessages(messages, platform),
      ...(uses ? [pollUses({ ...platform, ehr: record, pollMs: uses.pollMs })] : []),
      ...(mllp ? [protocol.listen(intake.take)] : []),
    ];

    return {
      operations: {
        ...record,
        ...messageOperations({ ...platform, messages: protocol }),
        async getCapabilities(input, call) {
          const own = await record.getCapabilities(input, call);
          const received = mllp ? { supported: true } : { supported: false, reason: 'No listener is configured; messages that were kept can still be read.' };
          return { ...own, capabilities: [...own.capabilities, { name: 'clinical-messages', ...received }] };
        },
      },
      background,
      watches: watchesOf(messages),
      async close() {
        await protocol.close();
        await record.close();
      },
    };
  },
});
