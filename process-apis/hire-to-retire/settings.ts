import { Type, type Static } from '@sinclair/typebox';
import { CalendarSettings } from '#chassis/time/calendar.ts';

const HOUR_MS = 3_600_000;

/** Whole milliseconds, so that a sandbox day may run in seconds what a hospital gives days. */
const limit = (ms: number) => Type.Integer({ minimum: 100, default: ms });
const code = Type.String({ minLength: 1, maxLength: 64 });

/** A line of the policy. What it does not name may be any. */
const Rule = Type.Object({
  /** As evidence and people read it. */
  name: Type.String({ minLength: 1, maxLength: 120 }),
  job: Type.Optional(code),
  department: Type.Optional(code),
  facility: Type.Optional(code),
  /** Codes of credentials, all of which have to be valid. */
  needs: Type.Optional(Type.Array(code)),
  /** The role that has to agree first. */
  approvedBy: Type.Optional(code),
  /** Given during a leave as well. */
  duringLeave: Type.Optional(Type.Boolean()),
  /** `<target>:<right>`; `{facility}` and `{department}` stand for where the person is assigned. */
  rights: Type.Array(Type.String({ pattern: '^(directory|applications|badges|scheduling|clinical):[A-Za-z0-9{][A-Za-z0-9 ._:/{}-]*$', maxLength: 160 }), { minItems: 1 }),
}, { additionalProperties: false });

export type Rule = Static<typeof Rule>;

export const Settings = Type.Object({
  calendar: CalendarSettings,
  /** Who gets what. */
  policy: Type.Array(Rule, { minItems: 1 }),
  limits: Type.Object({
    /** How long a right that is to be taken may still be held before somebody is called. */
    riskMs: limit(60_000),
    /** How long leavers' rights may take as a whole. */
    revokedWithinMs: limit(300_000),
  }, { additionalProperties: false, default: {} }),
  drift: Type.Object({
    /** Of one check to the next that is made unasked. */
    everyMs: limit(24 * HOUR_MS),
    repair: Type.Boolean({ default: true }),
  }, { additionalProperties: false, default: {} }),
}, { additionalProperties: false });

export type Settings = Static<typeof Settings>;
