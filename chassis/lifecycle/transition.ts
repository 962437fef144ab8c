import { initialTransition, transition, type AnyMachineSnapshot, type AnyStateMachine, type StateValue } from 'xstate';
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
  return { snapshot, effects: actions.map(effectOf) };
}

export function restore(machine: AnyStateMachine, stored: StoredSnapshot): AnyMachineSnapshot {
  return machine.resolveState({ ...stored, value: stored.value as StateValue } as Parameters<AnyStateMachine['resolveState']>[0]);
}

/** Undefined when the present state does not take the event. */
export function take(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: LifeEvent): Step | undefined {
  if (snapshot.status !== 'active' || !snapshot.can(event)) return undefined;
  const [next, actions] = transition(machine, snapshot, event);
  return { snapshot: next, effects: actions.map(effectOf) };
}

export function store(snapshot: AnyMachineSnapshot): StoredSnapshot {
  const { value, context, status, historyValue } = snapshot;
  return { value, context, status, ...(Object.keys(historyValue).length > 0 ? { historyValue } : {}) };
}

/** `open.goods.partial + open.bills.awaiting` */
export function stateName(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value).map(([name, inner]) => {
    if (inner === undefined) return name;
    if (typeof inner === 'object' && Object.keys(inner).length === 0) return name;
    return stateName(inner).split(' + ').map((part) => `${name}.${part}`).join(' + ');
  }).join(' + ');
}

interface ActionData {
  type: string;
  params?: { id?: string; delay?: number; event?: LifeEvent; sendId?: string };
}

function effectOf(action: unknown): Effect {
  const { type, params } = action as ActionData;
  if (type === 'xstate.raise') {
    return { type: 'timer', id: String(params?.id), delayMs: Number(params?.delay ?? 0), event: params?.event as LifeEvent };
  }
  if (type === 'xstate.cancel') return { type: 'cancel-timer', id: String(params?.sendId) };
  return { type: 'action', name: type, params: (params ?? null) as Json };
}
