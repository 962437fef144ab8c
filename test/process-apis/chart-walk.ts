import assert from 'node:assert/strict';
import { getInitialMicrosteps, getMicrosteps, type AnyMachineSnapshot, type AnyStateNode, type AnyTransitionDefinition } from 'xstate';
import { eventSchemas } from '#chassis/events/event-schemas.ts';
import type { LifeDefinition, LifeEvent, WorkItemSpec } from '#chassis/lifecycle/life.ts';
import { begin, stateOf, store, take, type Effect } from '#chassis/lifecycle/transition.ts';
import schemaDocument from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { noteHappening } from './recording.ts';

const schemas = eventSchemas(schemaDocument);
const NOW = new Date('2026-11-20T10:00:00Z');

/** A life on its way through a chart, as the platform would lead it but without one: pure transitions. */
export interface WalkedLife<Context> {
  readonly state: string;
  readonly context: Context;
  readonly isOver: boolean;
  /** Moves and announcements that the last step asked for. */
  readonly asked: readonly string[];
  /** Events that came before their time. */
  readonly kept: readonly string[];
  /** Work items that wait, by kind. */
  readonly work: ReadonlyMap<string, WorkItemSpec>;
  /** Lets something happen; fails when the chart has no use for it. */
  when(type: string, facts?: object): WalkedLife<Context>;
  /** Lets something happen that may be kept for later or pass without effect. */
  given(type: string, facts?: object): WalkedLife<Context>;
  /** A person decides a work item that waits. */
  decide(kind: string, resolution: string, facts?: object): WalkedLife<Context>;
  /** The time limit of this name passes, in the state that waits under it. */
  elapse(limit: string, node?: string): WalkedLife<Context>;
}

/** Walks lives through one chart and remembers where it has been. */
export interface Walk<Context> {
  begin(context: Context): WalkedLife<Context>;
  /** States never entered, states never left, transitions never taken, resolutions never offered: each by name. */
  missing(): string[];
}

export function walkThrough<Context>(definition: LifeDefinition<Context>): Walk<Context> {
  const { machine } = definition;
  const nodes = nodesOf(machine.root);
  const entered = new Set<string>();
  const left = new Set<string>();
  const taken = new Set<string>();
  const offered = new Map<string, Set<string>>();

  function lifeOf(snapshot: AnyMachineSnapshot, effects: readonly Effect[], timers: ReadonlyMap<string, LifeEvent>, kept: readonly LifeEvent[]): WalkedLife<Context> {
    const context = snapshot.context as Context;
    const running = timersAfter(timers, effects);
    const work = checkWork(snapshot);
    for (const effect of effects) checkEffect(context, effect);
    definition.facility(context);
    definition.keys(context);

    function happen(event: LifeEvent, isWanted: boolean, before = running): WalkedLife<Context> {
      const step = take(machine, snapshot, event);
      if (!step) {
        assert.ok(!isWanted, `${event.type} has no effect in ${stateOf(snapshot)}`);
        return lifeOf(snapshot, [], running, snapshot.status === 'active' && definition.defers?.includes(event.type) ? [...kept, event] : kept);
      }
      noteHappening(definition.process, store(snapshot), event);
      note([[snapshot], ...getMicrosteps(machine, snapshot, event)].map(([each]) => each as AnyMachineSnapshot), event);
      return takeKept(lifeOf(step.snapshot, step.effects, before, kept));
    }

    /** What was kept is taken as soon as a state has a use for it. */
    function takeKept(life: WalkedLife<Context>): WalkedLife<Context> {
      const inner = insides.get(life)!;
      const next = inner.kept.find((event) => take(machine, inner.snapshot, event));
      if (!next) return life;
      const rest = lifeOf(inner.snapshot, [], inner.timers, inner.kept.filter((event) => event !== next));
      return rest.when(next.type, next);
    }

    const life: WalkedLife<Context> = {
      state: stateOf(snapshot), context, work, isOver: snapshot.status !== 'active', kept: kept.map((event) => event.type),
      asked: effects.flatMap((effect) => effect.type === 'action' ? [effect.name] : []),
      when: (type, facts = {}) => happen({ at: NOW.toISOString(), ...facts, type }, true),
      given: (type, facts = {}) => happen({ at: NOW.toISOString(), ...facts, type }, false),
      decide(kind, resolution, facts = {}) {
        const item = work.get(kind);
        assert.ok(item, `no work item ${kind} in ${stateOf(snapshot)}; there are: ${[...work.keys()].join(', ')}`);
        assert.ok(item.resolutions.includes(resolution), `${kind} offers ${item.resolutions.join(', ')}`);
        return happen({ by: 'somebody', at: NOW.toISOString(), ...facts, type: resolution }, true);
      },
      elapse(limit, node = '') {
        const due = [...running].filter(([id]) => id.includes(`.${limit}.`) && id.endsWith(node));
        assert.equal(due.length, 1, `timers: ${[...running.keys()].join(', ')}`);
        const [[id, event]] = due as [[string, LifeEvent]];
        return happen({ ...event, at: NOW.toISOString() }, true, new Map([...running].filter(([other]) => other !== id)));
      },
    };
    insides.set(life, { snapshot, timers: running, kept });
    return life;
  }

  const insides = new WeakMap<object, { snapshot: AnyMachineSnapshot; timers: ReadonlyMap<string, LifeEvent>; kept: readonly LifeEvent[] }>();

  /** Whatever is told must keep its contract, and whatever a move is given must survive being stored. */
  function checkEffect(context: Context, effect: Effect): void {
    if (effect.type !== 'action') return;
    const move = definition.moves[effect.name];
    if (move) {
      const input: unknown = move.input(context, effect.params);
      assert.deepEqual(JSON.parse(JSON.stringify(input)), JSON.parse(JSON.stringify(input)));
      return;
    }
    const event = definition.announcements[effect.name]!(context, effect.params);
    assert.deepEqual(schemas.faults(event.type, JSON.parse(JSON.stringify(event.data))), [], `${effect.name} keeps its contract`);
  }

  /** Every way out that a work item offers leads out of its own state, and out of no other. */
  function checkWork(snapshot: AnyMachineSnapshot): Map<string, WorkItemSpec> {
    const work = new Map<string, WorkItemSpec>();
    if (snapshot.status !== 'active') return work;
    for (const [id, meta] of Object.entries(snapshot.getMeta() as Record<string, { workItem?: string } | undefined>)) {
      if (!meta?.workItem) continue;
      const spec = definition.workItems[meta.workItem]!(snapshot.context as Context, NOW);
      work.set(meta.workItem, spec);
      assert.ok(spec.title.length <= 240 && Object.values(spec.facts).every((fact) => String(fact).length <= 240), meta.workItem);
      for (const resolution of spec.resolutions) {
        offered.set(id, (offered.get(id) ?? new Set()).add(resolution));
        const transitions = machine.getTransitionData(snapshot, { type: resolution, by: 'somebody', values: { itemNumber: 'IMP-1' } }) as AnyTransitionDefinition[];
        assert.equal(transitions.length, 1, `${meta.workItem} offers ${resolution} in ${stateOf(snapshot)}`);
      }
    }
    return work;
  }

  function note(snapshots: readonly AnyMachineSnapshot[], event: LifeEvent): void {
    for (const snapshot of snapshots) for (const node of nodesIn(snapshot)) entered.add(node.id);
    for (const [index, snapshot] of snapshots.slice(0, -1).entries()) {
      const after = new Set(nodesIn(snapshots[index + 1]!));
      for (const node of nodesIn(snapshot)) if (!after.has(node)) left.add(node.id);
      const transitions = index === 0 && event.type !== 'started' ? machine.getTransitionData(snapshot, event) as AnyTransitionDefinition[] : eventlessIn(snapshot, event);
      for (const transition of transitions) {
        taken.add(nameOf(transition));
        // A transition back into the same state leaves it as well.
        if (transition.target?.includes(transition.source)) left.add(transition.source.id);
      }
    }
  }

  /** What the chart does by itself from here: its guarded exits, or the end of all regions. */
  function eventlessIn(snapshot: AnyMachineSnapshot, event: LifeEvent): AnyTransitionDefinition[] {
    const atoms = nodesIn(snapshot).filter((node) => node.type === 'atomic' || node.type === 'final');
    const always = atoms.flatMap((atom) => withAncestors(atom).flatMap((node) => (node.always ?? []).filter((each) => passes(each, snapshot, event)).slice(0, 1)).slice(0, 1));
    if (always.length > 0) return always;
    return nodesIn(snapshot).flatMap((node) => [...node.transitions].filter(([type]) => type.startsWith('xstate.done.')).flatMap(([, transitions]) => transitions.slice(0, 1)));
  }

  function passes(transition: AnyTransitionDefinition, snapshot: AnyMachineSnapshot, event: LifeEvent): boolean {
    if (transition.guard === undefined) return true;
    const { type, params } = typeof transition.guard === 'string' ? { type: transition.guard, params: undefined } : transition.guard as { type: string; params?: unknown };
    const guard = machine.implementations.guards[type] as (at: { context: unknown; event: LifeEvent }, params: unknown) => boolean;
    return guard({ context: snapshot.context, event }, params);
  }

  return {
    begin(context) {
      const step = begin(machine, context);
      note(getInitialMicrosteps(machine, context).map(([snapshot]) => snapshot as AnyMachineSnapshot), { type: 'started' });
      return lifeOf(step.snapshot, step.effects, new Map(), []);
    },
    missing() {
      const inner = nodes.filter((node) => node !== machine.root);
      const transitions = nodes.flatMap((node) => [...[...node.transitions.values()].flat(), ...(node.always ?? [])]);
      return [
        ...inner.filter((node) => !entered.has(node.id)).map((node) => `${node.id} is never entered`),
        ...inner.filter((node) => node.type !== 'final' && !left.has(node.id)).map((node) => `${node.id} is never left`),
        ...new Set(transitions.map(nameOf).filter((name) => !taken.has(name)).map((name) => `${name} is never taken`)),
        ...inner.flatMap((node) => resolutionsOf(node).filter((resolution) => !offered.get(node.id)?.has(resolution)).map((resolution) => `${node.id} never offers ${resolution}`)),
      ];
    },
  };
}

/** States in which a life would wait for ever and nobody would know: by name. */
export function forgottenStates<Context>({ machine, moves }: LifeDefinition<Context>): string[] {
  return nodesOf(machine.root).filter((node) => node.type === 'atomic').filter((node) => {
    const isWatched = withAncestors(node).some((each) => each.after.length > 0) || (node.meta as { workItem?: string } | undefined)?.workItem !== undefined;
    const isWorking = node.entry.some((action) => actionName(action) in moves);
    // In a region beside others it may wait for them, as long as it says for what.
    const waitsForNeighbour = (node.always ?? []).length > 0;
    return !isWatched && !isWorking && !waitsForNeighbour;
  }).map((node) => node.id);
}

/** Regions beside each other must not both take a decision that was meant for one of them. */
export function sharedDecisions({ machine }: LifeDefinition<never>): string[] {
  return nodesOf(machine.root).filter((node) => node.type === 'parallel').flatMap((parallel) => {
    const byDecision = new Map<string, Set<string>>();
    for (const region of Object.values(parallel.states) as AnyStateNode[]) {
      for (const decision of nodesOf(region).flatMap(resolutionsOf)) byDecision.set(decision, (byDecision.get(decision) ?? new Set()).add(region.key));
    }
    return [...byDecision].filter(([, regions]) => regions.size > 1).map(([decision, regions]) => `${decision}: ${[...regions].join(' and ')}`);
  });
}

/** Decisions of people are single words joined by hyphens; what systems report has a full stop or a blank in it. */
function resolutionsOf(node: AnyStateNode): string[] {
  if (!(node.meta as { workItem?: string } | undefined)?.workItem) return [];
  return [...node.transitions.keys()].filter((type) => /^[a-z-]+$/.test(type) && !['delivered', 'withdraw'].includes(type));
}

function timersAfter(timers: ReadonlyMap<string, LifeEvent>, effects: readonly Effect[]): Map<string, LifeEvent> {
  const running = new Map(timers);
  for (const effect of effects) {
    if (effect.type === 'cancel-timer') running.delete(effect.id);
    if (effect.type === 'timer') running.set(effect.id, effect.event);
  }
  return running;
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...(Object.values(node.states) as AnyStateNode[]).flatMap(nodesOf)];
}

function nodesIn(snapshot: AnyMachineSnapshot): AnyStateNode[] {
  return (snapshot as unknown as { _nodes: AnyStateNode[] })._nodes;
}

function withAncestors(node: AnyStateNode): AnyStateNode[] {
  return node.parent ? [node, ...withAncestors(node.parent)] : [node];
}

function nameOf(transition: AnyTransitionDefinition): string {
  const { source, eventType, target, guard } = transition;
  return `${source.id} on ${eventType || 'its own'}${guard ? ` when ${typeof guard === 'string' ? guard : (guard as { type: string }).type}` : ''} to ${target?.map((node: AnyStateNode) => node.id).join(', ') ?? 'itself'}`;
}

function actionName(action: unknown): string {
  return typeof action === 'string' ? action : String((action as { type?: string }).type);
}
