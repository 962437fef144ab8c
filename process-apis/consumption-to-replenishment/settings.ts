import { Type, type Static } from '@sinclair/typebox';

export const Settings = Type.Object({
  /** `<facility>/<department>` as the EHR names it: who bears the cost, and which stock it is taken from. */
  places: Type.Record(Type.String(), Type.Object({ costCenter: Type.String(), location: Type.String() }, { additionalProperties: false })),
  /** Bears what the central stores order. */
  storesCostCenter: Type.String(),
  accounts: Type.Object({ inventory: Type.String() }, { additionalProperties: false }),
}, { additionalProperties: false });

export type Settings = Static<typeof Settings>;
