import { Type, type Static } from '@sinclair/typebox';

export const ScimSettings = Type.Object({
  /** With the version, without a slash at its end: https://apps.example/scim/v2 */
  baseUrl: Type.String({ format: 'uri' }),
  token: Type.String({ minLength: 1 }),
  /** Milliseconds for one exchange. */
  timeoutMs: Type.Integer({ minimum: 100, maximum: 120_000, default: 8_000 }),
  connections: Type.Integer({ minimum: 1, maximum: 64, default: 8 }),
  /** SCIM has no sessions. Where a provider ends them by a resource of its own: what is deleted for that. */
  sessions: Type.Optional(Type.Object({ path: Type.String({ pattern: '^/.*\\{id\\}' }) }, { additionalProperties: false })),
}, { additionalProperties: false });

export type ScimSettings = Static<typeof ScimSettings>;
