import { Type, type Static } from '@sinclair/typebox';
import { MllpSettings } from './adapters/hl7-v2/settings.ts';

export const EhrSettings = Type.Object({
  /** The record system, by the name of its adapter's folder. */
  adapter: Type.String(),
  /** In the shape that the adapter declares. */
  settings: Type.Unknown(),
  /** Following the uses of supplies and devices; not followed when absent. */
  uses: Type.Optional(Type.Object({
    pollMs: Type.Integer({ minimum: 50, maximum: 3_600_000, default: 5_000 }),
  }, { additionalProperties: false })),
  /** Where messages are listened for; nowhere when absent. */
  mllp: Type.Optional(MllpSettings),
  messages: Type.Object({
    /** Days after which messages that were processed or refused are forgotten. */
    keepDays: Type.Integer({ minimum: 1, maximum: 3_650, default: 90 }),
    /** Days for which another message under the control id of an accepted one is an error; then the sender may use it again. */
    controlIdDays: Type.Integer({ minimum: 1, maximum: 3_650, default: 7 }),
    /** How long an acknowledged message may wait to be processed before somebody is called. */
    processedWithinMs: Type.Integer({ minimum: 100, default: 60_000 }),
  }, { additionalProperties: false, default: {} }),
}, { additionalProperties: false });

export type EhrSettings = Static<typeof EhrSettings>;
