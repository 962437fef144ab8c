import type { AdapterDeps, Closable } from '#chassis/adapters/adapter.ts';
import { checkSection, ConfigError } from '#chassis/config/config.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { adapters, type ChannelType } from './adapters/index.ts';
import type { Settings } from './config.ts';
import type { Channel, ChannelAdapter } from './port.ts';

/** A configured channel. */
export interface OpenChannel {
  name: string;
  adapter: ChannelType;
  port: Channel & Closable;
  /** The channel that knows its suppliers' prices; often itself. */
  catalog: string;
}

export interface Channels {
  readonly all: readonly OpenChannel[];
  /** The way to a supplier. */
  to(supplierNumber: string): OpenChannel;
  /** The way that something took; it may not be configured any more. */
  named(name: string): OpenChannel;
  /** The one that answers for prices of a supplier, or of all. */
  catalogFor(supplierNumber: string | undefined): OpenChannel;
  close(): Promise<void>;
}

/** Opens all channels, or says everything that is wrong with their configuration. */
export function openChannels(settings: Settings, deps: AdapterDeps): Channels {
  const mistakes: string[] = [];
  const checked = Object.entries(settings.channels).map(([name, { adapter: type, settings: own, catalog }]) => {
    const place = `/apis/procurement-network/channels/${name}`;
    const adapter = Object.hasOwn(adapters, type) ? adapters[type as ChannelType] as ChannelAdapter : undefined;
    if (!adapter) mistakes.push(`${place}/adapter: must be one of ${Object.keys(adapters).join(', ')}`);
    if (catalog !== undefined && !Object.hasOwn(settings.channels, catalog)) mistakes.push(`${place}/catalog: there is no channel ${catalog}`);
    const section = adapter ? checkSection(adapter.settings, own ?? {}, `${place}/settings`, mistakes) : undefined;
    return { name, type: type as ChannelType, adapter, section, catalog: catalog ?? name };
  });
  for (const [supplier, name] of Object.entries(settings.suppliers)) {
    if (!Object.hasOwn(settings.channels, name)) mistakes.push(`/apis/procurement-network/suppliers/${supplier}: there is no channel ${name}`);
  }
  if (!Object.hasOwn(settings.channels, settings.defaultChannel)) mistakes.push(`/apis/procurement-network/defaultChannel: there is no channel ${settings.defaultChannel}`);
  // Interchanges say for whom they are, not by which of our channels they come.
  if (checked.filter(({ type }) => type === 'x12').length > 1) mistakes.push('/apis/procurement-network/channels: only one of them may be of x12');
  if (mistakes.length > 0) throw new ConfigError(mistakes);

  const all = checked.map(({ name, type, adapter, section, catalog }): OpenChannel => ({ name, adapter: type, port: adapter!.create(section as never, deps), catalog }));
  const find = (name: string) => all.find((each) => each.name === name);
  const to = (supplierNumber: string) => find(Object.hasOwn(settings.suppliers, supplierNumber) ? settings.suppliers[supplierNumber]! : settings.defaultChannel)!;
  return {
    all,
    to,
    named(name) {
      const channel = find(name);
      if (!channel) throw new ApiError('unavailable', `The channel ${name} is not configured any more.`, { code: 'channel-not-configured' });
      return channel;
    },
    catalogFor: (supplierNumber) => find((supplierNumber === undefined ? find(settings.defaultChannel)! : to(supplierNumber)).catalog)!,
    async close() {
      for (const { port } of all) await port.close();
    },
  };
}
