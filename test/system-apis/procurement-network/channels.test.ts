import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkSection, ConfigError } from '#chassis/config/config.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { catalogOperations } from '../../../system-apis/procurement-network/catalog.ts';
import { openChannels } from '../../../system-apis/procurement-network/channels.ts';
import { Settings } from '../../../system-apis/procurement-network/config.ts';
import { fails } from './channel-conformance.ts';
import { settingsFor } from './platform.ts';

const deps = { log: createLog('test', 'error'), metrics: createMetrics('test'), clock: systemClock };
const good = () => settingsFor({ url: 'http://127.0.0.1:9', clients: [{ id: 'us', secret: 'geheim', scopes: [] }] });

function mistakesOf(settings: unknown): string[] {
  const mistakes: string[] = [];
  const checked = checkSection(Settings, settings, '/apis/procurement-network', mistakes);
  if (mistakes.length > 0) return mistakes;
  try {
    openChannels(checked, deps);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('the configuration of the channels', () => {
  it('sends each supplier its way, and all others the default way', async () => {
    const channels = openChannels(checkSection(Settings, good(), '', []), deps);
    assert.deepEqual(['SUP-130', 'SUP-150', 'SUP-100', 'toString'].map((supplier) => channels.to(supplier).name), ['x12', 'partner', 'coupa', 'coupa']);
    assert.deepEqual([channels.catalogFor('SUP-150').name, channels.catalogFor(undefined).name], ['coupa', 'coupa']);
    await fails(Promise.resolve().then(() => channels.named('carrier-pigeon')), 'unavailable', 'channel-not-configured');
    await channels.close();
  });

  it('says everything that is wrong with it at once', () => {
    const { channels, ...rest } = good();
    assert.deepEqual(mistakesOf({
      ...rest,
      channels: {
        ...channels,
        pigeon: { adapter: 'pigeon' },
        coupa: { adapter: 'coupa', settings: { baseUrl: 'here', clientId: 'us' } },
        partner: { adapter: 'partner', catalog: 'nowhere', settings: { speed: 1 } },
        van: { adapter: 'x12', settings: { baseUrl: 'http://127.0.0.1:9', address: 'LAKESIDE', suppliers: {} } },
      },
      suppliers: { 'SUP-1': 'fax' }, defaultChannel: 'fax',
    }).toSorted(), [
      '/apis/procurement-network/channels/coupa/settings/baseUrl: must match format "uri"',
      '/apis/procurement-network/channels/coupa/settings/clientSecret: is required',
      '/apis/procurement-network/channels/partner/catalog: there is no channel nowhere',
      '/apis/procurement-network/channels/partner/settings/speed: is not known here',
      '/apis/procurement-network/channels/pigeon/adapter: must be one of coupa, x12, partner',
      '/apis/procurement-network/channels/van/settings/address: must match pattern "^[A-Z0-9]{2}:[A-Za-z0-9 .,&/_-]{1,15}$"',
      '/apis/procurement-network/channels: only one of them may be of x12',
      '/apis/procurement-network/defaultChannel: there is no channel fax',
      '/apis/procurement-network/suppliers/SUP-1: there is no channel fax',
    ]);
    assert.deepEqual(mistakesOf({}), ['/apis/procurement-network/channels: is required', '/apis/procurement-network/defaultChannel: is required']);
  });

  it('without a channel that keeps a catalogue says so to whoever asks for a price', async () => {
    const channels = openChannels(checkSection(Settings, { channels: { partner: { adapter: 'partner' } }, defaultChannel: 'partner' }, '', []), deps);
    const { getContractPrice, getCapabilities } = catalogOperations(channels, systemClock);
    const call = { principal: { kind: 'service', subject: 'test', service: 'test', scopes: [], roles: [], facilities: [], bindings: {} }, repeated: false, idempotencyKey: undefined, signal: AbortSignal.timeout(5_000) } as const;
    const failure = await fails(getContractPrice({ supplierNumber: 'SUP-150', itemNumber: 'CON-3006' }, call), 'not-supported', 'no-catalog');
    const { capabilities } = await getCapabilities({}, call);
    assert.equal(failure.message, capabilities.find(({ name }) => name === 'partner/contract-prices')!.reason);
    await channels.close();
  });
});
