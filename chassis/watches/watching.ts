import type { Background } from '../deployable/background.ts';
import type { EventSchemas } from '../events/event-schemas.ts';
import type { Subscription } from '../events/subscription.ts';
import { observe } from './observe.ts';
import { raiseMissed, type RaiseDeps } from './raise.ts';
import { mistakesInWatches, type Watch } from './watch.ts';

export interface WatchingDeps extends RaiseDeps {
  /** Name of the deployable, whose consumer group reads for all of its watches. */
  service: string;
  schemas: EventSchemas;
}

/** What a deployable has to run for the watches of its APIs; nothing when there are none. */
export function watching(watches: readonly Watch[], { service, schemas, ...deps }: WatchingDeps): { subscriptions: Subscription[]; background: Background[] } {
  const mistakes = mistakesInWatches(watches, schemas);
  if (mistakes.length > 0) throw new Error(mistakes.join('; '));
  if (watches.length === 0) return { subscriptions: [], background: [] };
  return { subscriptions: [observe(`${service}.watches`, watches, deps)], background: [raiseMissed(watches, deps)] };
}
