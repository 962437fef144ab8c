import { Type, type Static } from '@sinclair/typebox';

const HOUR_MS = 3_600_000;

/** Whole milliseconds, so that a sandbox day may run in seconds what a hospital gives days. */
const limit = (ms: number) => Type.Integer({ minimum: 100, default: ms });

export const Settings = Type.Object({
  /** `<facility>/<department>` as the EHR names it: who bears the cost, and which stock it is taken from. */
  places: Type.Record(Type.String(), Type.Object({ costCenter: Type.String(), location: Type.String() }, { additionalProperties: false })),
  /** Bears what the central stores order. */
  storesCostCenter: Type.String(),
  accounts: Type.Object({
    inventory: Type.String(),
    /** Bears what a count finds more than the books held; the item's expense account where none is named. */
    stockDifferences: Type.Optional(Type.String()),
  }, { additionalProperties: false }),
  limits: Type.Object({
    /** How long stores that ran out are left alone before they are asked again. */
    refillMs: limit(4 * HOUR_MS),
    /** How long a use that is done can still be corrected by the EHR. */
    correctionMs: limit(90 * 24 * HOUR_MS),
  }, { additionalProperties: false, default: {} }),
}, { additionalProperties: false });

export type Settings = Static<typeof Settings>;
