import { Type } from '@sinclair/typebox';
import { compileContract } from '#chassis/contract/contract.ts';
import { defineApi } from '#chassis/deployable/api-module.ts';
import { checkSection, ConfigError } from '#chassis/config/config.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { scheduling } from '#contracts/generated/system/scheduling/v1.ts';
import { adapters, type VendorName } from './adapters/index.ts';

const Settings = Type.Object({
  /** The planning system, by the name of its adapter's folder. */
  adapter: Type.String(),
  /** In the shape that the adapter declares. */
  settings: Type.Unknown(),
}, { additionalProperties: false });

/** Who may be planned into which shifts, whatever system plans them. */
export const schedulingApi = defineApi<EventData>()({
  contract: scheduling,
  settings: Settings,
  create(platform, { adapter: name, settings }) {
    const adapter = Object.hasOwn(adapters, name) ? adapters[name as VendorName] : undefined;
    if (!adapter) throw new ConfigError([`/apis/scheduling/adapter: must be one of ${Object.keys(adapters).join(', ')}`]);
    const mistakes: string[] = [];
    const checked = checkSection(adapter.settings, settings, '/apis/scheduling/settings', mistakes);
    if (mistakes.length > 0) throw new ConfigError(mistakes);
    const port = adapter.create(checked as never, { ...platform, tier: compileContract(scheduling).tier });
    return { operations: port, close: () => port.close() };
  },
});
