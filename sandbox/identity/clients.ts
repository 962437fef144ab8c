import { suppliers } from '../hospital/suppliers.ts';

/** The audience of every access token: the door of the platform. */
export const RESOURCE = 'https://api.callosum.example';

/** Scopes are coarse: which door. What a person may do behind it comes from the roles. */
export type Scope = 'portal' | 'partner' | 'operations';

/** An application that may ask for tokens. */
export type Client = PortalClient | MachineClient;

/** For people: authorization code with PKCE, no secret. */
export interface PortalClient {
  kind: 'public';
  clientId: string;
  name: string;
  scopes: readonly Scope[];
  redirectUris: readonly string[];
}

/** For machines: client credentials. */
export interface MachineClient {
  kind: 'machine';
  clientId: string;
  name: string;
  scopes: readonly Scope[];
  /** `key` is private_key_jwt with ES256, `secret` is client_secret_basic. */
  authentication: 'key' | 'secret';
  /** The supplier that a partner's tokens speak for. */
  supplier?: string;
  /** What an exchange, such as a value-added network, carries for many suppliers. */
  exchange?: 'x12';
}

/**
 * @param redirectUris where the portal may be called back, exactly
 */
export function demoClients(redirectUris: readonly string[]): Client[] {
  return [
    { kind: 'public', clientId: 'portal', name: 'Lakeside supply portal', scopes: ['portal', 'operations'], redirectUris },
    { kind: 'machine', clientId: 'day-runner', name: 'A day at the hospital', scopes: ['operations'], authentication: 'secret' },
    { kind: 'machine', clientId: 'operator', name: 'Operations tooling', scopes: ['operations'], authentication: 'key' },
    { kind: 'machine', clientId: 'value-added-network', name: 'Value-added network', scopes: ['partner'], authentication: 'secret', exchange: 'x12' },
    ...suppliers.filter((each) => each.channel === 'partner-rest').map((each): MachineClient => ({
      kind: 'machine', clientId: partnerClientId(each.number), name: each.name, scopes: ['partner'], authentication: 'secret', supplier: each.number,
    })),
  ];
}

export function partnerClientId(supplier: string): string {
  return `partner-${supplier.toLowerCase()}`;
}
