import type { Happening } from '../../ehr/day/clinical-day.ts';
import type { Behaviour } from '../../network/suppliers/behaviour.ts';
import type { Choice, WorkItem } from '../choices.ts';
import type { Doors, Hands } from '../live.ts';
import { patiently } from '../patience.ts';
import type { PlannedRequisition } from '../requisition-plan.ts';
import { BEDSIDE_SCENES } from './bedside-scenes.ts';
import { rareChoices } from './choices.ts';
import { takeInAgain } from './dock-again.ts';
import { moodsOfSuppliers } from './network-control.ts';
import { CHECKING_SCENES, ORDER_SCENES } from './order-scenes.ts';
import { UNFIT_SCENE } from './unfit-scene.ts';
import { pause } from '../pause.ts';
import { refusing, takeTurns } from './refusals.ts';
import { createPrompter, type Scene, type Stage } from './scene.ts';
import { wave } from './waves.ts';

export interface RareLifeOptions {
  seed: number;
  silenceMs: number;
  doors: Doors;
  controlUrl: string;
  /** Fault points that nobody has died at yet. */
  open(): readonly string[];
  /** Aborted when no more work is needed. */
  enough: AbortSignal;
}

export interface RareLife {
  knowledge: { choose(item: WorkItem, person: string): Promise<Choice | undefined>; decided(item: WorkItem, choice: Choice): void };
  live(hands: Hands): Promise<void>;
}

const PATIENTS_OF_A_WAVE = 6;
const PAUSE_AFTER_WAVE_MS = 15_000;
const PAUSE_AFTER_SCENES_MS = 4_000;
const SCENES_AT_ONCE = 4;
const SENT_BACK = new Set(['refuse-invoice', 'is-duplicate']);

/** A day that goes on and on, on which everything happens that seldom does. */
export function rareLife({ seed, silenceMs, doors, controlUrl, open, enough }: RareLifeOptions): RareLife {
  const { networkUrl } = doors;
  const behaviours = new Map<string, Behaviour>();
  const prompter = createPrompter();
  const sentBack = new Set<string>();
  const struckOut = new Set<string>();
  let hands: Hands | undefined;
  let played = 0;

  const choose = rareChoices({
    seed, silenceMs, behaviours, mayStaySilent: false, asTold: prompter.asTold,
    get requisitions(): ReadonlyMap<string, PlannedRequisition> { return hands?.requisitions ?? new Map(); },
    wasRefused: (orderNumber) => sentBack.has(orderNumber),
    async isOnItsWay(orderNumber) {
      const { rows } = await patiently(hands!.signal, () => hands!.database.query<{ comes: boolean }>(
        `select exists (select 1 from network.tasks t join network.orders o on o.id = t.order_id
             where o.po_number = $1 and t.done_at is null and (t.kind = 'arrive' or t.kind in ('ship', 'ship-anyway') and t.due_at < now() + interval '25 seconds'))
           or exists (select 1 from network.deliveries where po_number = $1 and not received and returned_at is null) as comes`, [orderNumber]));
      return rows[0]!.comes;
    },
  });

  const waves = async (given: Hands, signal: AbortSignal, recorded: (happenings: readonly Happening[]) => void): Promise<void> => {
    for (let number = 1; !signal.aborted; number += 1) {
      recorded(await wave(given, { seed: seed * 1_000 + number, patients: PATIENTS_OF_A_WAVE, networkUrl, behaviours }));
      await pause(PAUSE_AFTER_WAVE_MS, signal);
    }
  };

  /** Whichever lead to where nobody has been, some at once. */
  async function scenes(stageOf: () => Stage, signal: AbortSignal): Promise<void> {
    const all = [...ORDER_SCENES, ...BEDSIDE_SCENES];
    for (let turn = 0; !signal.aborted; turn += SCENES_AT_ONCE) {
      const wanted = all.filter((scene) => leadsSomewhere(scene));
      const chosen = Array.from({ length: Math.min(SCENES_AT_ONCE, wanted.length) }, (_, index) => wanted[(turn + index) % wanted.length]!);
      await Promise.all(chosen.map((scene) => scene.play(stageOf())));
      await pause(PAUSE_AFTER_SCENES_MS, signal);
    }
  }

  const leadsSomewhere = ({ leadsTo }: Pick<Scene, 'leadsTo'>) => open().some((name) => leadsTo.test(name));

  return {
    knowledge: {
      choose,
      decided(item, { resolution }) {
        if (SENT_BACK.has(resolution) && item.order?.orderNumber) sentBack.add(item.order.orderNumber);
        if (resolution === 'discard-delivery') struckOut.add(String(item.facts?.['delivery']));
      },
    },
    async live(given) {
      hands = given;
      const signal = AbortSignal.any([enough, given.signal]);
      const happenings = Promise.withResolvers<readonly Happening[]>();
      const stageFor = (like: readonly Happening[]) => (): Stage => ({
        ...given, signal, seed, number: played += 1, networkUrl, controlUrl, doors, behaviours, happenings: like, tell: prompter.tell, seen: prompter.seen(signal),
      });
      const staged = happenings.promise.then((like) => {
        const stageOf = stageFor(like);
        const turns = [...refusing(controlUrl, signal), ...[...CHECKING_SCENES, UNFIT_SCENE].map(({ leadsTo, play }) => ({ leadsTo, take: () => play(stageOf()) }))];
        return Promise.all([scenes(stageOf, signal), takeTurns(turns, open, signal)]);
      });
      // It goes on while the day comes to rest.
      void takeInAgain(given.floor, struckOut);
      await Promise.all([waves(given, signal, happenings.resolve), staged, moodsOfSuppliers(networkUrl, 2 * silenceMs, signal)]);
    },
  };
}
