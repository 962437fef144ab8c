import type { Static, TSchema } from '@sinclair/typebox';
import type { VendorCalls } from '../history/vendor-calls.ts';
import type { VendorEvidence } from '../http/vendor-evidence.ts';
import type { Dependencies } from '../resilience/dependencies.ts';
import type { TierName } from '../resilience/tiers.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Clock } from '../time/clock.ts';

/** What an adapter may use. Not storage, not the environment, not other adapters. */
export interface AdapterDeps {
  log: Log;
  metrics: Metrics;
  clock: Clock;
  /** What all processes know of the vendor; an adapter that is used by itself knows what it sees. */
  dependencies?: Dependencies;
  /** Keeps exchanges that went wrong. */
  evidence?: VendorEvidence;
  /** Notes the calls that were made. */
  calls?: VendorCalls;
  /** Of the API that it serves. */
  tier?: TierName;
}

/** What an adapter needs for its wire. */
export type WireDeps = Pick<AdapterDeps, 'log' | 'metrics' | 'dependencies' | 'evidence' | 'calls' | 'tier'>;

/** One vendor behind a port. */
export interface Adapter<Port, Settings extends TSchema = TSchema> {
  settings: Settings;
  create(settings: Static<Settings>, deps: AdapterDeps): Port & Closable;
}

export interface Closable {
  close(): Promise<void>;
}

export function defineAdapter<Port>() {
  return <Settings extends TSchema>(adapter: Adapter<Port, Settings>): Adapter<Port, Settings> => adapter;
}

/** What a vendor can and cannot do. A capability that is lacking names the reason and what happens instead. */
export interface Capability {
  name: string;
  supported: boolean;
  reason?: string;
}
