import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { schemaCompiler, type Check } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';

/** What is relied on in the vendor's answers. Everything else may be there and is not looked at. */
export interface Shape<T> {
  name: string;
  check: Check;
  /** Never set; carries the type. */
  readonly of?: T;
}

const compile = schemaCompiler({});

function shape<S extends TSchema>(name: string, schema: S): Shape<Static<S>> {
  return { name, check: compile(schema) };
}

const optional = Type.Optional;
const text = optional(Type.String());
const Concept = Type.Object({ coding: optional(Type.Array(Type.Object({ system: text, code: text }))) });
const Identifiers = optional(Type.Array(Type.Object({ system: text, value: text })));
const Period = Type.Object({ start: text, end: text });
const head = <Name extends string>(name: Name) => ({
  resourceType: Type.Literal(name), id: Type.String({ pattern: '^[A-Za-z0-9\\-.]{1,64}$' }), meta: Type.Object({ lastUpdated: Type.String({ format: 'date-time' }) }),
});

export type Concept = Static<typeof Concept>;
export type Identifiers = Static<typeof Identifiers> | undefined;

export const TokenShape = shape('token', Type.Object({
  access_token: Type.String({ minLength: 1 }), token_type: Type.String({ pattern: '^[Bb]earer$' }), expires_in: optional(Type.Number({ minimum: 0 })),
}));

export const BundleShape = shape('Bundle', Type.Object({
  resourceType: Type.Literal('Bundle'),
  link: optional(Type.Array(Type.Object({ relation: Type.String(), url: Type.String() }))),
  entry: optional(Type.Array(Type.Object({ resource: optional(Type.Unknown()), search: optional(Type.Object({ mode: text })) }))),
}));

/** Its qualifications are looked at one by one: one that is odd says nothing about the others. */
export const PractitionerShape = shape('Practitioner', Type.Object({ ...head('Practitioner'), identifier: Identifiers, qualification: optional(Type.Array(Type.Unknown())) }));
export type Practitioner = NonNullable<typeof PractitionerShape.of>;

export const QualificationShape = shape('qualification', Type.Object({
  extension: optional(Type.Array(Type.Object({
    url: text,
    extension: optional(Type.Array(Type.Object({ url: text, valueCode: text, valueCodeableConcept: optional(Concept), valueReference: optional(Type.Unknown()) }))),
  }))),
  identifier: Identifiers, code: Concept, period: optional(Period), issuer: optional(Type.Object({ display: text })),
}));
export type Qualification = NonNullable<typeof QualificationShape.of>;

export const FlagShape = shape('Flag', Type.Object({
  ...head('Flag'), status: Type.String(), code: Concept, subject: Type.Object({ reference: Type.String() }), period: optional(Period),
}));
export type Flag = NonNullable<typeof FlagShape.of>;

export const RegistryShape = shape('answer of the registry', Type.Union([
  Type.Object({ Errors: Type.Array(Type.Object({ description: Type.String() }), { minItems: 1 }) }),
  Type.Object({
    result_count: Type.Integer(),
    results: Type.Array(Type.Object({
      number: Type.String(),
      basic: Type.Object({ first_name: text, last_name: text, status: text }),
      taxonomies: optional(Type.Array(Type.Object({ code: text, primary: optional(Type.Boolean()) }))),
    })),
  }),
]));

/** @throws ApiError upstream-broken, naming the places but nothing of what stood there */
export function fitting<T>({ name, check }: Shape<T>, value: unknown): T {
  const faults = check(value);
  if (faults.length === 0) return value as T;
  throw invalidAnswer(`The ${name} that credentialing answered is not valid at ${faults.slice(0, 5).map((fault) => fault.pointer || '/').join(', ')}.`);
}

export function invalidAnswer(detail: string): ApiError {
  return new ApiError('upstream-broken', detail, { code: 'vendor-answer-invalid' });
}

/** The parser's own message quotes the answer, so that it is not kept. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw invalidAnswer('Credentialing did not answer JSON.');
    throw cause;
  }
}
