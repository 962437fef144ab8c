import { assign, setup } from 'xstate';
import type { Platform } from '#chassis/deployable/api-module.ts';
import type { EventSchemaDocument } from '#chassis/events/event-schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { bind, effects } from '#chassis/lifecycle/life.ts';
import { move } from '#chassis/moves/move.ts';
import type { Watch } from '#chassis/watches/watch.ts';
import { taskIsDone, watchedEvents } from '../watches/support.ts';

/** Parcels that are delivered: lives with keys, a move whose second step fails at first, events and work for people. */
export interface Parcel {
  parcel: string;
  customer: string;
  facility: string;
}

const told = { $ref: '#/components/schemas/Parcel' };

export const parcelEvents: EventSchemaDocument = {
  messages: { ...watchedEvents.messages, 'parcel.sent.v1': told, 'parcel.signed-for.v1': told },
  schemas: {
    ...watchedEvents.schemas,
    Parcel: { type: 'object', properties: { parcel: { type: 'string', 'x-business-key': 'parcel' }, slip: { type: 'string', 'x-business-key': 'slip' }, customer: { type: 'string', 'x-business-key': 'customer' } }, additionalProperties: false },
  },
};

export const parcelIsSigned: Watch = { ...taskIsDone, name: 'probe.parcel-signed', title: 'Nobody signed for {key}', key: 'parcel', begins: 'parcel.sent.v1', ends: ['parcel.signed-for.v1'], callsOff: [] };

export function deliverParcels(platform: Platform, book: (path: string) => Promise<unknown>): void {
  const { lives, moves } = platform;
  const send = move('send', async (run, { parcel }: Parcel) => {
    await run.step('pack', () => book('/boxes/1'));
    await run.step('hand over', async () => {
      if (run.attempt === 1) throw new ApiError('unavailable', 'The van is not here yet.', { retryAfterMs: 1 });
      return book(`/vans/${parcel}`);
    });
    return { type: 'sent', slip: `S-${parcel}` };
  });
  const machine = setup({
    types: { context: {} as Parcel & { slip?: string }, input: {} as Parcel, events: {} as { type: 'sent'; slip: string } | { type: 'signed' } },
    actions: { ...effects('send', 'tellSent'), noteSlip: assign(({ event }) => (event.type === 'sent' ? { slip: event.slip } : {})) },
  }).createMachine({
    context: ({ input }) => input, initial: 'packing',
    states: {
      packing: { entry: 'send', on: { sent: { target: 'delivering', actions: ['noteSlip', 'tellSent'] } } },
      delivering: { meta: { workItem: 'signature' }, on: { signed: 'delivered' } },
      delivered: { type: 'final' },
    },
  });
  lives.register<Parcel & { slip?: string }>({
    process: 'delivery', version: 1, tier: 'standard', machine,
    keys: ({ parcel, customer, slip }) => ({ parcel, customer, slip }), facility: ({ facility }) => facility,
    moves: { send: bind(send, ({ parcel, customer, facility }: Parcel) => ({ parcel, customer, facility })) },
    announcements: { tellSent: ({ parcel, slip, customer, facility }) => ({ type: 'parcel.sent.v1', subject: parcel, facility, data: { parcel, slip, customer } }) },
    workItems: { signature: () => ({ owner: 'role:driver', title: 'Have it signed', facts: {}, resolutions: ['signed'] }) },
  });
  moves.register('delivery', 'standard', [send], async (tx, lifeId, outcome) => { await lives.apply(tx, lifeId, outcome); });
}
