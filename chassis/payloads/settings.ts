import { Type, type Static } from '@sinclair/typebox';

export const PayloadSettings = Type.Object({
  /** The first wraps what is new; the others are kept while data keys need them. */
  masterKeys: Type.Array(Type.Object({
    id: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
    file: Type.String({ minLength: 1 }),
  }, { additionalProperties: false }), { minItems: 1 }),
  /** Days for which bodies are kept that say nothing else. */
  keepDays: Type.Optional(Type.Number({ minimum: 1 })),
}, { additionalProperties: false });

export type PayloadSettings = Static<typeof PayloadSettings>;
