import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { LifeDefinition } from './life.ts';

/** What a chart carries out itself, without anything happening outside. */
const INNER = new Set(['xstate.assign', 'xstate.raise', 'xstate.cancel', 'xstate.enqueueActions', 'xstate.log']);

/** Everything that a chart asks for and its definition does not have: found when the process starts, not when a life gets there. */
export function mistakesInChart(definition: LifeDefinition<unknown>): string[] {
  const { machine } = definition;
  const declared = Object.keys(machine.implementations.actions).flatMap((name) => mistakeInAction(definition, name));
  const nodes = nodesOf(machine);
  return [...new Set([...declared, ...nodes.flatMap((node) => actionsOf(node).flatMap((action) => mistakeInAction(definition, action))), ...nodes.flatMap((node) => mistakesInNode(definition, node))])];
}

function mistakeInAction(definition: LifeDefinition<unknown>, action: unknown): string[] {
  const name = nameOf(action);
  if (name === undefined) return isInner(action) ? [] : ['an action is written in place and has no name'];
  const implementation: unknown = definition.machine.implementations.actions[name];
  if (isBuiltIn(implementation)) return isInner(implementation) ? [] : [`the action ${name} is ${implementation.type}, which no life carries out`];
  return name in definition.moves || name in definition.announcements ? [] : [`the action ${name} is bound to nothing`];
}

function mistakesInNode(definition: LifeDefinition<unknown>, node: AnyStateNode): string[] {
  const kind = (node.meta as { workItem?: string } | undefined)?.workItem;
  return [
    ...(kind !== undefined && !(kind in definition.workItems) ? [`the work item ${kind} is not described`] : []),
    ...(node.invoke.length > 0 ? [`the state ${node.id} invokes an actor; what is done outside is a move`] : []),
  ];
}

function nodesOf(machine: AnyStateMachine): AnyStateNode[] {
  const below = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(below)];
  return below(machine.root);
}

function actionsOf(node: AnyStateNode): readonly unknown[] {
  const transitions = [...node.transitions.values()].flat();
  return [...node.entry, ...node.exit, ...[...transitions, ...(node.always ?? []), ...(node.initial ? [node.initial] : [])].flatMap((transition) => transition.actions as readonly unknown[])];
}

function nameOf(action: unknown): string | undefined {
  if (typeof action === 'string') return action;
  return typeof action === 'object' && action !== null && 'type' in action ? String(action.type) : undefined;
}

function isBuiltIn(action: unknown): action is { type: string } {
  return typeof action === 'function' && 'type' in action && String(action.type).startsWith('xstate.');
}

function isInner(action: unknown): boolean {
  return isBuiltIn(action) && INNER.has(action.type);
}
