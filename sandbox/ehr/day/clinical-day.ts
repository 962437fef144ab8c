import { itemByNumber, masterData, openingStock, type Item, type OpeningStock } from '../../hospital/master-data.ts';
import type { JsonObject } from '../json.ts';
import { planSendings, type Hl7Sending } from './hl7-sendings.ts';
import { deviceUseResources, encounterResource, procedureResource, supplyUseResource } from './resources.ts';
import { createShelves, type Shelves, type Unit } from './shelf.ts';
import { planVisits, type Visit, type VisitProcedure } from './visits.ts';

export interface ClinicalDay {
  seed: number;
  /** ISO date of the day. */
  day: string;
  patients: number;
  /** In the order in which they happen. */
  happenings: readonly Happening[];
  hl7: readonly Hl7Sending[];
}

/** Something that a clinician records. The resources are put under their own ids, so that recording twice is harmless. */
export interface Happening {
  /** Stable: follows from seed and place in the plan. */
  id: string;
  at: string;
  kind: 'encounter-started' | 'procedure-performed' | 'device-used' | 'supply-used' | 'encounter-finished';
  visit: string;
  resources: readonly JsonObject[];
  use?: Use;
}

/** What a use means for the supply chain; the record itself holds it only in its resources. */
export interface Use {
  /** Item number, or the code of the EHR that the item master does not know. */
  item: string;
  quantity: number;
  facility: string;
  location: string;
  costCentre: string;
  procedure: string;
  isMapped: boolean;
  /** Ordered from the supplier for each one used: the stocking rule's maximum is its reorder point. */
  isReplacedOneForOne: boolean;
  unit?: Unit;
}

export interface DayOptions {
  /** ISO date; must be the date for which the ERP's opening stock was loaded. */
  day?: string;
  /** What lies on the shelves; the hospital's opening stock when absent. */
  stock?: readonly OpeningStock[];
}

export const DEFAULT_DAY = '2026-11-20';

const oneForOne = new Set(
  masterData.stockingRules.filter((each) => each.replenishFrom === 'supplier' && each.maximum === each.reorderPoint)
    .map((each) => `${each.facility}/${each.location}/${each.item}`),
);

/**
 * Everything that happens clinically on one day: drawn from real patients, encounters and procedures, with supplies and
 * devices by the hospital's preference table. The same arguments always give the same day.
 */
export function clinicalDay(seed: number, patients: number, options: DayOptions = {}): ClinicalDay {
  const day = options.day ?? DEFAULT_DAY;
  const shelves = createShelves(options.stock ?? openingStock(new Date(`${day}T00:00:00Z`)), day);
  const happenings = planVisits(seed, patients, day)
    .flatMap((visit) => happeningsOf(visit, `s${seed}-v${String(visit.number).padStart(4, '0')}`, day, shelves))
    .sort((one, other) => one.at.localeCompare(other.at) || one.id.localeCompare(other.id));
  return { seed, day, patients, happenings, hl7: planSendings(seed, patients, day) };
}

/** One visit from arrival to departure. Procedures follow one another; what is used in one is recorded minute by minute. */
function happeningsOf(visit: Visit, visitId: string, day: string, shelves: Shelves): Happening[] {
  const clock = createClock(day, visit.startsAtMinute);
  const arrived = clock.now();
  const encounter = { id: visitId, at: arrived };
  const happenings: Happening[] = [
    { id: `${visitId}-start`, at: arrived, kind: 'encounter-started', visit: visitId, resources: [encounterResource(visit, encounter)] },
  ];
  clock.pass(10);
  visit.procedures.forEach((procedure, index) => {
    const procedureId = `${visitId}-p${index + 1}`;
    const uses = procedure.uses.flatMap((use) => splitUse(visit, procedure, use, shelves));
    const began = clock.now();
    const performed = { id: procedureId, at: began };
    const until = clock.at(Math.max(uses.length, 15));
    happenings.push({ id: procedureId, at: began, kind: 'procedure-performed', visit: visitId, resources: [procedureResource(visit, procedure, visitId, performed, until)] });
    uses.forEach((use, place) => {
      clock.pass(1);
      happenings.push(useHappening(visit, procedure, procedureId, use, { id: `${procedureId}-u${String(place + 1).padStart(2, '0')}`, at: clock.now() }, visitId));
    });
    clock.pass(10);
  });
  const left = clock.now();
  happenings.push({ id: `${visitId}-end`, at: left, kind: 'encounter-finished', visit: visitId, resources: [encounterResource(visit, encounter, left)] });
  return happenings;
}

interface PlannedUse {
  number: string;
  item: Item | undefined;
  quantity: number;
  unit?: Unit;
}

/** Labelled implants and devices are scanned one by one; everything else is recorded as a quantity. */
function splitUse(visit: Visit, procedure: VisitProcedure, use: VisitProcedure['uses'][number], shelves: Shelves): PlannedUse[] {
  const [preferred = ''] = use.items;
  if (!isLabelled(itemByNumber(preferred))) return [{ number: preferred, item: itemByNumber(preferred), quantity: use.quantity }];
  return Array.from({ length: use.quantity }, () => {
    const number = use.items.find((each) => shelves.left(visit.facility, procedure.location, each) > 0) ?? preferred;
    return { number, item: itemByNumber(number), quantity: 1, unit: shelves.take(visit.facility, procedure.location, number) };
  });
}

function useHappening(visit: Visit, procedure: VisitProcedure, procedureId: string, use: PlannedUse, moment: { id: string; at: string }, visitId: string): Happening {
  const resources = use.item && use.unit
    ? deviceUseResources(visit, procedure, procedureId, use.item, use.unit, moment)
    : [supplyUseResource(visit, procedure, procedureId, use.number, use.quantity, moment)];
  return {
    ...moment,
    kind: use.unit ? 'device-used' : 'supply-used',
    visit: visitId,
    resources,
    use: {
      item: use.number, quantity: use.quantity, facility: visit.facility, location: procedure.location, costCentre: procedure.costCentre,
      procedure: procedureId, isMapped: use.item !== undefined,
      isReplacedOneForOne: oneForOne.has(`${visit.facility}/${procedure.location}/${use.number}`),
      ...(use.unit ? { unit: use.unit } : {}),
    },
  };
}

function isLabelled(item: Item | undefined): boolean {
  return item !== undefined && (item.category === 'implant' || item.category === 'device') && (item.lotControlled || item.serialControlled);
}

function createClock(day: string, startMinute: number) {
  let minute = startMinute;
  const print = (at: number) => new Date(Date.parse(`${day}T00:00:00Z`) + at * 60_000).toISOString().replace('.000Z', 'Z');
  return {
    now: () => print(minute),
    at: (later: number) => print(minute + later),
    pass: (minutes: number) => {
      minute += minutes;
    },
  };
}
