import { Type, type Static } from '@sinclair/typebox';

export const HcmSettings = Type.Object({
  /** The HR system, by the name of its adapter's folder. */
  adapter: Type.String(),
  /** In the shape that the adapter declares. */
  settings: Type.Unknown(),
  /** Following what changes of workers; not followed when absent. */
  changes: Type.Optional(Type.Object({
    pollMs: Type.Integer({ minimum: 50, maximum: 3_600_000, default: 1_000 }),
  }, { additionalProperties: false })),
}, { additionalProperties: false });

export type HcmSettings = Static<typeof HcmSettings>;
