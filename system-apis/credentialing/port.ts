import type { Adapter } from '#chassis/adapters/adapter.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import type { CredentialingOperations } from '#contracts/generated/system/credentialing/v1.ts';

export type Standing = CredentialingOperations['getStanding']['output'];
export type Credential = Standing['credentials'][number];
export type Sanction = Standing['sanctions'][number];

/** What an adapter of a credentialing system offers. */
export interface CredentialingPort extends Implementation<CredentialingOperations> {
  /**
   * Everybody whose standing may have changed after a position, as it is now; everybody at all without one. More than what
   * changed may be found: whoever asks compares. Asked again with the same position it finds at least the same.
   */
  pollStandings(position: unknown): Promise<StandingsFound>;
}

export interface StandingsFound {
  standings: FoundStanding[];
  /** JSON, to be kept together with what was found; its meaning is the adapter's. */
  position: unknown;
}

export interface FoundStanding {
  standing: Standing;
  /** When the system behind last noted something about it. */
  recordedAt: string;
}

export type CredentialingAdapter = Adapter<CredentialingPort>;
