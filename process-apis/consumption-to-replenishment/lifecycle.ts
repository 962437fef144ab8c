import { assign, setup } from 'xstate';
import { effects } from '#chassis/lifecycle/life.ts';
import type { MoveFailure } from '#chassis/moves/engine.ts';
import type { Consumption, Place, Replenishment, UsedItem } from './consumption.ts';

interface Decision {
  by: string;
  at: string;
  note?: string;
  values?: Record<string, string | number | boolean>;
}

export type ConsumptionEvent =
  | { type: 'identified'; item: UsedItem; place: Place }
  | { type: 'unmapped'; problem: string }
  | { type: 'contradictory'; problem: string }
  | { type: 'place unknown'; problem: string }
  | { type: 'not in EHR'; problem: string }
  | { type: 'depleted'; movementNumber: string; cost: string }
  | { type: 'deplete-stock.failed'; failure: MoveFailure; moveId: string }
  | { type: 'stock adjusted' }
  | { type: 'replenished'; replenishment: Replenishment | null }
  | { type: 'returned' }
  | { type: 'supply.use-withdrawn.v1' }
  | { type: 'map-item' } & Decision
  | { type: 'retry' } & Decision
  | { type: 'adjust-stock' } & Decision
  | { type: 'ignore' } & Decision;

/** From a supply or device used on a patient to stock, cost and, by rule, a requisition. One life per use. */
export const consumptionToReplenishment = setup({
  types: { context: {} as Consumption, events: {} as ConsumptionEvent, input: {} as Consumption, meta: {} as { workItem?: string } },
  actions: {
    ...effects('identifyUse', 'depleteStock', 'adjustStock', 'replenish', 'returnToStock', 'tellDepleted', 'tellReplenishment'),
    noteItem: assign(({ event }) => event.type === 'identified' ? { item: event.item, place: event.place, problem: null } : {}),
    noteProblem: assign(({ event }) => 'problem' in event ? { problem: event.problem } : {}),
    noteFailure: assign(({ event }) => 'failure' in event ? { problem: event.failure.detail } : {}),
    noteMapping: assign(({ event }) => event.type === 'map-item' ? { mappedItem: String(event.values?.['itemNumber']) } : {}),
    noteCost: assign(({ event }) => event.type === 'depleted' ? { movementNumber: event.movementNumber, cost: event.cost, problem: null } : {}),
    noteReplenishment: assign(({ event }) => event.type === 'replenished' ? { replenishment: event.replenishment, requisitionReference: event.replenishment?.reference ?? null } : {}),
  },
  guards: {
    namesItem: ({ event }) => event.type === 'map-item' && typeof event.values?.['itemNumber'] === 'string' && event.values['itemNumber'] !== '',
    asksForMore: ({ event }) => event.type === 'replenished' && event.replenishment !== null,
  },
}).createMachine({
  id: 'consumption',
  context: ({ input }) => input,
  initial: 'identifying',
  states: {
    identifying: {
      entry: 'identifyUse',
      on: {
        identified: { target: 'depleting', actions: 'noteItem' },
        unmapped: { target: 'unmapped', actions: 'noteProblem' },
        contradictory: { target: 'contradictory', actions: 'noteProblem' },
        'place unknown': { target: 'placeless', actions: 'noteProblem' },
        'not in EHR': { target: 'unfounded', actions: 'noteProblem' },
      },
    },
    unmapped: {
      meta: { workItem: 'missing-item-mapping' },
      on: { 'map-item': { guard: 'namesItem', target: 'identifying', actions: 'noteMapping' }, ignore: 'ignored', 'supply.use-withdrawn.v1': 'withdrawn' },
    },
    contradictory: {
      meta: { workItem: 'identifiers-differ' },
      on: { 'map-item': { guard: 'namesItem', target: 'identifying', actions: 'noteMapping' }, ignore: 'ignored', 'supply.use-withdrawn.v1': 'withdrawn' },
    },
    placeless: {
      meta: { workItem: 'place-without-cost-center' },
      on: { retry: 'identifying', ignore: 'ignored', 'supply.use-withdrawn.v1': 'withdrawn' },
    },
    unfounded: {
      meta: { workItem: 'use-not-in-ehr' },
      on: { retry: 'identifying', ignore: 'ignored', 'supply.use-withdrawn.v1': 'withdrawn' },
    },
    depleting: {
      entry: 'depleteStock',
      on: {
        depleted: { target: 'replenishing', actions: ['noteCost', 'tellDepleted'] },
        'deplete-stock.failed': { target: 'notDepleted', actions: 'noteFailure' },
      },
    },
    notDepleted: {
      meta: { workItem: 'stock-does-not-suffice' },
      on: { retry: 'depleting', 'adjust-stock': 'adjusting', 'supply.use-withdrawn.v1': 'withdrawn' },
    },
    adjusting: {
      entry: 'adjustStock',
      on: { 'stock adjusted': 'depleting' },
    },
    replenishing: {
      entry: 'replenish',
      on: {
        replenished: [
          { guard: 'asksForMore', target: 'done', actions: ['noteReplenishment', 'tellReplenishment'] },
          { target: 'done' },
        ],
      },
    },
    done: {
      on: { 'supply.use-withdrawn.v1': 'returning' },
    },
    returning: {
      entry: 'returnToStock',
      on: { returned: 'withdrawn' },
    },
    withdrawn: { type: 'final' },
    ignored: { type: 'final' },
  },
});
