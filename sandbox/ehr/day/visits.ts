import { itemByClinicalCode, masterData, type ProcedureSupplies } from '../../hospital/master-data.ts';
import type { JsonObject } from '../json.ts';
import { readSynthea, type SyntheaEncounter, type SyntheaPatient } from '../synthea.ts';
import { createDice, type Dice } from './random.ts';

/** One patient's stay on the day: who, what for, and what is used in each procedure. */
export interface Visit {
  number: number;
  patient: SyntheaPatient;
  /** Real encounter whose type, reason and practitioner this one has. */
  template: SyntheaEncounter;
  class: 'IMP' | 'AMB' | 'EMER';
  facility: string;
  procedures: readonly VisitProcedure[];
  startsAtMinute: number;
}
export interface VisitProcedure {
  code: string;
  display: string;
  reasonCode: JsonObject | undefined;
  costCentre: string;
  location: string;
  uses: readonly { items: readonly string[]; quantity: number }[];
}

/** A kind of planned case. Shares, counts and alternatives are ours; codes and base kits come from the preference table. */
interface Case {
  code: string;
  share: number;
  atLeast: number;
  /** Items that may stand in for one another, and how many of them one case takes. */
  variable: Readonly<Record<string, { items: readonly string[]; least: number; most: number }>>;
}

const CASES: readonly Case[] = [
  { code: '232717009', share: 0.12, atLeast: 1, variable: { 'IMP-1302': { items: ['IMP-1302'], least: 1, most: 2 } } },
  { code: '415070008', share: 0.44, atLeast: 0, variable: { 'IMP-1001': { items: ['IMP-1001', 'IMP-1002', 'IMP-1003'], least: 1, most: 2 } } },
  { code: '447365002', share: 0.16, atLeast: 0, variable: { 'IMP-1104': { items: ['IMP-1104'], least: 0, most: 2 } } },
];
const YOUNGEST_FOR_CASE = 30;
const MOST_PROCEDURES = 6;
const FIRST_MINUTE = 6 * 60;
const LAST_START = 17 * 60;

/** The visits of the day. When there are more than real patients, some come again. */
export function planVisits(seed: number, patients: number, day: string): Visit[] {
  const dice = createDice(seed);
  const living = readSynthea().patients.filter((each) => !each.isDeceased && each.encounters.length > 0);
  const coming: SyntheaPatient[] = [];
  while (coming.length < patients) coming.push(...dice.shuffle(living));
  coming.length = patients;
  const kinds = chooseCases(dice, coming, day);
  return coming.map((patient, index) => {
    const kind = kinds.get(index);
    const startsAtMinute = FIRST_MINUTE + Math.floor(((index + dice.below(100) / 100) * (LAST_START - FIRST_MINUTE)) / patients);
    return { number: index + 1, startsAtMinute, ...(kind ? plannedCase(dice, patient, kind) : ownEncounter(dice, patient)) };
  });
}

/** Which of the coming patients have a planned case: fixed shares, drawn among the adults. */
function chooseCases(dice: Dice, coming: readonly SyntheaPatient[], day: string): Map<number, Case> {
  const oldEnough = `${Number(day.slice(0, 4)) - YOUNGEST_FOR_CASE}${day.slice(4)}`;
  const adults = dice.shuffle(coming.flatMap((each, index) => (each.birthDate <= oldEnough ? [index] : [])));
  const anyone = dice.shuffle(coming.map((_, index) => index));
  const wanted = CASES.flatMap((kind) => Array<Case>(Math.max(kind.atLeast, Math.round(kind.share * coming.length))).fill(kind));
  const chosen = new Map<number, Case>();
  for (const index of [...adults, ...anyone]) {
    const kind = wanted[chosen.size];
    if (kind === undefined || (chosen.size >= adults.length && chosen.size > 0)) break;
    chosen.set(index, kind);
  }
  return chosen;
}

type Stay = Pick<Visit, 'patient' | 'template' | 'class' | 'facility' | 'procedures'>;

function plannedCase(dice: Dice, patient: SyntheaPatient, kind: Case): Stay {
  const supplies = preferenceOf(kind.code);
  const base = supplies.uses.filter((each) => !(each.item in kind.variable)).map((each) => ({ items: [each.item], quantity: each.quantity }));
  const variable = Object.values(kind.variable).map((each) => ({ items: each.items, quantity: dice.between(each.least, each.most) }));
  const facility = 'MAIN';
  return {
    patient, facility, class: 'IMP',
    template: dice.pick(patient.encounters),
    procedures: [{ ...placeOf(supplies, facility), reasonCode: realReason(kind.code), uses: [...variable, ...base].filter((each) => each.quantity > 0) }],
  };
}

/** An encounter that the patient really had, once more, with its procedures and the supplies the data gives it. */
function ownEncounter(dice: Dice, patient: SyntheaPatient): Stay {
  const withUses = patient.encounters.filter((each) => each.supplies.length > 0 || each.procedures.some((procedure) => preferenceOf(codeOf(procedure)).uses.length > 0));
  const template = dice.pick(withUses.length > 0 ? withUses : patient.encounters);
  const chosen = template.procedures.slice(0, MOST_PROCEDURES);
  const preferences = chosen.map((each) => preferenceOf(codeOf(each)));
  const isPossibleInEast = preferences.every((each) => costCentreOf(each.costCentre).facilities.includes('EAST'));
  const facility = isPossibleInEast && dice.below(3) === 0 ? 'EAST' : 'MAIN';
  const procedures = chosen.map((each, index): VisitProcedure => {
    const preference = preferences[index] ?? preferenceOf(codeOf(each));
    const given = index === 0 ? template.supplies.map(suppliedItem) : [];
    const [reasonCode] = (each.reasonCode ?? []) as JsonObject[];
    return { ...placeOf(preference, facility), reasonCode, uses: [...preference.uses.map((use) => ({ items: [use.item], quantity: use.quantity })), ...given] };
  });
  return { patient, template, facility, procedures, class: (template.resource.class as { code: Stay['class'] }).code };
}

function suppliedItem(supply: { code: string; quantity: number }): { items: string[]; quantity: number } {
  const item = itemByClinicalCode('http://snomed.info/sct', supply.code);
  if (!item) throw new Error(`No item has the SNOMED CT code ${supply.code}`);
  return { items: [item.number], quantity: supply.quantity };
}

function placeOf(preference: ProcedureSupplies, facility: string): Pick<VisitProcedure, 'code' | 'display' | 'costCentre' | 'location'> {
  const location = costCentreOf(preference.costCentre).locations[facility];
  if (location === undefined) throw new Error(`Cost centre ${preference.costCentre} has no location at ${facility}`);
  return { code: preference.code, display: preference.display.replaceAll('  ', ', '), costCentre: preference.costCentre, location };
}

function realReason(code: string): JsonObject | undefined {
  const procedures = readSynthea().patients.flatMap((each) => each.encounters).flatMap((each) => each.procedures);
  const [reason] = (procedures.find((each) => codeOf(each) === code && each.reasonCode)?.reasonCode ?? []) as JsonObject[];
  return reason;
}

function codeOf(procedure: JsonObject): string {
  return (procedure.code as { coding: { code: string }[] }).coding[0]?.code ?? '';
}

function preferenceOf(code: string): ProcedureSupplies {
  const found = masterData.procedureSupplies.find((each) => each.code === code);
  if (!found) throw new Error(`The preference table has no row for procedure ${code}`);
  return found;
}

function costCentreOf(code: string) {
  const found = masterData.costCentres.find((each) => each.code === code);
  if (!found) throw new Error(`No such cost centre: ${code}`);
  return found;
}
