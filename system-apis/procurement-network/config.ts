import { Type, type Static } from '@sinclair/typebox';

const ChannelSettings = Type.Object({
  /** By the name of its folder under adapters/. */
  adapter: Type.String(),
  /** In the shape that the adapter declares. */
  settings: Type.Optional(Type.Unknown()),
  /** The channel that knows the prices of these suppliers, when it is another one. */
  catalog: Type.Optional(Type.String()),
}, { additionalProperties: false });

export const Settings = Type.Object({
  /** Ways to suppliers, under names of our own. */
  channels: Type.Record(Type.String({ minLength: 1, maxLength: 40 }), ChannelSettings, { minProperties: 1 }),
  /** Which way a supplier is reached, by its number. */
  suppliers: Type.Record(Type.String(), Type.String(), { default: {} }),
  /** The way to all others. */
  defaultChannel: Type.String(),
  /** Milliseconds between two looks at what suppliers left in a network. */
  pollMs: Type.Integer({ minimum: 10, maximum: 3_600_000, default: 5_000 }),
}, { additionalProperties: false });

export type Settings = Static<typeof Settings>;
