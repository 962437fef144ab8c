import type { DirectoryAdapter } from '../port.ts';
import { ldap } from './ldap/adapter.ts';
import { scim } from './scim/adapter.ts';

/** The register of protocols: one line each. */
export const adapters = {
  ldap,
  scim,
} satisfies Record<string, DirectoryAdapter>;

export type DirectoryKind = keyof typeof adapters;
