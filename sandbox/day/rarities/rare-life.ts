import type { Happening } from '../../ehr/day/clinical-day.ts';
import type { Behaviour } from '../../network/suppliers/behaviour.ts';
import type { Choice, WorkItem } from '../choices.ts';
import type { Doors, Hands } from '../live.ts';
import { patiently } from '../patience.ts';
import type { PlannedRequisition } from '../requisition-plan.ts';
import { BEDSIDE_SCENES, COST_REFUSED } from './bedside-scenes.ts';
import { rareChoices } from './choices.ts';
import { takeInAgain } from './dock-again.ts';
import { moodsOfSuppliers } from './network-control.ts';
import { CHECKING_SCENES, ORDER_SCENES } from './order-scenes.ts';
import { UNFIT_SCENE } from './unfit-scene.ts';
import { pause } from '../pause.ts';
import { REFUSAL_SCENES } from './refusals.ts';
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
const PAUSE_AFTER_SCENE_MS = 2_000;
const SCENES_AT_ONCE = 4;
/** Of those that make a vendor fail one is played at a time. */
const FAULT_SCENES: readonly Scene[] = [...REFUSAL_SCENES, COST_REFUSED, ...CHECKING_SCENES, UNFIT_SCENE];
const FREE_SCENES: readonly Scene[] = [...ORDER_SCENES, ...BEDSIDE_SCENES];
const SCENES = [...FREE_SCENES, ...FAULT_SCENES];
const SENT_BACK = new Set(['refuse-invoice', 'is-duplicate']);

const leads = ({ leadsTo }: Scene, names: readonly string[]) => names.some((name) => leadsTo.test(name));

/** A day that goes on and on, on which everything happens that seldom does. */
export function rareLife({ seed, silenceMs, doors, controlUrl, open, enough }: RareLifeOptions): RareLife {
  const { networkUrl } = doors;
  const behaviours = new Map<string, Behaviour>();
  const prompter = createPrompter();
  const sentBack = new Set<string>();
  const struckOut = new Set<string>();
  let hands: Hands | undefined;
  let played = 0;
  const plays = new Map<Scene, number>();
  const playing = new Set<Scene>();

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

  /** Ordinary work, as long as it leads somewhere where no scene does. */
  const waves = async (given: Hands, signal: AbortSignal, recorded: (happenings: readonly Happening[]) => void): Promise<void> => {
    for (let number = 1; !signal.aborted; number += 1) {
      if (number === 1 || open().some((name) => !SCENES.some((scene) => leads(scene, [name])))) {
        recorded(await wave(given, { seed: seed * 1_000 + number, patients: PATIENTS_OF_A_WAVE, networkUrl, behaviours }));
      }
      await pause(PAUSE_AFTER_WAVE_MS, signal);
    }
  };

  /** One after the other of those that lead to where nobody has been; none that is being played by somebody else. */
  async function play(repertoire: readonly Scene[], stageOf: () => Stage, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const missing = open();
      const [scene] = repertoire.filter((each) => !playing.has(each) && leads(each, missing)).toSorted((left, right) => (plays.get(left) ?? 0) - (plays.get(right) ?? 0));
      if (scene) {
        plays.set(scene, (plays.get(scene) ?? 0) + 1);
        playing.add(scene);
        await scene.play(stageOf()).catch((error: unknown) => {
          // Others may still lead there; what nothing led to is told in the end.
          if (!signal.aborted) stageOf().floor.say(`a scene broke off: ${error instanceof Error ? error.message : String(error)}`);
        });
        playing.delete(scene);
      }
      await pause(PAUSE_AFTER_SCENE_MS, signal);
    }
  }

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
        return Promise.all([play(FAULT_SCENES, stageOf, signal), ...Array.from({ length: SCENES_AT_ONCE }, () => play(FREE_SCENES, stageOf, signal))]);
      });
      // It goes on while the day comes to rest.
      void takeInAgain(given.floor, struckOut);
      await Promise.all([waves(given, signal, happenings.resolve), staged, moodsOfSuppliers(networkUrl, 2 * silenceMs, signal)]);
    },
  };
}
