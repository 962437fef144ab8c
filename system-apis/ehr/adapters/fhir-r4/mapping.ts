import type { EhrOperations } from '#contracts/generated/system/ehr/v1.ts';
import type { Use } from '../../port.ts';
import type { FhirSettings } from './settings.ts';
import type { Device, DeviceUse, Encounter, Patient, Procedure, SupplyDelivery } from './shapes.ts';
import { readGs1Label, type DeviceLabel } from './udi.ts';

type Answer<Name extends keyof EhrOperations> = EhrOperations[Name]['output'];
type MappingSettings = Pick<FhirSettings, 'systems' | 'units'>;
interface Coding { system?: string; code?: string }

/** Where something was used, as other resources say it. */
export interface Surroundings {
  encounterId?: string | undefined;
  facility?: string | undefined;
  department?: string | undefined;
}

/** A use that cannot be told as it stands. The detail names the place and never what stood there. */
export class TroubledUse extends Error {
  readonly code: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }
}

/**
 * R4 knows neither quantity nor unit of a DeviceUseStatement: it is about one device.
 *
 * @source https://hl7.org/fhir/R4/deviceusestatement.html
 */
export function deviceUse(statement: DeviceUse, device: Device, where: Surroundings, settings: MappingSettings, year: number): Use {
  return withoutUndefined({
    id: `DeviceUseStatement/${statement.id}`,
    kind: 'device',
    status: DEVICE_USE_STATUS[statement.status] ?? 'other',
    ...where,
    ...itemOf(device.type?.coding ?? [], labelOf(device, year), settings),
    quantity: 1,
    unit: 'EA',
    occurredAt: moment(statement.timingDateTime ?? statement.timingPeriod?.start),
    recordedAt: moment(statement.recordedOn) ?? statement.meta.lastUpdated,
  });
}

/**
 * A device is off the shelf whether it is still in the patient or not; `intended` is a plan.
 *
 * @source https://hl7.org/fhir/R4/valueset-device-statement-status.html
 */
const DEVICE_USE_STATUS: Readonly<Record<string, Use['status']>> = {
  'active': 'completed', 'completed': 'completed', 'stopped': 'completed', 'on-hold': 'completed', 'entered-in-error': 'entered-in-error',
};

/** @throws TroubledUse without a quantity above zero, or in a unit that nobody told us of */
export function supplyUse(delivery: SupplyDelivery, device: Device | undefined, where: Surroundings, settings: MappingSettings, year: number): Use {
  const { quantity, itemCodeableConcept } = delivery.suppliedItem ?? {};
  const value = quantity?.value;
  if (value === undefined || value <= 0) throw new TroubledUse('missing-quantity', 'SupplyDelivery.suppliedItem.quantity has no value above zero');
  const label = device ? labelOf(device, year) : {};
  return withoutUndefined({
    id: `SupplyDelivery/${delivery.id}`,
    kind: 'supply',
    status: delivery.status === 'completed' || delivery.status === 'entered-in-error' ? delivery.status : 'other',
    ...where,
    ...itemOf(itemCodeableConcept?.coding ?? device?.type?.coding ?? [], label, settings),
    quantity: value,
    unit: unitOf(quantity?.code ?? quantity?.unit, settings),
    occurredAt: moment(delivery.occurrenceDateTime ?? delivery.occurrencePeriod?.start),
    recordedAt: delivery.meta.lastUpdated,
  });
}

/** UCUM has no boxes or packs; the annotations in braces are what record systems write. @source UCUM section 6; X12 element 355 */
const UNITS: Readonly<Record<string, string>> = {
  '1': 'EA', 'each': 'EA', '{each}': 'EA', '{unit}': 'EA', '{piece}': 'EA', '{count}': 'EA', '{box}': 'BX', '{package}': 'PK', '{pack}': 'PK', '{case}': 'CA', '{pair}': 'PR',
};

function unitOf(code: string | undefined, { units }: MappingSettings): string | undefined {
  if (code === undefined) return undefined;
  const unit = Object.hasOwn(units, code) ? units[code] : Object.hasOwn(UNITS, code) ? UNITS[code] : undefined;
  if (unit === undefined) throw new TroubledUse('unknown-unit', 'SupplyDelivery.suppliedItem.quantity is in a unit that the settings do not name');
  return unit;
}

/** The trade item number tells more than a code of one hospital; a clinical code is better than none. */
function itemOf(codings: readonly Coding[], label: DeviceLabel, { systems }: MappingSettings): Pick<Use, 'itemCode' | 'itemNumber' | 'tracking'> {
  const codeIn = (system: string) => codings.find((each) => each.system === system && each.code !== undefined);
  const first = codings.find((each) => each.system !== undefined && each.code !== undefined);
  const labelled = /^\d{14}$/.test(label.deviceIdentifier ?? '') ? { system: systems.gtin, code: label.deviceIdentifier } : undefined;
  const best = codeIn(systems.gtin) ?? labelled ?? codeIn(systems.item) ?? first;
  return {
    itemCode: best ? { system: best.system!, code: best.code! } : undefined,
    itemNumber: codeIn(systems.item)?.code,
    tracking: Object.keys(label).length > 0 ? label : undefined,
  };
}

/** What was scanned goes before what was typed beside it. */
function labelOf(device: Device, year: number): DeviceLabel {
  const [carrier] = device.udiCarrier ?? [];
  const scanned = carrier?.carrierHRF === undefined ? undefined : readGs1Label(carrier.carrierHRF, year);
  return withoutUndefined({
    deviceIdentifier: carrier?.deviceIdentifier ?? scanned?.deviceIdentifier,
    expiresOn: scanned?.expiresOn ?? /^\d{4}-\d{2}-\d{2}/.exec(device.expirationDate ?? '')?.[0],
    lot: scanned?.lot ?? device.lotNumber,
    serial: scanned?.serial ?? device.serialNumber,
  });
}

/** @source https://hl7.org/fhir/R4/valueset-encounter-status.html */
const ENCOUNTER_STATUS: Readonly<Record<string, Answer<'getEncounter'>['status']>> = {
  'planned': 'planned', 'arrived': 'arrived', 'triaged': 'arrived', 'in-progress': 'in-progress', 'onleave': 'in-progress',
  'finished': 'finished', 'cancelled': 'cancelled', 'entered-in-error': 'cancelled',
};

export function encounterOf(encounter: Encounter, patientId: string, where: Surroundings): Answer<'getEncounter'> {
  return withoutUndefined({
    id: encounter.id,
    patientId,
    status: ENCOUNTER_STATUS[encounter.status] ?? 'unknown',
    class: encounter.class?.code,
    facility: where.facility,
    department: where.department,
    startedAt: moment(encounter.period?.start),
    endedAt: moment(encounter.period?.end),
  });
}

export function procedureOf(procedure: Procedure, encounterId: string): Answer<'listProcedures'>['items'][number] {
  const coding = procedure.code?.coding?.find((each) => each.system !== undefined && each.code !== undefined);
  return withoutUndefined({
    id: procedure.id,
    encounterId,
    status: procedure.status,
    code: coding && { system: coding.system!, code: coding.code! },
    performedAt: moment(procedure.performedDateTime ?? procedure.performedPeriod?.start),
  });
}

const GENDERS = new Set(['male', 'female', 'other', 'unknown']);

/** @source http://terminology.hl7.org/CodeSystem/v2-0203: MR, medical record number */
export function patientOf(patient: Patient): Answer<'getPatient'> {
  const name = patient.name?.find((each) => each.use === 'official') ?? patient.name?.[0];
  const isRecordNumber = (each: NonNullable<Patient['identifier']>[number]) => each.type?.coding?.some((coding) => coding.code === 'MR') ?? false;
  return withoutUndefined({
    id: patient.id,
    medicalRecordNumber: patient.identifier?.find(isRecordNumber)?.value,
    familyName: name?.family,
    givenName: name?.given?.join(' '),
    birthDate: patient.birthDate,
    gender: patient.gender !== undefined && GENDERS.has(patient.gender) ? (patient.gender as 'male') : undefined,
  });
}

/** FHIR dates may be of a year or a day; only a moment with its zone is one. @source https://hl7.org/fhir/R4/datatypes.html#dateTime */
export function moment(dateTime: string | undefined): string | undefined {
  return dateTime !== undefined && /T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(dateTime) ? dateTime : undefined;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}
