import type { AnyMachineSnapshot } from 'xstate';
import type { LifeDefinition, LifeEvent, StoredSnapshot } from './life.ts';
import { restore, stateOf, take, type Effect } from './transition.ts';
import { presentLife } from './versions.ts';

/** What happened to a life once, and what came of it, by names. */
export interface Happening {
  state: string;
  event: LifeEvent;
  /** The state that followed. */
  next: string;
  /** Moves and announcements that it asked for. */
  asked: string[];
  /** Time limits that it set. */
  limits: string[];
  /** Work items that wait after it. */
  work: string[];
  /** The life before. */
  snapshot: StoredSnapshot;
}

/** A difference from what a released version did that was meant, and reviewed: `was` is `now`; null stands for nothing. */
export interface MeantDifference {
  /** Released version whose corpus says otherwise. */
  version: number;
  /** Where it is meant; everywhere when absent. */
  state?: string;
  event?: string;
  was: string | null;
  now: string | null;
  why: string;
}

/** Of how many kinds something happens: one each is enough to know them. */
export function kindOf({ state, event, next }: Pick<Happening, 'state' | 'event' | 'next'>): string {
  return `${state} | ${event.type} | ${next}`;
}

/** Undefined when the state has no use for the event. */
export function happeningIn(definition: LifeDefinition<unknown>, snapshot: StoredSnapshot, event: LifeEvent, now: Date): Happening | undefined {
  const before = restore(definition.machine, snapshot);
  const step = take(definition.machine, before, event);
  return step && { state: stateOf(before), event, next: stateOf(step.snapshot), ...consequences(definition, step.snapshot, step.effects, now), snapshot };
}

/**
 * Lets it happen again to the same life, carried over from its version to the present one.
 *
 * @returns what differs from what came of it then, in words; nothing when all is as it was
 */
export function replay(definition: LifeDefinition<unknown>, version: number, recorded: Happening, now: Date): { was: string | null; now: string | null; what: string }[] {
  let happened: Happening | undefined;
  const life = presentLife(definition, { process: definition.process, version, readable_by: version, snapshot: recorded.snapshot, deferred: [] });
  try {
    happened = happeningIn(definition, life.snapshot, life.named(recorded.event), now);
  } catch (error) {
    return [{ was: recorded.state, now: null, what: error instanceof Error ? error.message : String(error) }];
  }
  if (!happened) return [{ was: recorded.event.type, now: null, what: 'the event has no effect any more' }];
  const named = (names: string[]) => names.map((type) => life.named({ type }).type);
  return [
    ...compared('state', recorded.next.split(' + '), happened.next.split(' + ')),
    ...compared('asked for', recorded.asked, happened.asked),
    ...compared('limit', named(recorded.limits), happened.limits),
    ...compared('work item', recorded.work, happened.work),
  ];
}

/** What is there once more or once less, in pairs as far as there are pairs. */
function compared(what: string, recorded: readonly string[], happened: readonly string[]): ReturnType<typeof replay> {
  const gone = without(recorded, happened);
  const come = without(happened, recorded);
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, index) => ({ was: gone[index] ?? null, now: come[index] ?? null, what }));
}

function without(these: readonly string[], those: readonly string[]): string[] {
  const left = [...those];
  return these.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Whatever is asked for is also made, as far as that takes no more than the life: it has to be possible with what a migration made of it. */
function consequences(definition: LifeDefinition<unknown>, snapshot: AnyMachineSnapshot, effects: readonly Effect[], now: Date): Pick<Happening, 'asked' | 'limits' | 'work'> {
  const { context } = snapshot;
  definition.keys(context);
  definition.facility(context);
  const work = snapshot.status !== 'active' ? [] : Object.values(snapshot.getMeta() as Record<string, { workItem?: string } | undefined>).flatMap((meta) => meta?.workItem ?? []);
  for (const kind of work) definition.workItems[kind]!(context, now);
  const actions = effects.filter((effect) => effect.type === 'action');
  for (const { name, params } of actions) (definition.moves[name]?.input ?? definition.announcements[name])?.(context as never, params);
  return { asked: actions.map(({ name }) => name), limits: effects.flatMap((effect) => effect.type === 'timer' ? [effect.id] : []), work: work.toSorted() };
}
