import { assign, setup } from 'xstate';
import { effects } from '#chassis/lifecycle/life.ts';
import type { Consumption } from './consumption.ts';
import type { ConsumptionEvent } from './events.ts';
import type { Settings } from './settings.ts';

/** The books hold less than was used, or have never heard of the lot or piece: on the shelf it was all the same. */
const NOT_ON_THE_SHELF = ['negative-stock', 'unknown-lot', 'unknown-serial'];

/** From a supply or device used on a patient to stock, cost and, by rule, a requisition. One life per use. */
export function consumptionToReplenishment({ limits }: Settings) {
  return setup({
    types: { context: {} as Consumption, events: {} as ConsumptionEvent, input: {} as Consumption, meta: {} as { workItem?: string } },
    actions: {
      ...effects('identifyUse', 'depleteStock', 'adjustStock', 'replenish', 'returnToStock', 'tellDepleted', 'tellReplenishment'),
      noteItem: assign(({ event }) => event.type === 'identified' ? { use: event.use, item: event.item, place: event.place, problem: null } : {}),
      noteProblem: assign(({ event }) => 'problem' in event ? { problem: event.problem } : {}),
      noteFailure: assign(({ context, event }) => 'failure' in event
        ? { problem: event.failure.detail, isShort: NOT_ON_THE_SHELF.includes(event.failure.code ?? ''), failedDepletions: context.failedDepletions + 1 } : {}),
      noteMapping: assign(({ event }) => event.type === 'map-item' ? { namedItem: { itemNumber: String(event.values?.['itemNumber']), by: event.by } } : {}),
      noteDepletion: assign(({ event }) => event.type === 'depleted' ? { movementNumber: event.movementNumber, cost: event.cost, taken: event.taken ?? null, problem: null, isShort: false } : {}),
      noteReplenishment: assign(({ event }) => 'replenishment' in event && event.replenishment ? { replenishment: event.replenishment, requisitionReference: event.replenishment.reference } : {}),
      noteReturn: assign({ isReturned: true }),
    },
    guards: {
      namesItem: ({ event }) => event.type === 'map-item' && typeof event.values?.['itemNumber'] === 'string' && event.values['itemNumber'] !== '',
      isShort: ({ context }) => context.isShort,
      isInUse: ({ context }) => !context.isReturned,
      isReturned: ({ context }) => context.isReturned === true,
      asksForMore: ({ event }) => 'replenishment' in event && event.replenishment !== null,
    },
    delays: { refillLimit: limits.refillMs, correctionLimit: limits.correctionMs },
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
          depleted: { target: 'replenishing', actions: ['noteDepletion', 'tellDepleted'] },
          'deplete-stock.failed': { target: 'notDepleted', actions: 'noteFailure' },
        },
      },
      notDepleted: {
        meta: { workItem: 'stock-does-not-suffice' },
        on: { retry: 'identifying', 'adjust-stock': { guard: 'isShort', target: 'adjusting' }, 'supply.use-withdrawn.v1': 'withdrawn' },
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
          'stores ran out': [
            { guard: 'asksForMore', target: 'awaitingStores', actions: ['noteProblem', 'noteReplenishment', 'tellReplenishment'] },
            { target: 'awaitingStores', actions: 'noteProblem' },
          ],
        },
      },
      awaitingStores: {
        meta: { workItem: 'stores-ran-out' },
        on: { retry: 'replenishing', 'supply.use-withdrawn.v1': { guard: 'isInUse', target: 'returningBeforeRefill' } },
        after: { refillLimit: 'replenishing' },
      },
      // What the place asked for counts as on its way to it, so that it has to come, whatever becomes of the use.
      returningBeforeRefill: {
        entry: 'returnToStock',
        on: { returned: { target: 'awaitingStores', actions: 'noteReturn' } },
      },
      done: {
        always: { guard: 'isReturned', target: 'withdrawn' },
        on: { 'supply.use-withdrawn.v1': 'returning' },
        after: { correctionLimit: 'archived' },
      },
      returning: {
        entry: 'returnToStock',
        on: { returned: 'withdrawn' },
      },
      withdrawn: { type: 'final' },
      ignored: { type: 'final' },
      archived: { type: 'final' },
    },
  });
}
