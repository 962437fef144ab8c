import type { Static, TSchema } from '@sinclair/typebox';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Clock } from '../time/clock.ts';

/** What an adapter may use. Not storage, not the environment, not other adapters. */
export interface AdapterDeps {
  log: Log;
  metrics: Metrics;
  clock: Clock;
}

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
