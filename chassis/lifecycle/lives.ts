import { randomUUID } from 'node:crypto';
import type { AnyMachineSnapshot } from 'xstate';
import { ApiError } from '../errors/failures.ts';
import { transitionPoints } from '../faults/transition-points.ts';
import type { EventLog } from '../events/event-log.ts';
import type { Json } from '../moves/move.ts';
import type { Moves } from '../moves/engine.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { currentContext, contextFrom } from '../telemetry/context.ts';
import { together, type Queries, type Row, type Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import type { Clock } from '../time/clock.ts';
import { MOVE_FAILED, type LifeDefinition, type LifeEvent } from './life.ts';
import { mistakesInChart } from './check-chart.ts';
import { mistakesInVersions, presentLife, readableBy, type PresentLife, type VersionedLife } from './versions.ts';
import { recordBirth, recordChange, renameTimers, type LifeRecord, type TimerRow } from './record-life.ts';
import { syncWorkItems, type ActiveWorkItem } from './work-items.ts';
import { forcedStep } from './force.ts';
import { begin, restore, stateOf, store, take, type Effect, type Step } from './transition.ts';

export const TIMERS_CHANNEL = 'timers';
/** How often timers are looked at without being called; only what is due sooner has to call. */
export const TIMERS_POLL_MS = 5_000;

export interface LivesDeps {
  events: EventLog;
  moves: Moves;
  signals: Signals;
  metrics: Metrics;
  clock: Clock;
}

export interface Taken {
  /** False when the present state has no use for the event; the timeline says so. */
  accepted: boolean;
  state: string;
}

/** A move of a life to another state by people, outside of what its chart foresees. */
export interface Forcing {
  /** As `stateOf` prints it, or a part of it. */
  state: string;
  /** Enters the state without asking for its moves and without announcing anything. */
  quietly: boolean;
}

/** What forcing a life does, or would do. */
export interface Forced {
  process: string;
  revision: number;
  from: string;
  to: string;
  moves: string[];
  announcements: string[];
  limits: string[];
}

interface LifeRow extends Row, VersionedLife {
  id: string;
  status: 'active' | 'done';
  state: string;
  revision: number;
  correlation_id: string;
}

export interface StartOptions {
  /** What the life is about; a second start with the same identity begins nothing. */
  identity: string;
  /** When the caller has to know the id before. */
  id?: string;
  actor?: string | undefined;
}

export interface Lives {
  register<Context>(definition: LifeDefinition<Context>): void;
  /** Begins a life; with an `identity` seen before, the first one is returned and nothing happens. */
  start(tx: Transaction, process: string, input: unknown, options: StartOptions): Promise<{ id: string; created: boolean }>;
  /** Lets something happen to a life, all of its consequences in the caller's transaction. */
  apply(tx: Transaction, lifeId: string, event: LifeEvent, actor?: string): Promise<Taken>;
  /** What forcing the life would do now. */
  planForce(on: Queries, lifeId: string, forcing: Forcing): Promise<Forced>;
  /** Moves the life to another state; `facts` say in the timeline who wanted it and why. */
  force(tx: Transaction, lifeId: string, forcing: Forcing, actor: string, facts: Record<string, string>): Promise<Forced>;
  /** Lives with a business key, the oldest first. */
  find(on: Queries, process: string, kind: string, value: string): Promise<string[]>;
  definition(process: string): LifeDefinition<unknown>;
}

export function createLives(deps: LivesDeps): Lives {
  const { events, moves, signals, metrics, clock } = deps;
  const definitions = new Map<string, LifeDefinition<unknown>>();

  function definitionOf(process: string): LifeDefinition<unknown> {
    const found = definitions.get(process);
    if (!found) throw new ApiError('internal', 'This deployable does not host the process.', { code: 'unknown-process' });
    return found;
  }

  async function start(tx: Transaction, process: string, input: unknown, { identity, actor, id = randomUUID() }: StartOptions) {
    const definition = definitionOf(process);
    const step = begin(definition.machine, input);
    const { snapshot } = step;
    const taken: TakenEvent[] = [{ event: { type: 'started' }, actor, step }];
    const points = transitionPoints?.(process, definition.machine, undefined, taken);
    points?.('before');
    const context = currentContext() ?? contextFrom(undefined, undefined);
    const [made] = await tx.query<{ inserted: boolean; created: boolean }>(
      `with known as (select life_id from chassis.life_identities where process = $2 and identity = $10),
         life as (
           insert into chassis.lives (id, process, version, readable_by, status, state, snapshot, facility, correlation_id, traceparent, revision)
           select $1::uuid, $2, $3, $11, $4, $5, $6, $7, $8, $9, 1 where not exists (select 1 from known) returning id),
         named as (
           insert into chassis.life_identities (process, identity, life_id) select $2, $10, id from life
           on conflict (process, identity) do nothing returning life_id)
       select exists (select 1 from life) as inserted, exists (select 1 from named) as created`,
      [id, process, definition.version, statusOf(snapshot), stateOf(snapshot), JSON.stringify(store(snapshot)), definition.facility(snapshot.context) ?? null,
        context.correlationId, context.traceparent, identity, readableBy(definition)]);
    if (!made?.created) {
      // Two at once: the later insert of the identity lost; its own life row must go again.
      if (made?.inserted) await tx.query('delete from chassis.lives where id = $1', [id]);
      const [known] = await tx.query<{ life_id: string }>('select life_id from chassis.life_identities where process = $1 and identity = $2', [process, identity]);
      if (!known) throw new ApiError('in-progress', 'The same is being begun at this moment.');
      return { id: known.life_id, created: false };
    }
    if (points) tx.afterCommit(() => points('after'));
    const record = recordOf(definition, { id, process, version: definition.version, readableBy: readableBy(definition), revision: 0, deferred: [] }, taken, undefined);
    await together(...carryOutAll(tx, definition, record, [], taken), recordBirth(tx, record));
    points?.('during');
    return { id, created: true };
  }

  async function apply(tx: Transaction, lifeId: string, event: LifeEvent, actor?: string): Promise<Taken> {
    const row = await lock(tx, lifeId);
    const definition = definitionOf(row.process);
    const life = presentLife(definition, row);
    const before = restore(definition.machine, life.snapshot);
    const happened = life.named(event);
    const step = take(definition.machine, before, happened);
    if (!step) return refuse(tx, definition, row, event, happened.type, actor);
    const taken = await change(tx, definition, row, life, before, { event: happened, actor, step });
    if (isMoveFailure(event) && event.notUndone) await openFailedMove(tx, row, event, ['retry-undo', 'dismiss']);
    return { accepted: true, state: stateOf(taken.at(-1)!.step.snapshot) };
  }

  async function lock(tx: Queries, lifeId: string): Promise<LifeRow> {
    const [row] = await tx.query<LifeRow>('select id, process, version, readable_by, status, state, snapshot, deferred, revision, correlation_id from chassis.lives where id = $1 for update', [lifeId]);
    if (!row) throw new ApiError('not-found', 'There is no such life.');
    return row;
  }

  /** Takes the step, and after it what was kept until now, with all that they ask for. */
  async function change(tx: Transaction, definition: LifeDefinition<unknown>, row: LifeRow, { version, readableBy: by, deferred: waiting, renamed }: PresentLife, before: AnyMachineSnapshot, first: TakenEvent): Promise<TakenEvent[]> {
    const taken = [first];
    const deferred = takeDeferred(definition, first.step, waiting, taken);
    const points = transitionPoints?.(row.process, definition.machine, before, taken);
    points?.('before');
    // Ahead of whoever is told of the commit.
    if (points) tx.afterCommit(() => points('after'));
    const record = recordOf(definition, { ...row, version, readableBy: by, deferred }, taken, before.context);
    const renaming = renamed.length > 0 ? [renameTimers(tx, row.id, renamed)] : [];
    await together(...renaming, ...carryOutAll(tx, definition, record, activeWorkItems(definition, before, clock.now()), taken), recordChange(tx, record));
    points?.('during');
    return taken;
  }

  function forcing(row: LifeRow, { state, quietly }: Forcing): { life: PresentLife; before: AnyMachineSnapshot; step: Step; forced: Forced } {
    const definition = definitionOf(row.process);
    const life = presentLife(definition, row);
    const before = restore(definition.machine, life.snapshot);
    const step = forcedStep(definition.machine, before, state);
    if (quietly) step.effects = step.effects.filter((effect) => effect.type !== 'action');
    const actions = step.effects.flatMap((effect) => (effect.type === 'action' ? [effect.name] : []));
    return {
      life, before, step, forced: {
        process: row.process, revision: row.revision, from: stateOf(before), to: stateOf(step.snapshot), moves: actions.filter((name) => name in definition.moves),
        announcements: actions.filter((name) => name in definition.announcements), limits: step.effects.flatMap((effect) => (effect.type === 'timer' ? [effect.id] : [])),
      },
    };
  }

  async function force(tx: Transaction, lifeId: string, wanted: Forcing, actor: string, facts: Record<string, string>): Promise<Forced> {
    const row = await lock(tx, lifeId);
    const { life, before, step, forced } = forcing(row, wanted);
    await change(tx, definitionOf(row.process), row, life, before, { event: { type: 'moved by operators', ...facts, from: forced.from }, actor, step });
    return forced;
  }

  /** The state has no transition for it: kept for later where the definition says so, else noted in the timeline. The life stays what it is, also in its version. */
  async function refuse(tx: Transaction, definition: LifeDefinition<unknown>, row: LifeRow, event: LifeEvent, nameNow: string, actor?: string): Promise<Taken> {
    const defer = row.status === 'active' && (definition.defers ?? []).includes(nameNow);
    const label = defer ? `${nameNow} (kept for later)` : `${nameNow} (no effect)`;
    await tx.query(
      `with life as (update chassis.lives set revision = revision + 1, deferred = deferred || $2::jsonb, updated_at = now() where id = $1 returning revision, state)
       insert into chassis.timeline (life_id, revision, event, state, actor, correlation_id) select $1, revision, $3, state, $4, $5 from life`,
      [row.id, JSON.stringify(defer ? [event] : []), label, actor ?? null, correlation()]);
    if (isMoveFailure(event)) await openFailedMove(tx, row, event, event.notUndone ? ['retry', 'retry-undo', 'dismiss'] : ['retry', 'dismiss']);
    return { accepted: false, state: row.state };
  }

  function takeDeferred(definition: LifeDefinition<unknown>, step: Step, waiting: LifeEvent[], taken: TakenEvent[]): LifeEvent[] {
    const left = [...waiting];
    let current = step;
    for (let index = 0; index < left.length;) {
      const next = take(definition.machine, current.snapshot, left[index]!);
      if (!next) {
        index += 1;
        continue;
      }
      taken.push({ event: left[index]!, actor: undefined, step: next });
      left.splice(index, 1);
      current = next;
      index = 0;
    }
    return left;
  }

  function recordOf(definition: LifeDefinition<unknown>, row: Pick<LifeRecord, 'id' | 'process' | 'version' | 'readableBy' | 'revision' | 'deferred'>, taken: TakenEvent[], before: unknown): LifeRecord {
    const { snapshot } = taken.at(-1)!.step;
    const known = new Set(before === undefined ? [] : keyPairs(definition.keys(before)).map((pair) => pair.join('\n')));
    return {
      id: row.id, process: row.process, version: row.version, readableBy: row.readableBy, status: statusOf(snapshot), state: stateOf(snapshot), snapshot: store(snapshot), deferred: row.deferred,
      facility: definition.facility(snapshot.context), keys: keyPairs(definition.keys(snapshot.context)).filter((pair) => !known.has(pair.join('\n'))), revision: row.revision,
      entries: taken.map(({ event, actor, step }) => ({ event, actor, state: stateOf(step.snapshot) })), timers: timersOf(taken, clock.now()), correlationId: correlation(),
    };
  }

  /** Sends what the new state asks for; throws at once or not at all. */
  function carryOutAll(tx: Transaction, definition: LifeDefinition<unknown>, life: LifeRecord, workBefore: ActiveWorkItem[], taken: TakenEvent[]): Promise<void>[] {
    const { snapshot } = taken.at(-1)!.step;
    const workAfter = snapshot.status === 'active' ? activeWorkItems(definition, snapshot, clock.now()) : [];
    for (const { event } of taken) metrics.transitions.inc({ process: life.process, event: event.type.startsWith('xstate.') ? 'timer' : event.type });
    return [
      ...taken.flatMap(({ step }) => step.effects.map((effect) => carryOut(tx, definition, life, step.snapshot.context, effect))),
      syncWorkItems(tx, life, workBefore, workAfter, life.facility, clock.now()),
    ];
  }

  async function carryOut(tx: Transaction, definition: LifeDefinition<unknown>, row: Pick<LifeRecord, 'id' | 'process' | 'readableBy'>, context: unknown, effect: Effect): Promise<void> {
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

  async function openFailedMove(tx: Transaction, row: LifeRow, event: MoveFailureEvent, resolutions: string[]): Promise<void> {
    const { kind, code } = event.failure;
    const facts = { moveId: event.moveId, kind, ...(code ? { code } : {}), ...(event.notUndone ? { notUndone: event.notUndone.join(', ') } : {}) };
    await tx.query(
      `insert into chassis.work_items (id, process, life_id, node, discriminator, kind, owner, facility, title, facts, resolutions, status, opened_at)
       select $1, $2, $3, 'move', $4, $5, 'role:integration-operations', facility, $6, $7, $8, 'open', $9 from chassis.lives where id = $3 on conflict do nothing`,
      [randomUUID(), row.process, row.id, event.moveId, MOVE_FAILED, `${event.type.replace(/\.failed$/, '')} failed: ${event.failure.detail}`.slice(0, 240), JSON.stringify(facts), resolutions, clock.now()]);
  }

  return {
    register(definition) {
      const mistakes = [...mistakesInVersions(definition as LifeDefinition<unknown>), ...mistakesInChart(definition as LifeDefinition<unknown>)];
      if (mistakes.length > 0) throw new Error(`${definition.process}: ${mistakes.join('; ')}`);
      moves.runAs(definition.process, definition.version);
      definitions.set(definition.process, definition as LifeDefinition<unknown>);
    },
    start,
    apply,
    force,
    async planForce(on, lifeId, wanted) {
      const [row] = await on.query<LifeRow>('select id, process, version, readable_by, status, state, snapshot, deferred, revision, correlation_id from chassis.lives where id = $1', [lifeId]);
      if (!row) throw new ApiError('not-found', 'There is no such life.');
      return forcing(row, wanted).forced;
    },
    async find(on, process, kind, value) {
      const rows = await on.query<{ life_id: string }>(
        `select k.life_id from chassis.life_keys k join chassis.lives l on l.id = k.life_id where k.process = $1 and k.kind = $2 and k.value = $3 order by l.created_at`, [process, kind, value]);
      return rows.map((row) => row.life_id);
    },
    definition: definitionOf,
  };
}

interface TakenEvent {
  event: LifeEvent;
  actor: string | undefined;
  step: Step;
}

interface MoveFailureEvent extends LifeEvent {
  failure: { kind: string; code?: string; detail: string };
  moveId: string;
  /** Steps that could not be taken back. */
  notUndone?: string[];
}

function activeWorkItems(definition: LifeDefinition<unknown>, snapshot: AnyMachineSnapshot, now: Date): ActiveWorkItem[] {
  return Object.entries(snapshot.getMeta() as Record<string, { workItem?: string } | undefined>).flatMap(([node, meta]) => {
    const kind = meta?.workItem;
    if (!kind) return [];
    const spec = definition.workItems[kind];
    if (!spec) throw new Error(`${definition.process}: work item ${kind} is not described`);
    return [{ node, kind, spec: spec(snapshot.context, now) }];
  });
}

/** What remains of all that was set and cancelled. */
function timersOf(taken: TakenEvent[], now: Date): LifeRecord['timers'] {
  const timers = new Map<string, TimerRow | undefined>();
  for (const effect of taken.flatMap(({ step }) => step.effects)) {
    if (effect.type === 'timer') timers.set(effect.id, { id: effect.id, event: effect.event, dueAt: new Date(now.getTime() + effect.delayMs) });
    else if (effect.type === 'cancel-timer') timers.set(effect.id, undefined);
  }
  return { set: [...timers.values()].filter((timer) => timer !== undefined), cancelled: [...timers].flatMap(([id, timer]) => (timer ? [] : [id])) };
}

function statusOf(snapshot: AnyMachineSnapshot): 'active' | 'done' {
  return snapshot.status === 'active' ? 'active' : 'done';
}

function keyPairs(keys: Record<string, string | readonly string[] | undefined>): (readonly [string, string])[] {
  return Object.entries(keys).flatMap(([kind, values]) => [values ?? []].flat().map((value) => [kind, value] as const));
}

function isMoveFailure(event: LifeEvent): event is MoveFailureEvent {
  return event.type.endsWith('.failed') && typeof event['failure'] === 'object' && typeof event['moveId'] === 'string';
}

function correlation(): string {
  return currentContext()?.correlationId ?? 'none';
}
