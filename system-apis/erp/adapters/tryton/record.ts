import { Kind, Type, type Static, type TObject, type TProperties, type TSchema } from '@sinclair/typebox';
import { schemaCompiler, type Check } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';

/**
 * The part of a Tryton model that is read. A key that ends with a dot reads the related records in the same call, as
 * the server answers it: `{ 'party.': { code } }` asks for `party.code`.
 */
export interface Shape<S extends TSchema = TSchema> {
  model: string;
  schema: S;
  fields: string[];
  check: Check;
}

export type Row<S extends Shape> = Static<S['schema']>;

export function shape<P extends TProperties>(model: string, properties: P): Shape<TObject<P & { id: typeof Id }>> {
  const schema = Type.Object({ ...properties, id: Id }) as unknown as TObject<P & { id: typeof Id }>;
  return { model, schema, fields: fieldsOf(schema as unknown as TObject), check: compile(Type.Array(schema)) };
}

const compile = schemaCompiler({});

export const Id = Type.Integer();
export const text = Type.String();
export const flag = Type.Boolean();
export const number = Type.Number();
/** Decimals and days come as text (wire.ts). */
export const amount = Type.String({ pattern: '^-?\\d+(\\.\\d+)?$' });
export const day = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' });

export function optional<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()]);
}

/** A related record, absent as null. */
export function one<P extends TProperties>(properties: P) {
  return Type.Union([Type.Object(properties), Type.Null()]);
}

/** A related record that is always there. */
export function the<P extends TProperties>(properties: P) {
  return Type.Object(properties);
}

export function many<P extends TProperties>(properties: P) {
  return Type.Array(Type.Object({ ...properties, id: Id }));
}

function fieldsOf(schema: TObject): string[] {
  return Object.entries(schema.properties).flatMap(([key, inner]) => (key.endsWith('.') ? fieldsOf(objectIn(inner)).map((field) => `${key}${field}`) : [key]));
}

function objectIn(schema: TSchema): TObject {
  if (schema[Kind] === 'Array') return objectIn(schema['items'] as TSchema);
  if (schema[Kind] === 'Union') return objectIn((schema['anyOf'] as TSchema[])[0]!);
  return schema as TObject;
}

/** Records as the shape wants them, or a failure that names the place and quotes nothing. */
export function rowsOf<S extends Shape>({ model, check }: S, answer: unknown): Row<S>[] {
  const [fault] = check(answer);
  if (fault) {
    throw new ApiError('upstream-broken', `The ERP answered ${model} in an unexpected form (${fault.pointer || '/'} ${fault.detail}).`, { code: 'vendor-answer-invalid' });
  }
  return answer as Row<S>[];
}
