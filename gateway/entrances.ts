import type { Exchange, Policy } from './exchange.ts';
import type { Entrance } from './routes.ts';

/** The policies of each entrance, in the order in which they run. */
export type Pipeline = Readonly<Record<Entrance, readonly Policy[]>>;

export interface PipelineTable {
  app: Entrance;
  partner: Entrance;
  open: Entrance;
  /** One row: a policy and the entrances where it applies. */
  use(policy: Policy, ...entrances: Entrance[]): void;
}

export function pipelineOf(fill: (table: PipelineTable) => void): Pipeline {
  const pipeline: Record<Entrance, Policy[]> = { app: [], partner: [], open: [] };
  fill({
    app: 'app', partner: 'partner', open: 'open',
    use(policy, ...entrances) {
      for (const entrance of entrances) pipeline[entrance].push(policy);
    },
  });
  return pipeline;
}

/** Runs the policies until one throws or has answered. */
export async function pass(pipeline: Pipeline, exchange: Exchange): Promise<void> {
  for (const policy of pipeline[exchange.match.entrance]) {
    const pending = policy(exchange);
    if (pending) await pending;
    if (exchange.response.writableEnded) return;
  }
}
