import type { Happening } from '../../ehr/day/clinical-day.ts';
import { locationId, organizationId, SYSTEMS } from '../../ehr/hospital-record.ts';
import type { JsonObject } from '../../ehr/json.ts';
import { itemByNumber, masterData } from '../../hospital/master-data.ts';
import { patiently } from '../patience.ts';
import { pause } from '../pause.ts';
import { toNetwork } from './network-control.ts';
import { ONCE_MORE_MS, REFUSED, setFault, WRITING } from './refusals.ts';
import { until, type Scene, type Stage } from './scene.ts';

interface Piece {
  item: string;
  quantity?: number;
  facility?: string;
  location?: string;
}

/** What lies on no shelf there, and is ordered for none. */
const ELSEWHERE = { item: 'DEV-2401', facility: 'MAIN', location: 'CATHLAB' };
/** Longer than stores are left alone that ran out. */
const REFILL_MS = 9_000;
const UNKNOWN_PLACE = 'location-main-annex';
const COST_CENTRES: Readonly<Record<string, string>> = Object.fromEntries(masterData.locations.map((each) => [`${each.facility}/${each.code}`, each.costCentre]));

/** A supply like one that was recorded before. */
function supply({ happenings, number }: Stage, name: string, { item, quantity = 1, facility = 'MAIN', location = 'CATHLAB' }: Piece): JsonObject {
  const like = resourceOf(happenings, 'SupplyDelivery');
  const id = `${name}-${number}`;
  return {
    ...like, id, identifier: [{ system: SYSTEMS.use, value: id }], destination: { reference: `Location/${location === 'ANNEX' ? UNKNOWN_PLACE : locationId(facility, location)}` },
    suppliedItem: { quantity: { value: quantity, unit: 'each', system: 'http://unitsofmeasure.org', code: '{each}' }, itemCodeableConcept: { coding: [{ system: SYSTEMS.item, code: item }] } },
  };
}

function resourceOf(happenings: readonly Happening[], type: string): JsonObject {
  const found = happenings.flatMap((each) => each.resources).find((each) => each['resourceType'] === type);
  if (!found) throw new Error(`nothing like a ${type} was recorded`);
  return found;
}

const referenceOf = (resource: JsonObject) => `${String(resource['resourceType'])}/${String(resource['id'])}`;

function record({ clinician }: Stage, ...resources: JsonObject[]): Promise<void> {
  return clinician.record({ kind: 'supply-used', id: String(resources.at(-1)!['id']), resources });
}

const withdraw = (stage: Stage, resource: JsonObject) => record(stage, { ...resource, status: 'entered-in-error' });

function note({ floor }: Stage, use: JsonObject, { item, quantity = 1, facility = 'MAIN', location = 'CATHLAB' }: Piece, isWithdrawn = false): void {
  floor.sent.use({ id: referenceOf(use), item, quantity, facility, location, costCentre: COST_CENTRES[`${facility}/${location}`]!, isMapped: itemByNumber(item) !== undefined, ...(isWithdrawn ? { isWithdrawn } : {}) });
}

/** Recorded where nobody bears the cost. */
async function recordAtAnnex(stage: Stage, name: string): Promise<JsonObject> {
  const annex: JsonObject = {
    resourceType: 'Location', id: UNKNOWN_PLACE, identifier: [{ system: SYSTEMS.location, value: 'MAIN-ANNEX' }], status: 'active', name: 'Annex', mode: 'instance',
    managingOrganization: { reference: `Organization/${organizationId('MAIN')}` },
  };
  const use = supply(stage, name, { item: 'CON-3002', location: 'ANNEX' });
  await record(stage, annex, use);
  return use;
}

/** Scanned as one thing and typed as another. */
function mistyped({ happenings, number }: Stage, typed: string): { device: JsonObject; statement: JsonObject; facility: string; location: string } {
  const like = happenings.find((each) => each.kind === 'device-used' && each.use?.isMapped)!;
  const [device, statement] = like.resources as [JsonObject, JsonObject];
  const id = `mistyped-${number}`;
  const other = JSON.parse(JSON.stringify(device).replaceAll(`"${like.use!.item}"`, `"${typed}"`)) as JsonObject;
  return {
    device: { ...other, id: `${id}-device` }, facility: like.use!.facility, location: like.use!.location,
    statement: { ...statement, id, identifier: [{ system: SYSTEMS.use, value: id }], device: { reference: `Device/${id}-device` } },
  };
}

/** Every one of these ends: withdrawn, set aside, or decided. */
export const BEDSIDE_SCENES: readonly Scene[] = [
  ...(['map-item', 'ignore'] as const).map((end): Scene => ({
    leadsTo: new RegExp(`identifying on unmapped|unmapped on ${end}|learn mapping`),
    async play(stage) {
      // No other use has the same code: what is learnt of it changes nothing for anybody.
      const piece = { item: `NO-SUCH-${end}-${stage.number}`.toUpperCase() };
      const use = supply(stage, end, piece);
      stage.tell(referenceOf(use), ({ kind }) => (kind !== 'missing-item-mapping' ? undefined : { resolution: end, ...(end === 'map-item' ? { values: { itemNumber: ELSEWHERE.item } } : {}) }));
      note(stage, use, piece);
      await record(stage, use);
    },
  })),
  { leadsTo: /unmapped on supply\.use-withdrawn/, async play(stage) {
    const use = supply(stage, 'unknown', { item: `NO-SUCH-${stage.number}` });
    stage.tell(referenceOf(use), () => 'leave');
    await record(stage, use);
    await stage.seen('missing-item-mapping', referenceOf(use));
    await withdraw(stage, use);
  } },
  ...(['map-item', 'ignore', 'withdraw'] as const).map((end): Scene => ({
    leadsTo: new RegExp(`identifying on contradictory|contradictory on ${end === 'withdraw' ? 'supply' : end}`),
    async play(stage) {
      const typed = 'CON-3017';
      const { device, statement, facility, location } = mistyped(stage, typed);
      const subject = referenceOf(statement);
      stage.tell(subject, (item) => {
        if (item.kind !== 'identifiers-differ') return undefined;
        return end === 'withdraw' ? 'leave' : { resolution: end, ...(end === 'map-item' ? { values: { itemNumber: typed } } : {}) };
      });
      if (end === 'map-item') note(stage, statement, { item: typed, facility, location });
      await record(stage, device, statement);
      await stage.seen('identifiers-differ', subject);
      if (end === 'withdraw') await withdraw(stage, statement);
    },
  })),
  ...(['ignore', 'withdraw'] as const).map((end): Scene => ({
    leadsTo: new RegExp(`place unknown|placeless on (retry|${end === 'withdraw' ? 'supply' : end})`),
    async play(stage) {
      let looks = 0;
      const looked = new Set<string>();
      const subject = `SupplyDelivery/placeless-${stage.number}`;
      stage.tell(subject, ({ id }) => {
        if (!looked.has(id)) [looks] = [looks + 1, looked.add(id)];
        return looks < 2 ? { resolution: 'retry' } : end === 'withdraw' ? 'leave' : { resolution: end };
      });
      const use = await recordAtAnnex(stage, 'placeless');
      await until(stage, () => looks >= 2);
      if (end === 'withdraw') await withdraw(stage, use);
    },
  })),
  ...(['ignore', 'withdraw'] as const).map((end): Scene => ({
    leadsTo: new RegExp(`not in EHR|unfounded on (retry|${end === 'withdraw' ? 'supply' : end})`),
    async play(stage) {
      const subject = `SupplyDelivery/unfounded-${stage.number}`;
      const looked = new Set<string>();
      let isGone = false;
      stage.tell(subject, ({ kind, id }) => {
        if (kind === 'place-without-cost-center') return isGone ? { resolution: 'retry' } : 'leave';
        looked.add(id);
        return looked.size < 2 ? { resolution: 'retry' } : end === 'withdraw' ? 'leave' : { resolution: end };
      });
      const use = await recordAtAnnex(stage, 'unfounded');
      await stage.seen('place-without-cost-center', subject);
      await stage.clinician.remove(subject);
      isGone = true;
      await until(stage, () => looked.size >= 2);
      if (end === 'withdraw') await withdraw(stage, use);
    },
  })),
  { leadsTo: /notDepleted on supply\.use-withdrawn/, async play(stage) {
    // More than anybody may have left there.
    const piece = { ...ELSEWHERE, quantity: 5_000 };
    const use = supply(stage, 'not-there', piece);
    stage.tell(referenceOf(use), () => 'leave');
    note(stage, use, piece, true);
    await record(stage, use);
    await stage.seen('stock-does-not-suffice', referenceOf(use));
    await withdraw(stage, use);
  } },
  { leadsTo: /done on supply\.use-withdrawn|returning|return-to-stock|adjust/, async play(stage) {
    const use = supply(stage, 'mistaken', ELSEWHERE);
    stage.tell(referenceOf(use), ({ kind }) => (kind === 'stock-does-not-suffice' ? { resolution: 'adjust-stock' } : undefined));
    note(stage, use, ELSEWHERE, true);
    await record(stage, use);
    await until(stage, async () => (await stage.database.query(`select 1 from erp.stock_movements where type = 'Miscellaneous Issue' and reference like $1`, [`${referenceOf(use)}%`])).rows.length > 0);
    await withdraw(stage, use);
  } },
  { leadsTo: /stores ran out|awaitingStores|BeforeRefill/, async play(stage) {
    // A shelf of 200 that asks for lots of 100, from stores that hold 800 and hear nothing from their suppliers.
    const piece = { item: ['DEV-2201', 'DEV-2202'][stage.number % 2]!, quantity: 100, facility: 'MAIN', location: 'CLINIC' };
    const pauseAll = (paused: boolean) => Promise.all(masterData.suppliers.map(({ number }) => patiently(new AbortController().signal, () => toNetwork(stage.networkUrl, `suppliers/${number}`, { paused }))));
    let isOver = false;
    await pauseAll(true);
    const uses = Array.from({ length: 11 }, (_, index) => supply({ ...stage, number: stage.number * 100 + index }, 'plenty', piece));
    let mistaken: JsonObject | undefined;
    for (const use of uses) {
      stage.tell(referenceOf(use), ({ kind }) => {
        // What is missing comes.
        if (kind === 'stock-does-not-suffice') return { resolution: 'retry' };
        if (kind === 'stores-ran-out') mistaken ??= use;
        return use === mistaken && !isOver ? 'leave' : undefined;
      });
      note(stage, use, piece);
      await record(stage, use);
    }
    if (await until(stage, () => mistaken !== undefined)) {
      note(stage, mistaken!, piece, true);
      await withdraw(stage, mistaken!);
      await pause(REFILL_MS, stage.signal);
    }
    isOver = true;
    await pauseAll(false);
  } },
];

/** Pieces are used whose cost the ledger refuses, so that they are put back and taken anew. */
export const COST_REFUSED: Scene = {
  leadsTo: /undo take from stock/,
  async play(stage) {
    const { controlUrl, signal } = stage;
    await setFault(controlUrl, 'erp', REFUSED, { methods: WRITING, pathIncludes: 'erpintegrations' }, signal);
    try {
      for (const name of ['costly', 'dear']) {
        const use = supply(stage, name, ELSEWHERE);
        stage.tell(referenceOf(use), ({ facts }) => (/stock|hand/i.test(String(facts?.['problem'])) ? { resolution: 'adjust-stock' } : { resolution: 'retry' }));
        note(stage, use, ELSEWHERE);
        await record(stage, use);
      }
      await stage.seen('stock-does-not-suffice', `SupplyDelivery/costly-${stage.number}`);
      await pause(ONCE_MORE_MS, signal);
    } finally {
      await setFault(controlUrl, 'erp', { kind: 'none' }, {}, signal);
    }
  },
};
