import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const seconds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Metrics = ReturnType<typeof createMetrics>;

/** The figures of one deployable, for Prometheus. Labels come from contracts and code, never from input. */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    served: new Histogram({ name: 'callosum_served_seconds', help: 'Operations served', labelNames: ['api', 'operation', 'outcome'], buckets: seconds, registers }),
    called: new Histogram({ name: 'callosum_called_seconds', help: 'Operations called', labelNames: ['api', 'operation', 'outcome'], buckets: seconds, registers }),
    vendorCalls: new Histogram({ name: 'callosum_vendor_call_seconds', help: 'Calls to vendors', labelNames: ['adapter', 'outcome'], buckets: seconds, registers }),
    vendorEvidence: new Counter({ name: 'callosum_vendor_evidence_total', help: 'Troubled exchanges with vendors, kept or left out', labelNames: ['adapter', 'outcome'], registers }),
    vendorCallsForgotten: new Counter({ name: 'callosum_vendor_calls_forgotten_total', help: 'Calls to vendors that could not be noted', registers }),
    circuit: new Gauge({ name: 'callosum_circuit_open', help: '1 while the circuit to a target is open', labelNames: ['target'], registers }),
    transitions: new Counter({ name: 'callosum_transitions_total', help: 'Transitions of lives', labelNames: ['process', 'event'], registers }),
    moves: new Histogram({ name: 'callosum_move_seconds', help: 'Moves run', labelNames: ['process', 'move', 'outcome'], buckets: seconds, registers }),
    steps: new Counter({ name: 'callosum_steps_total', help: 'Steps carried out', labelNames: ['process', 'move'], registers }),
    published: new Counter({ name: 'callosum_events_published_total', help: 'Events published', labelNames: ['type'], registers }),
    consumed: new Counter({ name: 'callosum_events_consumed_total', help: 'Events handled', labelNames: ['group', 'outcome'], registers }),
    lag: new Gauge({ name: 'callosum_event_lag', help: 'Events not handled yet', labelNames: ['group'], registers }),
  };
}
