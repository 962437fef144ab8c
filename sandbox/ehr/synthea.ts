import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { JsonObject } from './json.ts';
import { replaceReferences } from './references.ts';

/** A patient of the sample data with the stays, treatments and supplies that Synthea gave them. */
export interface SyntheaPatient {
  id: string;
  birthDate: string;
  isDeceased: boolean;
  resource: JsonObject;
  encounters: readonly SyntheaEncounter[];
}
export interface SyntheaEncounter {
  resource: JsonObject;
  practitioner: string | undefined;
  procedures: readonly JsonObject[];
  /** Items handed out during the encounter, by SNOMED CT code. */
  supplies: readonly { code: string; quantity: number }[];
}
export interface Synthea {
  patients: readonly SyntheaPatient[];
  /** Organizations and practitioners that the encounters name. */
  directory: readonly JsonObject[];
}
type Row = Readonly<Record<string, string>>;

const DATA = new URL('../data/synthea/', import.meta.url);
const SNOMED = 'http://snomed.info/sct';
let known: Synthea | undefined;

/** Both sources of Synthea data as FHIR R4 resources under their own ids; read from disk once. */
export function readSynthea(): Synthea {
  known ??= join(readBundles(), readTables());
  return known;
}

function join(...sources: Synthea[]): Synthea {
  const directory = new Map(sources.flatMap((each) => each.directory).map((each) => [`${each.resourceType}/${each.id}`, each]));
  return { patients: sources.flatMap((each) => each.patients), directory: [...directory.values()] };
}

function readBundles(): Synthea {
  const patients: SyntheaPatient[] = [];
  const directory: JsonObject[] = [];
  for (const file of readdirSync(new URL('fhir/', DATA)).sort()) {
    const bundle = JSON.parse(readFileSync(new URL(`fhir/${file}`, DATA), 'utf8')) as { entry: { fullUrl: string; resource: JsonObject }[] };
    const references = new Map(bundle.entry.map(({ fullUrl, resource }) => [fullUrl, `${resource.resourceType}/${resource.id}`]));
    const resources = bundle.entry.map(({ resource }) => replaceReferences(resource, (each) => references.get(each) ?? each));
    const ofType = (type: string) => resources.filter((each) => each.resourceType === type);
    directory.push(...ofType('Organization'), ...ofType('Practitioner'));
    for (const resource of ofType('Patient')) {
      patients.push(patientOf(resource, ofType('Encounter').map((encounter) => ({
        resource: encounter,
        practitioner: practitionerOf(encounter),
        procedures: ofType('Procedure').filter((each) => (each.encounter as JsonObject).reference === `Encounter/${encounter.id}`),
        supplies: [],
      }))));
    }
  }
  return { patients, directory };
}

function readTables(): Synthea {
  const byEncounter = (rows: Row[]) => Map.groupBy(rows, (row) => text(row, 'ENCOUNTER'));
  const procedures = byEncounter(readTable('procedures'));
  const supplies = byEncounter(readTable('supplies'));
  const encounters = Map.groupBy(readTable('encounters'), (row) => text(row, 'PATIENT'));
  const patients = readTable('patients').map((row) => patientOf(patientFrom(row), (encounters.get(text(row, 'Id')) ?? []).map((encounter) => ({
    resource: encounterFrom(encounter),
    practitioner: `Practitioner/${text(encounter, 'PROVIDER')}`,
    procedures: (procedures.get(text(encounter, 'Id')) ?? []).map(procedureFrom),
    supplies: (supplies.get(text(encounter, 'Id')) ?? []).map((each) => ({ code: text(each, 'CODE'), quantity: Number(each.QUANTITY) })),
  }))));
  return { patients, directory: [...readTable('organizations').map(organizationFrom), ...readTable('providers').map(practitionerFrom)] };
}

function patientOf(resource: JsonObject, encounters: readonly SyntheaEncounter[]): SyntheaPatient {
  return { id: String(resource.id), birthDate: String(resource.birthDate), isDeceased: 'deceasedDateTime' in resource, resource, encounters };
}

function practitionerOf(encounter: JsonObject): string | undefined {
  const [participant] = (encounter.participant ?? []) as { individual?: { reference?: string } }[];
  return participant?.individual?.reference;
}

function readTable(name: string): Row[] {
  return parse(readFileSync(new URL(`csv/${name}.csv`, DATA)), { columns: true }) as Row[];
}

function patientFrom(row: Row): JsonObject {
  return {
    resourceType: 'Patient',
    id: text(row, 'Id'),
    identifier: [{
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR', display: 'Medical Record Number' }] },
      system: 'http://hospital.smarthealthit.org', value: text(row, 'Id'),
    }],
    name: [{ use: 'official', family: text(row, 'LAST'), given: [text(row, 'FIRST')], ...(row.PREFIX ? { prefix: [row.PREFIX] } : {}) }],
    gender: row.GENDER === 'F' ? 'female' : 'male',
    birthDate: text(row, 'BIRTHDATE'),
    ...(row.DEATHDATE ? { deceasedDateTime: row.DEATHDATE } : {}),
    address: [addressFrom(row)],
  };
}

/** @source http://terminology.hl7.org/CodeSystem/v3-ActCode; wellness, outpatient and urgent care are all ambulatory there */
const ENCOUNTER_CLASSES: Row = { inpatient: 'IMP', emergency: 'EMER' };

function encounterFrom(row: Row): JsonObject {
  return {
    resourceType: 'Encounter',
    id: text(row, 'Id'),
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: ENCOUNTER_CLASSES[text(row, 'ENCOUNTERCLASS')] ?? 'AMB' },
    type: [concept(row.CODE, row.DESCRIPTION)],
    subject: { reference: `Patient/${text(row, 'PATIENT')}` },
    participant: [{ individual: { reference: `Practitioner/${text(row, 'PROVIDER')}` } }],
    period: { start: text(row, 'START'), end: text(row, 'STOP') },
    ...(row.REASONCODE ? { reasonCode: [concept(row.REASONCODE, row.REASONDESCRIPTION)] } : {}),
    serviceProvider: { reference: `Organization/${text(row, 'ORGANIZATION')}` },
  };
}

/** The table has no id for a procedure; its place in the encounter is one. */
function procedureFrom(row: Row, index: number): JsonObject {
  return {
    resourceType: 'Procedure',
    id: `${text(row, 'ENCOUNTER')}-${index + 1}`,
    status: 'completed',
    code: concept(row.CODE, row.DESCRIPTION),
    subject: { reference: `Patient/${text(row, 'PATIENT')}` },
    encounter: { reference: `Encounter/${text(row, 'ENCOUNTER')}` },
    performedPeriod: { start: text(row, 'START'), end: text(row, 'STOP') },
    ...(row.REASONCODE ? { reasonCode: [concept(row.REASONCODE, row.REASONDESCRIPTION)] } : {}),
  };
}

function organizationFrom(row: Row): JsonObject {
  return {
    resourceType: 'Organization', id: text(row, 'Id'), active: true, name: text(row, 'NAME'),
    ...(row.PHONE ? { telecom: [{ system: 'phone', value: row.PHONE }] } : {}),
    address: [addressFrom(row)],
  };
}

function practitionerFrom(row: Row): JsonObject {
  const [given = '', ...family] = text(row, 'NAME').split(' ');
  return {
    resourceType: 'Practitioner', id: text(row, 'Id'), active: true,
    name: [{ family: family.join(' '), given: [given] }],
    gender: row.GENDER === 'F' ? 'female' : 'male',
    address: [addressFrom(row)],
  };
}

function addressFrom(row: Row): JsonObject {
  return { line: [text(row, 'ADDRESS')], city: text(row, 'CITY'), state: text(row, 'STATE'), ...(row.ZIP ? { postalCode: row.ZIP } : {}), country: 'US' };
}

/** Synthea's CSV writes two spaces where a comma was. */
function concept(code = '', display = ''): JsonObject {
  const words = display.replaceAll('  ', ', ');
  return { coding: [{ system: SNOMED, code, display: words }], text: words };
}

function text(row: Row, column: string): string {
  const value = row[column];
  if (!value) throw new Error(`The Synthea table has a row without ${column}`);
  return value;
}
