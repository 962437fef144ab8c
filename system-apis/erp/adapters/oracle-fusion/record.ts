import { Type, type Static, type TObject, type TProperties, type TSchema } from '@sinclair/typebox';
import { schemaCompiler, type Check } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';

/** The part of a vendor resource that is read, and the check that it is there. Attributes beyond it are welcome. */
export interface Shape<S extends TSchema = TSchema> {
  resource: string;
  schema: S;
  checkItem: Check;
  checkPage: Check;
}

export type Row<S extends Shape> = Static<S['schema']>;

export interface VendorPage<Item> {
  items: Item[];
  hasMore: boolean;
}

const compile = schemaCompiler({});

export function shape<P extends TProperties>(resource: string, properties: P): Shape<TObject<P>> {
  const schema = Type.Object(properties);
  return { resource, schema, checkItem: compile(schema), checkPage: compile(Type.Object({ items: Type.Array(schema), hasMore: Type.Boolean() })) };
}

/** Numbers arrive as text (exact-json.ts). */
export const id = Type.String({ pattern: '^\\d{1,18}$' });
export const decimal = Type.String({ pattern: '^-?\\d+(\\.\\d+)?$' });
export const text = Type.String();
export const flag = Type.Boolean();
export const day = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d' });
export const instant = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d' });

/** An attribute without a value is null, or is not there at all. */
export function optional<S extends TSchema>(schema: S) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

export function children<P extends TProperties>(properties: P) {
  return Type.Array(Type.Object(properties));
}

export function itemOf<S extends Shape>({ resource, checkItem }: S, answer: unknown): Row<S> {
  refuseFaults(resource, checkItem(answer));
  return answer as Row<S>;
}

export function pageOf<S extends Shape>({ resource, checkPage }: S, answer: unknown): VendorPage<Row<S>> {
  refuseFaults(resource, checkPage(answer));
  return answer as VendorPage<Row<S>>;
}

function refuseFaults(resource: string, [fault]: ReturnType<Check>): void {
  if (fault) throw brokenAnswer(`${resource}${fault.pointer} ${fault.detail}`);
}

/** Names the place and quotes nothing of the answer. */
export function brokenAnswer(what: string, cause?: unknown): ApiError {
  return new ApiError('upstream-broken', `The ERP answered in an unexpected form: ${what}.`, { code: 'vendor-answer-invalid', cause });
}
