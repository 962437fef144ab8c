import { initialTransition, transition, type AnyMachineSnapshot, type AnyStateMachine, type AnyStateNode, type StateValue } from 'xstate';
import type { Json } from '../moves/move.ts';
import type { LifeEvent, StoredSnapshot } from './life.ts';

/** What a transition asks the world to do, as data. */
export type Effect =
  | { type: 'timer'; id: string; delayMs: number; event: LifeEvent }
  | { type: 'cancel-timer'; id: string }
  | { type: 'action'; name: string; params: Json };

export interface Step {
  snapshot: AnyMachineSnapshot;
  effects: Effect[];
}

export function begin(machine: AnyStateMachine, input: unknown): Step {
  const [snapshot, actions] = initialTransition(machine, input);
  return { snapshot, effects: effectsOf(actions) };
}

export function restore(machine: AnyStateMachine, stored: StoredSnapshot): AnyMachineSnapshot {
  const historyValue = Object.fromEntries(Object.entries(stored.historyValue ?? {}).map(([id, nodes]) => [id, (nodes as string[]).map((node) => machine.getStateNodeById(node))]));
  return machine.resolveState({ ...stored, value: stored.value as StateValue, historyValue } as Parameters<AnyStateMachine['resolveState']>[0]);
}

/** Undefined when the present state does not take the event. */
export function take(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: LifeEvent): Step | undefined {
  if (snapshot.status !== 'active' || !snapshot.can(event)) return undefined;
  const [next, actions] = transition(machine, snapshot, event);
  return { snapshot: next, effects: effectsOf(actions) };
}

export function store(snapshot: AnyMachineSnapshot): StoredSnapshot {
  const { value, context, status } = snapshot;
  const historyValue = Object.fromEntries(Object.entries(snapshot.historyValue).map(([id, nodes]) => [id, nodes.map((node) => node.id)]));
  return { value, context, status, ...(Object.keys(historyValue).length > 0 ? { historyValue } : {}) };
}

/** The state as a text: `open.goods.partial + open.bills.awaiting`, regions in the order of the chart. */
export function stateOf(snapshot: AnyMachineSnapshot): string {
  return stateName(inOrder(snapshot.machine.root, snapshot.value));
}

/** A value that was stored comes back with its regions in any order. */
function inOrder(node: AnyStateNode, value: StateValue): StateValue {
  if (typeof value === 'string') return value;
  return Object.fromEntries(Object.entries(node.states).flatMap(([name, child]) => {
    const inner = value[name];
    return inner === undefined ? [] : [[name, inOrder(child, inner)]];
  }));
}

function stateName(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value).map(([name, inner]) => {
    if (inner === undefined) return name;
    if (typeof inner === 'object' && Object.keys(inner).length === 0) return name;
    return stateName(inner).split(' + ').map((part) => `${name}.${part}`).join(' + ');
  }).join(' + ');
}

export function effectsOf(actions: readonly unknown[]): Effect[] {
  return actions.flatMap(effectOf);
}

interface ActionData {
  type: string;
  params?: { id?: string; delay?: number; event?: LifeEvent; sendId?: string };
}

function effectOf(action: unknown): Effect[] {
  const { type, params } = action as ActionData;
  if (type === 'xstate.raise') {
    // Without a delay the chart has taken its own event already.
    if (params?.delay === undefined) return [];
    return [{ type: 'timer', id: String(params.id ?? params.event?.type), delayMs: Number(params.delay), event: params.event as LifeEvent }];
  }
  if (type === 'xstate.cancel') return [{ type: 'cancel-timer', id: String(params?.sendId) }];
  return type.startsWith('xstate.') ? [] : [{ type: 'action', name: type, params: (params ?? null) as Json }];
}
