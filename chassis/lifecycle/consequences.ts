import type { AnyMachineSnapshot } from 'xstate';
import { ApiError } from '../errors/failures.ts';
import type { EventLog } from '../events/event-log.ts';
import type { Moves } from '../moves/engine.ts';
import type { Json } from '../moves/move.ts';
import type { Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { currentContext } from '../telemetry/context.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Clock } from '../time/clock.ts';
import type { LifeDefinition, LifeEvent } from './life.ts';
import type { LifeRecord, TimerRow } from './record-life.ts';
import { stateOf, store, type Effect, type Step } from './transition.ts';
import { syncWorkItems, type ActiveWorkItem } from './work-items.ts';

export const TIMERS_CHANNEL = 'timers';
/** How often timers are looked at without being called; only what is due sooner has to call. */
export const TIMERS_POLL_MS = 5_000;

/** An event that a life took, and the step that followed from it. */
export interface TakenEvent {
  event: LifeEvent;
  actor: string | undefined;
  step: Step;
}

export interface ConsequencesDeps {
  events: EventLog;
  moves: Moves;
  signals: Signals;
  metrics: Metrics;
  clock: Clock;
}

/** The life as it is to be stored after the events were taken. */
export function recordOf(definition: LifeDefinition<unknown>, row: Pick<LifeRecord, 'id' | 'process' | 'version' | 'readableBy' | 'revision' | 'deferred'>, taken: TakenEvent[], before: unknown, now: Date): LifeRecord {
  const { snapshot } = taken.at(-1)!.step;
  const known = new Set(before === undefined ? [] : keyPairs(definition.keys(before)).map((pair) => pair.join('\n')));
  return {
    id: row.id, process: row.process, version: row.version, readableBy: row.readableBy, status: statusOf(snapshot), state: stateOf(snapshot), snapshot: store(snapshot), deferred: row.deferred,
    facility: definition.facility(snapshot.context), keys: keyPairs(definition.keys(snapshot.context)).filter((pair) => !known.has(pair.join('\n'))), revision: row.revision,
    entries: taken.map(({ event, actor, step }) => ({ event, actor, state: stateOf(step.snapshot) })), timers: timersOf(taken, now), correlationId: correlation(),
  };
}

/** Sends what the new state asks for; throws at once or not at all. */
export function carryOutAll(tx: Transaction, definition: LifeDefinition<unknown>, life: LifeRecord, workBefore: ActiveWorkItem[], taken: TakenEvent[], deps: ConsequencesDeps): Promise<void>[] {
  const { metrics, clock } = deps;
  const { snapshot } = taken.at(-1)!.step;
  const workAfter = snapshot.status === 'active' ? activeWorkItems(definition, snapshot, clock.now()) : [];
  for (const { event } of taken) metrics.transitions.inc({ process: life.process, event: event.type.startsWith('xstate.') ? 'timer' : event.type });
  return [
    ...taken.flatMap(({ step }) => step.effects.map((effect) => carryOut(tx, definition, life, step.snapshot.context, effect, deps))),
    syncWorkItems(tx, life, workBefore, workAfter, life.facility, clock.now()),
  ];
}

async function carryOut(tx: Transaction, definition: LifeDefinition<unknown>, row: Pick<LifeRecord, 'id' | 'process' | 'readableBy'>, context: unknown, effect: Effect, { moves, events, signals }: ConsequencesDeps): Promise<void> {
  if (effect.type === 'timer') {
    if (effect.delayMs < TIMERS_POLL_MS) tx.afterCommit(() => signals.raise(TIMERS_CHANNEL));
  } else if (effect.type === 'cancel-timer') {
    return;
  } else if (definition.moves[effect.name]) {
    const binding = definition.moves[effect.name]!;
    await moves.enqueue(tx, { process: row.process, lifeId: row.id, name: binding.move.name, input: binding.input(context, effect.params) as Json, lane: binding.lane?.(context), readableBy: row.readableBy });
  } else if (definition.announcements[effect.name]) {
    await events.publish(tx, definition.announcements[effect.name]!(context, effect.params));
  } else {
    throw new ApiError('internal', 'The chart asks for something unknown.', { code: 'unknown-action', cause: new Error(`${row.process}: ${effect.name}`) });
  }
}

export function activeWorkItems(definition: LifeDefinition<unknown>, snapshot: AnyMachineSnapshot, now: Date): ActiveWorkItem[] {
  return Object.entries(snapshot.getMeta() as Record<string, { workItem?: string } | undefined>).flatMap(([node, meta]) => {
    const kind = meta?.workItem;
    if (!kind) return [];
    const spec = definition.workItems[kind];
    if (!spec) throw new Error(`${definition.process}: work item ${kind} is not described`);
    return [{ node, kind, spec: spec(snapshot.context, now) }];
  });
}

/** What remains of all that was set and cancelled. */
export function timersOf(taken: TakenEvent[], now: Date): LifeRecord['timers'] {
  const timers = new Map<string, TimerRow | undefined>();
  for (const effect of taken.flatMap(({ step }) => step.effects)) {
    if (effect.type === 'timer') timers.set(effect.id, { id: effect.id, event: effect.event, inMs: effect.delayMs + (now.getTime() - Date.now()) });
    else if (effect.type === 'cancel-timer') timers.set(effect.id, undefined);
  }
  return { set: [...timers.values()].filter((timer) => timer !== undefined), cancelled: [...timers].flatMap(([id, timer]) => (timer ? [] : [id])) };
}

export function statusOf(snapshot: AnyMachineSnapshot): 'active' | 'done' {
  return snapshot.status === 'active' ? 'active' : 'done';
}

function keyPairs(keys: Record<string, string | readonly string[] | undefined>): (readonly [string, string])[] {
  return Object.entries(keys).flatMap(([kind, values]) => [values ?? []].flat().map((value) => [kind, value] as const));
}

export function correlation(): string {
  return currentContext()?.correlationId ?? 'none';
}
