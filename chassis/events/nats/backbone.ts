import { Counter, Gauge } from 'prom-client';
import type { Lease } from '../../storage/lease.ts';
import type { Background } from '../../deployable/background.ts';
import type { ConsumerDeps, Subscription } from '../subscription.ts';
import { createBroker } from './broker.ts';
import { followStream } from './follow-stream.ts';
import { electLeaders } from './leaders.ts';
import { relayLag, relayLog } from './relay.ts';
import type { BrokerSettings } from './settings.ts';
import { streamOf } from './stream.ts';

export interface BackboneDeps extends ConsumerDeps {
  service: string;
  lease: Lease;
  /** Every type that may be told. */
  types: readonly string[];
}

/** The event broker as a deployable sees it. */
export interface Backbone {
  follow(subscription: Subscription): Background;
  /** Has to run for as long as anything follows. */
  background: Background[];
  /** Brings the figures up to date. */
  measure(): Promise<void>;
}

export async function createBackbone(settings: BrokerSettings, deps: BackboneDeps): Promise<Backbone> {
  const { database, metrics } = deps;
  const name = await streamOf(database);
  // Only where there is a broker: without one the figures would raise alarms.
  const registers = [metrics.registry];
  const connected = new Gauge({ name: 'callosum_event_broker_connected', help: '0 while the event broker is away', registers });
  const lag = new Gauge({ name: 'callosum_event_broker_lag', help: 'Events not told to the event broker yet', registers });
  const taken = new Counter({ name: 'callosum_events_taken_total', help: 'Events that groups took from the stream, or from the log where that was lacking', labelNames: ['group', 'way'], registers });
  const broker = createBroker(settings, deps);
  const leaders = electLeaders(deps);
  const relay = relayLog({ ...deps, broker, leaders, settings, name });
  return {
    follow: (subscription) => followStream(subscription, { ...deps, broker, leaders, name, taken }),
    background: [broker, leaders, relay],
    async measure() {
      connected.set(broker.connection() ? 1 : 0);
      lag.set(await relayLag(database, name));
    },
  };
}
