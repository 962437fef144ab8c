import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';
import type { LifeEvent } from '../lifecycle/life.ts';
import { reached, type Place } from './fault-points.ts';

const AFTER = 'xstate.after.';
/** A chart's own word for the end of its parts: no event of its own, but the end of the one before. */
const DONE = 'xstate.done.';

interface Transition {
  source: AnyStateNode;
  eventType: string;
  guard?: unknown;
}

export const beginningOf = (process: string) => `${process}: begins`;

/**
 * Every transition of a chart that an event or a limit takes, by name. Those without an event are taken in the same
 * commit as the one that led to them, so that there is no place between where a process could die.
 */
export function transitionsOf(process: string, machine: AnyStateMachine): string[] {
  const below = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(below)];
  const transitions = below(machine.root).flatMap((node) => [...node.transitions.values()].flat() as Transition[]);
  return [beginningOf(process), ...transitions.filter(({ eventType }) => eventType !== '' && !eventType.startsWith(DONE)).map((transition) => nameOf(process, transition))];
}

interface TakenEvent {
  event: LifeEvent;
  step: { snapshot: AnyMachineSnapshot };
}

/** Undefined like `reached`: says at which place of these transitions, taken in one commit, the process is. */
export const transitionPoints = reached ? pointsOf : undefined;

function pointsOf(process: string, machine: AnyStateMachine, before: AnyMachineSnapshot | undefined, taken: readonly TakenEvent[]): (place: Place) => void {
  const names = taken.flatMap(({ event }, index) => {
    const from = index === 0 ? before : taken[index - 1]!.step.snapshot;
    return from ? (machine.getTransitionData(from, event) as Transition[]).map((transition) => nameOf(process, transition)) : [beginningOf(process)];
  });
  return (place) => { for (const name of names) reached?.(name, place); };
}

function nameOf(process: string, { source, eventType, guard }: Transition): string {
  const event = eventType.startsWith(AFTER) ? `after ${eventType.slice(AFTER.length).split('.')[0]}` : `on ${eventType}`;
  const condition = typeof guard === 'string' ? guard : (guard as { type?: string } | undefined)?.type;
  return `${process}: ${source.path.join('.') || 'anywhere'} ${event}${condition ? ` if ${condition}` : ''}`;
}
