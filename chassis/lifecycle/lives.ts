import { randomUUID } from 'node:crypto';
import type { AnyMachineSnapshot } from 'xstate';
import { ApiError } from '../errors/failures.ts';
import { transitionPoints } from '../faults/transition-points.ts';
import { currentContext, contextFrom } from '../telemetry/context.ts';
import { together, type Queries, type Row, type Transaction } from '../storage/database.ts';
import { mistakesInChart } from './check-chart.ts';
import { activeWorkItems, carryOutAll, correlation, recordOf, statusOf, timersOf, type ConsequencesDeps, type TakenEvent } from './consequences.ts';
import { isMoveFailure, openFailedMove } from './failed-moves.ts';
import { forcedStep } from './force.ts';
import type { LifeDefinition, LifeEvent } from './life.ts';
import { recordBirth, recordChange, renameTimers } from './record-life.ts';
import { begin, restore, stateOf, store, take } from './transition.ts';
import { mistakesInVersions, presentLife, readableBy, type PresentLife, type VersionedLife } from './versions.ts';

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
  /** Events that were kept until now and are taken by where the life comes to. */
  takes: string[];
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

export function createLives(deps: ConsequencesDeps): Lives {
  const { moves, clock } = deps;
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
    const record = recordOf(definition, { id, process, version: definition.version, readableBy: readableBy(definition), revision: 0, deferred: [] }, taken, undefined, clock.now());
    await together(...carryOutAll(tx, definition, record, [], taken, deps), recordBirth(tx, record));
    points?.('during');
    tx.note?.({ kind: 'life', name: `${process}: ${stateOf(snapshot)}`, subject: id });
    return { id, created: true };
  }

  async function apply(tx: Transaction, lifeId: string, event: LifeEvent, actor?: string): Promise<Taken> {
    const row = await read(tx, lifeId, 'for update');
    const definition = definitionOf(row.process);
    const life = presentLife(definition, row);
    const before = restore(definition.machine, life.snapshot);
    const happened = life.named(event);
    const step = take(definition.machine, before, happened);
    if (!step) return refuse(tx, definition, row, event, happened.type, actor);
    const all = withKept(definition, { event: happened, actor, step }, life.deferred);
    await change(tx, definition, row, life, before, all);
    if (isMoveFailure(event) && event.notUndone) await openFailedMove(tx, row, event, ['retry-undo', 'dismiss'], clock.now());
    const state = stateOf(all.taken.at(-1)!.step.snapshot);
    tx.note?.({ kind: 'life', name: `${row.process}: ${state}`, subject: row.id });
    return { accepted: true, state };
  }

  async function read(on: Queries, lifeId: string, locking = ''): Promise<LifeRow> {
    const [row] = await on.query<LifeRow>(`select id, process, version, readable_by, status, state, snapshot, deferred, revision, correlation_id from chassis.lives where id = $1 ${locking}`, [lifeId]);
    if (!row) throw new ApiError('not-found', 'There is no such life.');
    return row;
  }

  /** Stores where the life has come to, with all that this asks for. */
  async function change(tx: Transaction, definition: LifeDefinition<unknown>, row: LifeRow, { version, readableBy: by, renamed }: PresentLife, before: AnyMachineSnapshot, { taken, deferred }: AllTaken): Promise<void> {
    const points = transitionPoints?.(row.process, definition.machine, before, taken);
    points?.('before');
    // Ahead of whoever is told of the commit.
    if (points) tx.afterCommit(() => points('after'));
    const record = recordOf(definition, { ...row, version, readableBy: by, deferred }, taken, before.context, clock.now());
    const renaming = renamed.length > 0 ? [renameTimers(tx, row.id, renamed)] : [];
    await together(...renaming, ...carryOutAll(tx, definition, record, activeWorkItems(definition, before, clock.now()), taken, deps), recordChange(tx, record));
    points?.('during');
  }

  function forcing(row: LifeRow, { state, quietly }: Forcing, actor?: string, facts: Record<string, string> = {}): { life: PresentLife; before: AnyMachineSnapshot; all: AllTaken; forced: Forced } {
    const definition = definitionOf(row.process);
    const life = presentLife(definition, row);
    const before = restore(definition.machine, life.snapshot);
    const from = stateOf(before);
    const all = withKept(definition, { event: { type: 'moved by operators', ...facts, from }, actor, step: forcedStep(definition.machine, before, state) }, life.deferred);
    if (quietly) for (const { step } of all.taken) step.effects = step.effects.filter((effect) => effect.type !== 'action');
    const actions = all.taken.flatMap(({ step }) => step.effects).flatMap((effect) => (effect.type === 'action' ? [effect.name] : []));
    return {
      life, before, all, forced: {
        process: row.process, revision: row.revision, from, to: stateOf(all.taken.at(-1)!.step.snapshot), takes: all.taken.slice(1).map(({ event }) => event.type),
        moves: actions.filter((name) => name in definition.moves), announcements: actions.filter((name) => name in definition.announcements),
        limits: timersOf(all.taken, clock.now()).set.map(({ id }) => id),
      },
    };
  }

  async function force(tx: Transaction, lifeId: string, wanted: Forcing, actor: string, facts: Record<string, string>): Promise<Forced> {
    const row = await read(tx, lifeId, 'for update');
    const { life, before, all, forced } = forcing(row, wanted, actor, facts);
    await change(tx, definitionOf(row.process), row, life, before, all);
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
    if (isMoveFailure(event)) await openFailedMove(tx, row, event, event.notUndone ? ['retry', 'retry-undo', 'dismiss'] : ['retry', 'dismiss'], clock.now());
    return { accepted: false, state: row.state };
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
    planForce: async (on, lifeId, wanted) => forcing(await read(on, lifeId), wanted).forced,
    async find(on, process, kind, value) {
      const rows = await on.query<{ life_id: string }>(
        `select k.life_id from chassis.life_keys k join chassis.lives l on l.id = k.life_id where k.process = $1 and k.kind = $2 and k.value = $3 order by l.created_at`, [process, kind, value]);
      return rows.map((row) => row.life_id);
    },
    definition: definitionOf,
  };
}

/** What a life takes at once, and what is kept for later still. */
interface AllTaken {
  taken: TakenEvent[];
  deferred: LifeEvent[];
}

/** The event with its step, and after it what was kept until now and is taken by where the life has come to. */
function withKept(definition: LifeDefinition<unknown>, first: TakenEvent, kept: LifeEvent[]): AllTaken {
  const taken = [first];
  const deferred = [...kept];
  for (let index = 0; index < deferred.length;) {
    const event = deferred[index]!;
    const step = take(definition.machine, taken.at(-1)!.step.snapshot, event);
    if (!step) {
      index += 1;
      continue;
    }
    taken.push({ event, actor: undefined, step });
    deferred.splice(index, 1);
    index = 0;
  }
  return { taken, deferred };
}
