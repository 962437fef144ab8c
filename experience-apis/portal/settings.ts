import { Type, type Static } from '@sinclair/typebox';

/** How large one operation may be, counted before anything is done for it. */
const Limits = Type.Object({
  tokens: Type.Integer({ minimum: 50, default: 1_000 }),
  depth: Type.Integer({ minimum: 2, default: 8 }),
  aliases: Type.Integer({ minimum: 0, default: 30 }),
  /** Objects that an answer may hold at most, as far as the operation tells. */
  objects: Type.Integer({ minimum: 10, default: 5_000 }),
}, { additionalProperties: false, default: {} });

export const PortalSettings = Type.Object({
  /** Lets clients ask for the graph itself; for development only. */
  introspection: Type.Boolean({ default: false }),
  limits: Limits,
  /** Whose work items are shown. A hospital need not have every process. */
  processes: Type.Array(Type.Union([Type.Literal('PROCURE_TO_PAY'), Type.Literal('CONSUMPTION_TO_REPLENISHMENT'), Type.Literal('HIRE_TO_RETIRE')]), {
    minItems: 1, default: ['PROCURE_TO_PAY', 'CONSUMPTION_TO_REPLENISHMENT', 'HIRE_TO_RETIRE'],
  }),
}, { additionalProperties: false });

export type PortalSettings = Static<typeof PortalSettings>;
export type GraphLimits = Static<typeof Limits>;
