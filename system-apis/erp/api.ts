import { Type } from '@sinclair/typebox';
import { compileContract } from '#chassis/contract/contract.ts';
import { defineApi } from '#chassis/deployable/api-module.ts';
import { checkSection, ConfigError } from '#chassis/config/config.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { adapters, type VendorName } from './adapters/index.ts';

const Settings = Type.Object({
  /** The vendor, by the name of its folder. */
  adapter: Type.String(),
  /** In the shape that the adapter declares. */
  settings: Type.Unknown(),
}, { additionalProperties: false });

/** Suppliers, items, money and stock of the business system, whatever its vendor. */
export const erpApi = defineApi<EventData>()({
  contract: erp,
  settings: Settings,
  create({ log, metrics, clock, dependencies, evidence, calls }, { adapter: name, settings }) {
    const adapter = Object.hasOwn(adapters, name) ? adapters[name as VendorName] : undefined;
    if (!adapter) throw new ConfigError([`/apis/erp/adapter: must be one of ${Object.keys(adapters).join(', ')}`]);
    const mistakes: string[] = [];
    const checked = checkSection(adapter.settings, settings, '/apis/erp/settings', mistakes);
    if (mistakes.length > 0) throw new ConfigError(mistakes);
    const port = adapter.create(checked as never, { log, metrics, clock, dependencies, evidence, calls, tier: compileContract(erp).tier });
    return { operations: port, close: () => port.close() };
  },
});
