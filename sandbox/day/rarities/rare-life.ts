import type { Behaviour } from '../../network/suppliers/behaviour.ts';
import type { Choice, WorkItem } from '../choices.ts';
import type { Doors, Hands } from '../live.ts';
import { patiently } from '../patience.ts';
import type { PlannedRequisition } from '../requisition-plan.ts';
import { rareChoices } from './choices.ts';
import { takeInAgain } from './dock-again.ts';
import { moodsOfSuppliers } from './network-control.ts';
import { refuseInTurn } from './refusals.ts';
import { wave } from './waves.ts';

export interface RareLifeOptions {
  seed: number;
  silenceMs: number;
  doors: Doors;
  controlUrl: string;
  behaviours: Map<string, Behaviour>;
  /** Fault points that nobody has died at yet. */
  open(): readonly string[];
  /** Aborted when no more work is needed. */
  enough: AbortSignal;
}

export interface RareLife {
  knowledge: { choose(item: WorkItem, person: string): Promise<Choice | undefined>; decided(item: WorkItem, choice: Choice): void };
  live(hands: Hands): Promise<void>;
}

const PATIENTS_OF_A_WAVE = 8;
const REFUSED = new Set(['refuse-invoice', 'is-duplicate']);

/** A day that goes on and on, on which everything happens that seldom does. */
export function rareLife({ seed, silenceMs, doors, controlUrl, behaviours, open, enough }: RareLifeOptions): RareLife {
  let hands: Hands | undefined;
  const sentBack = new Set<string>();
  const discarded = new Set<string>();
  const choose = rareChoices({
    seed, get requisitions(): ReadonlyMap<string, PlannedRequisition> { return hands?.requisitions ?? new Map(); }, mayStaySilent: false, silenceMs, behaviours, wasRefused: (orderNumber) => sentBack.has(orderNumber),
    isOnItsWay: (orderNumber) => patiently(enough, async () => {
      const { rows } = await hands!.database.query<{ comes: boolean }>(
        `select exists (select 1 from network.tasks t join network.orders o on o.id = t.order_id where o.po_number = $1 and t.kind in ('ship', 'arrive') and t.done_at is null)
           or exists (select 1 from network.deliveries where po_number = $1 and not received) as comes`, [orderNumber]);
      return rows[0]!.comes;
    }),
  });

  return {
    knowledge: {
      choose,
      decided(item, { resolution }) {
        if (REFUSED.has(resolution) && item.order?.orderNumber) sentBack.add(item.order.orderNumber);
        if (resolution === 'discard-delivery') discarded.add(String(item.facts?.['delivery']));
      },
    },
    async live(given) {
      hands = given;
      const all = AbortSignal.any([enough, given.signal]);
      const beside = Promise.all([refuseInTurn({ controlUrl, open, signal: all }), moodsOfSuppliers(doors.networkUrl, 2 * silenceMs, all)]);
      void takeInAgain(given.floor, discarded);
      for (let number = 1; !all.aborted; number += 1) {
        await wave(given, { seed: seed * 1_000 + number, patients: PATIENTS_OF_A_WAVE, networkUrl: doors.networkUrl, behaviours });
      }
      await beside;
    },
  };
}
