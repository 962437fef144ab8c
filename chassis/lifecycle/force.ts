import { createMachine, transition, type AnyMachineSnapshot, type AnyStateMachine, type AnyStateNode, type StateValue } from 'xstate';
import { ApiError } from '../errors/failures.ts';
import { effectsOf, restore, store, type Step } from './transition.ts';

const FORCED = 'moved by operators';

interface NodeConfig {
  states?: Record<string, NodeConfig>;
  on?: Record<string, unknown>;
}

/**
 * Enters a state as if a transition led there: states left and entered do what they do then, set their limits and ask for
 * their moves. Of regions beside each other only the one that is named changes. Several states are entered one after
 * another.
 *
 * @param state as `stateOf` prints it: `open.goods.awaiting + open.bills.awaiting`
 * @throws ApiError `invalid-request` when the chart has no such state, `conflict` when the life is over
 */
export function forcedStep(machine: AnyStateMachine, before: AnyMachineSnapshot, state: string): Step {
  if (before.status !== 'active') throw new ApiError('conflict', 'The life is over.', { code: 'life-is-over' });
  const paths = state.split('+').map((path) => path.trim().split('.'));
  return paths.map((path) => nodeAt(machine, path)).reduce<Step>((step, node) => {
    const next = enter(machine, step.snapshot, node);
    return { snapshot: next.snapshot, effects: [...step.effects, ...next.effects] };
  }, { snapshot: before, effects: [] });
}

function nodeAt(machine: AnyStateMachine, path: string[]): AnyStateNode {
  let node: AnyStateNode | undefined = machine.root;
  for (const name of path) node = Object.hasOwn(node?.states ?? {}, name) ? node?.states[name] : undefined;
  if (!node) throw new ApiError('invalid-request', `The chart has no state ${path.join('.').slice(0, 120)}.`, { code: 'unknown-state', errors: [{ pointer: '/state', detail: 'is not a state of the chart' }] });
  return node;
}

/** A chart that has one more transition, from where the life is to where it is to be. */
function enter(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, target: AnyStateNode): Step {
  let source = target;
  while (source.parent && !isActive(snapshot.value, source.path)) source = source.parent;
  const config = structuredConfig(machine.config as NodeConfig, source.path, { target: `#${target.id}`, reenter: source === target });
  const widened = createMachine(config as Parameters<typeof createMachine>[0], machine.implementations as Parameters<typeof createMachine>[1]) as unknown as AnyStateMachine;
  const [next, actions] = transition(widened, restore(widened, store(snapshot)), { type: FORCED });
  return { snapshot: restore(machine, store(next)), effects: effectsOf(actions) };
}

function structuredConfig(config: NodeConfig, [name, ...below]: string[], forced: object): NodeConfig {
  if (name === undefined) return { ...config, on: { ...config.on, [FORCED]: forced } };
  return { ...config, states: { ...config.states, [name]: structuredConfig(config.states![name]!, below, forced) } };
}

function isActive(value: StateValue | undefined, [name, ...below]: string[]): boolean {
  if (name === undefined) return true;
  if (value === undefined) return false;
  if (typeof value === 'string') return value === name && below.length === 0;
  return name in value && (below.length === 0 || isActive(value[name], below));
}
