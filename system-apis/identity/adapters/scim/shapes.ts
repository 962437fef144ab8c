import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { schemaCompiler, type Check } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';

/** What we rely on in answers. Everything else may be there and is not looked at. */
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

const text = Type.Optional(Type.String());
const Meta = Type.Optional(Type.Object({ version: text }));

/** @source RFC 7643 section 4.1; `groups` is the provider's to keep */
const User = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 255 }), externalId: text, userName: Type.String(), active: Type.Optional(Type.Boolean()), displayName: text, meta: Meta,
  name: Type.Optional(Type.Object({ givenName: text, familyName: text })),
  emails: Type.Optional(Type.Array(Type.Object({ value: text }))),
  groups: Type.Optional(Type.Array(Type.Object({ value: Type.String(), display: text, type: text }))),
});
/** @source RFC 7643 section 4.2 */
const Group = Type.Object({ id: Type.String(), displayName: Type.String(), meta: Meta, members: Type.Optional(Type.Array(Type.Object({ value: Type.String() }))) });
const page = (resource: TSchema) => Type.Object({ totalResults: Type.Integer(), Resources: Type.Optional(Type.Array(resource)) });

export type User = Static<typeof User>;
export type Group = Static<typeof Group>;
export interface ResourcePage<Resource> { totalResults: number; Resources?: Resource[] }

export const UserShape = shape('User', User);
export const GroupShape = shape('Group', Group);
export const UsersShape = shape('ListResponse', page(User)) as Shape<ResourcePage<User>>;
export const GroupsShape = shape('ListResponse', page(Group)) as Shape<ResourcePage<Group>>;
/** @source RFC 7643 section 5 */
export const ProviderShape = shape('ServiceProviderConfig', Type.Object({ patch: Type.Object({ supported: Type.Boolean() }), etag: Type.Object({ supported: Type.Boolean() }) }));

export function fitting<T>(wanted: Shape<T>, text: string): T {
  const answer = parsed(text);
  const [fault] = wanted.check(answer);
  if (fault) throw broken(`The ${wanted.name} that the directory answered is not one: ${fault.pointer || '/'} ${fault.detail}.`);
  return answer as T;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the parser's message, which quotes the answer.
    throw broken('The directory did not answer JSON.');
  }
}

function broken(detail: string): ApiError {
  return new ApiError('upstream-broken', detail, { code: 'vendor-answer-invalid' });
}
