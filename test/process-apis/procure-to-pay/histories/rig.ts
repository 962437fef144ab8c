import type { Client } from '#chassis/contract/connect.ts';
import type { Call, Implementation } from '#chassis/contract/serve.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { EventLog, NewEvent, RecordedEvent } from '#chassis/events/event-log.ts';
import type { LifeDefinition, LifeEvent } from '#chassis/lifecycle/life.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import { begin, stateOf, take, type Step } from '#chassis/lifecycle/transition.ts';
import type { Run } from '#chassis/moves/move.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import { definitionOf } from '../../../../process-apis/procure-to-pay/definition.ts';
import { supplierDocuments } from '../../../../process-apis/procure-to-pay/messages.ts';
import type { Order } from '../../../../process-apis/procure-to-pay/order.ts';
import { takeDelivery } from '../../../../process-apis/procure-to-pay/receiving.ts';
import { fakeEhr, newEhrBooks } from '../../hospital/ehr.ts';
import { newBooks, type ErpBooks } from '../../hospital/erp-books.ts';
import { fakeErp } from '../../hospital/erp.ts';
import { fakeNetwork, newNetworkBooks, type NetworkBooks } from '../../hospital/network.ts';
import { samplePolicy } from '../samples.ts';
import { documentOf, needOf, type Happening, type History } from './history.ts';
import { decisionOn } from './people.ts';

/** What is taken out of the real rules, to see that it is missed. */
export interface Mutant {
  inbox?: false;
  definition?: (definition: LifeDefinition<Order>) => LifeDefinition<Order>;
}

/** Which of several things that could happen next does: any numbers, of which one after the other is taken. */
export type Luck = readonly number[];

/** A history as it is lived. */
export interface Lived {
  history: History;
  first?: readonly Happening[];
  deliveries: readonly Happening[];
  luck?: Luck;
}

/** What is left when nothing moves any more. */
export interface End {
  state: string;
  order: Order;
  told: NewEvent[];
  /** Moves that were made, each with what it was asked to do. */
  made: { name: string; input: Record<string, unknown> }[];
  erp: ErpBooks;
  network: NetworkBooks;
  /** Events kept for a state that never came, events that nobody could take, deliveries that the dock was refused. */
  kept: LifeEvent[];
  dead: Happening[];
  refused: Happening[];
  decided: string[];
  /** The order after each change. */
  changes: Order[];
}

const NOW = new Date('2026-11-20T10:00:00Z');
/** Far more than any history needs. */
const LONGEST = 400;

interface World {
  erp: ErpBooks;
  network: NetworkBooks;
  systems: { erp: Client<object>; network: Client<object>; ehr: Client<object> };
}

let world: World;
/** One chart for all histories: making it takes longer than living through it. */
const current = (name: keyof World['systems']) => new Proxy({}, { get: (_, operation: string) => (world.systems[name] as Record<string, unknown>)[operation] });
const realDefinition = definitionOf({ systems: { erp: current('erp'), network: current('network'), ehr: current('ehr') } as never, database: {} as never, clock: { now: () => NOW }, policy: samplePolicy() });

function newWorld(): World {
  const [erp, network, ehr] = [newBooks(), newNetworkBooks(), newEhrBooks()];
  return { erp, network, systems: { erp: clientOf(fakeErp(erp)), network: clientOf(fakeNetwork(network)), ehr: clientOf(fakeEhr(ehr)) } };
}

/** A system that hears every call once. */
function clientOf<Ops>(implementation: Implementation<Ops>): Client<object> {
  const call = (idempotencyKey?: string) => ({ principal: {}, repeated: false, idempotencyKey, signal: new AbortController().signal }) as Call;
  const operations = Object.entries(implementation as Record<string, (input: unknown, call: Call) => Promise<unknown>>);
  return Object.fromEntries(operations.map(([name, work]) => [name, (input: unknown, options?: { idempotencyKey?: string }) => work(input, call(options?.idempotencyKey))]));
}

/**
 * Lives through a history in memory: the real chart, rules, moves, subscription and dock, and around them the platform's
 * rules in short. Each event is handled once a consumer; one that cannot be yet is tried again and holds back what follows
 * for its subject; what a state has no use for is kept where the definition says so; a move reports when it is done.
 *
 * @param first what comes before everything else, and is settled by people before that
 * @param deliveries what is delivered then, in which order; the same happening any number of times
 * @param luck which of the things that could happen next does; without it moves end before the next delivery comes
 */
export async function live({ history, first = [], deliveries, luck }: Lived, mutant: Mutant = {}): Promise<End> {
  world = newWorld();
  const definition = mutant.definition?.(realDefinition) ?? realDefinition;
  const end: End = { state: '', order: needOf(history), told: [], made: [], erp: world.erp, network: world.network, kept: [], dead: [], refused: [], decided: [], changes: [] };
  const waiting = [...first];
  const inbox = new Set<string>();
  let parked: Happening[] = [];
  const running: { name: string; input: unknown }[] = [];
  const timers = new Map<string, { event: LifeEvent; due: number }>();
  let now = 0;
  let rolls = 0;
  let snapshot = begin(definition.machine, needOf(history)).snapshot;

  function note({ snapshot: next, effects }: Step): void {
    snapshot = next;
    end.changes.push(next.context as Order);
    for (const effect of effects) {
      if (effect.type === 'timer') timers.set(effect.id, { event: effect.event, due: now + effect.delayMs });
      else if (effect.type === 'cancel-timer') timers.delete(effect.id);
      else if (definition.moves[effect.name]) running.push({ name: effect.name, input: JSON.parse(JSON.stringify(definition.moves[effect.name]!.input(next.context as Order, effect.params) ?? null)) });
      else end.told.push(definition.announcements[effect.name]!(next.context as Order, effect.params));
    }
  }

  function apply(event: LifeEvent): boolean {
    const step = take(definition.machine, snapshot, event);
    if (!step) {
      if (snapshot.status === 'active' && definition.defers?.includes(event.type)) end.kept.push(event);
      return false;
    }
    note(step);
    for (let index = 0; index < end.kept.length;) {
      const next = take(definition.machine, snapshot, end.kept[index]!);
      if (!next) {
        index += 1;
        continue;
      }
      end.kept.splice(index, 1);
      note(next);
      index = 0;
    }
    return true;
  }

  const lives = {
    find: async () => (definition.keys(snapshot.context as Order)['order'] ? [history.orderId] : []),
    apply: async (_tx: unknown, _id: string, event: LifeEvent) => ({ accepted: apply(event), state: stateOf(snapshot) }),
  } as unknown as Lives;
  // What the dock and the subscription look up beside the life.
  const tx = { query: async () => [{ state: stateOf(snapshot), snapshot: { context: snapshot.context }, deferred: end.kept }] } as unknown as Transaction;
  const consumer = supplierDocuments(lives, { publish: async (_tx: unknown, event: NewEvent) => { end.told.push(event); } } as unknown as EventLog<never>);

  async function hand(happening: Happening): Promise<void> {
    if (happening.type === 'delivered') return takeDelivery(tx, { lives, clock: { now: () => NOW } }, history.orderId, happening.delivery);
    return consumer.handle(tx, { id: happening.id, type: happening.type, subject: history.orderNumber, data: documentOf(history, happening), at: NOW } as unknown as RecordedEvent);
  }

  /** True when it need not be tried again. */
  async function isSettled(happening: Happening): Promise<boolean> {
    try {
      await hand(happening);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // What comes to the dock before its order stands there until the order does.
      if (error.kind === 'in-progress' || error.code === 'order-not-placed') return false;
      (happening.type === 'delivered' ? end.refused : end.dead).push(happening);
    }
    return true;
  }

  async function deliver(happening: Happening): Promise<void> {
    // The dock is asked by hand and tells repeats by its own reference.
    const isEvent = happening.type !== 'delivered';
    if (isEvent && mutant.inbox !== false) {
      if (inbox.has(happening.id)) return;
      inbox.add(happening.id);
    }
    const isBehind = parked.some((each) => (each.type !== 'delivered') === isEvent);
    if ((isEvent && isBehind) || !await isSettled(happening)) parked.push(happening);
  }

  async function retryParked(): Promise<boolean> {
    const [first] = parked;
    if (!first || !await isSettled(first)) return false;
    parked = parked.filter((each) => each !== first);
    return true;
  }

  async function make({ name, input }: { name: string; input: unknown }): Promise<void> {
    const { move } = definition.moves[name]!;
    const run: Run = { moveId: `${end.made.length}`, attempt: 1, step: (step, work) => work(`${end.made.length}:${step}`) };
    end.made.push({ name, input: input as Record<string, unknown> });
    const outcome = await move.run(run, input as never).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      return { type: `${move.name}.failed`, failure: { kind: error.kind, code: error.code, detail: error.message }, moveId: run.moveId };
    });
    apply({ ...outcome, at: NOW.toISOString() });
  }

  async function step(): Promise<boolean> {
    const choices: (() => Promise<unknown>)[] = [...running.map((move) => () => make(running.splice(running.indexOf(move), 1)[0]!)), ...(parked.length > 0 ? [retryParked] : []), ...(waiting.length > 0 ? [() => deliver(waiting.shift()!)] : [])];
    if (choices.length === 0 || (running.length === 0 && waiting.length === 0)) return retryParked();
    await choices[luck === undefined ? 0 : luck[(rolls += 1) % luck.length]! % choices.length]!();
    return true;
  }

  /** People look at what nobody else will move. */
  function decide(): boolean {
    const decision = decisionOn(definition, snapshot, history);
    if (!decision) return false;
    end.decided.push(decision.kind);
    if (!apply({ type: decision.resolution, by: 'somebody', at: NOW.toISOString() })) throw new Error(`${decision.kind} offers ${decision.resolution} in ${stateOf(snapshot)}, which does nothing`);
    return true;
  }

  /** Days pass when nobody has anything to do. */
  function wait(): boolean {
    const [id, timer] = [...timers].toSorted(([, left], [, right]) => left.due - right.due)[0] ?? [];
    if (!timer || id?.includes('archiveLimit')) return false;
    now = timer.due;
    timers.delete(id!);
    apply({ ...timer.event, at: NOW.toISOString() });
    return true;
  }

  note(begin(definition.machine, needOf(history)));
  while (first.length > 0 && (await step() || decide())) continue;
  waiting.push(...deliveries);
  for (let turn = 0; ; turn += 1) {
    if (turn > LONGEST + deliveries.length) throw new Error(`it does not come to rest: ${stateOf(snapshot)}, decided ${end.decided.slice(-6).join(', ')}`);
    if (!await step() && !decide() && !wait()) break;
  }
  end.dead.push(...parked);
  end.state = stateOf(snapshot);
  end.order = snapshot.context as Order;
  return end;
}
