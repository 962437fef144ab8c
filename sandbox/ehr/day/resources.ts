import { itemByNumber, type Item } from '../../hospital/master-data.ts';
import { locationId, organizationId, SYSTEMS } from '../hospital-record.ts';
import type { JsonObject } from '../json.ts';
import type { Unit } from './shelf.ts';
import type { Visit, VisitProcedure } from './visits.ts';

const SNOMED = 'http://snomed.info/sct';
const EXTENSION = 'http://hl7.org/fhir/StructureDefinition';

export interface Moment {
  /** Stable id, also the id of the resource. */
  id: string;
  at: string;
}

export function encounterResource(visit: Visit, moment: Moment, until?: string): JsonObject {
  const [first] = visit.procedures;
  const { type, reasonCode } = visit.template.resource;
  return {
    resourceType: 'Encounter',
    id: moment.id,
    identifier: [{ system: SYSTEMS.visit, value: moment.id }],
    status: until === undefined ? 'in-progress' : 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: visit.class },
    type,
    subject: subjectOf(visit),
    ...(visit.template.practitioner ? { participant: [{ individual: { reference: visit.template.practitioner } }] } : {}),
    period: { start: moment.at, ...(until === undefined ? {} : { end: until }) },
    ...(reasonCode ? { reasonCode } : {}),
    ...(first ? { location: [{ location: { reference: placeOf(visit, first) } }] } : {}),
    serviceProvider: { reference: `Organization/${organizationId(visit.facility)}` },
  };
}

export function procedureResource(visit: Visit, procedure: VisitProcedure, encounter: string, moment: Moment, until: string): JsonObject {
  return {
    resourceType: 'Procedure',
    id: moment.id,
    status: 'completed',
    code: { coding: [{ system: SNOMED, code: procedure.code, display: procedure.display }], text: procedure.display },
    subject: subjectOf(visit),
    encounter: { reference: `Encounter/${encounter}` },
    performedPeriod: { start: moment.at, end: until },
    ...(visit.template.practitioner ? { performer: [{ actor: { reference: visit.template.practitioner } }] } : {}),
    location: { reference: placeOf(visit, procedure) },
    ...(procedure.reasonCode ? { reasonCode: [procedure.reasonCode] } : {}),
  };
}

/** The Device with the label that was scanned, and the statement that it was used in this procedure. */
export function deviceUseResources(visit: Visit, procedure: VisitProcedure, procedureId: string, item: Item, unit: Unit, moment: Moment): JsonObject[] {
  const deviceId = `${moment.id}-device`;
  const gtin = gtinOf(item);
  return [
    {
      resourceType: 'Device',
      id: deviceId,
      identifier: [{ system: SYSTEMS.item, value: item.number }],
      udiCarrier: [{
        deviceIdentifier: gtin,
        issuer: 'http://hl7.org/fhir/NamingSystem/gs1-di',
        jurisdiction: 'http://hl7.org/fhir/NamingSystem/fda-udi',
        carrierHRF: udiCarrier(gtin, unit),
        entryType: 'barcode',
      }],
      status: 'active',
      manufacturer: item.manufacturer,
      ...(unit.expiresOn ? { expirationDate: unit.expiresOn } : {}),
      ...(unit.lot ? { lotNumber: unit.lot } : {}),
      ...(unit.serial ? { serialNumber: unit.serial } : {}),
      deviceName: [{ name: item.description, type: 'udi-label-name' }],
      modelNumber: item.manufacturerPart,
      type: itemConcept(item.number),
      patient: subjectOf(visit),
    },
    {
      resourceType: 'DeviceUseStatement',
      id: moment.id,
      extension: [{ url: `${EXTENSION}/event-location`, valueReference: { reference: placeOf(visit, procedure) } }],
      identifier: [{ system: SYSTEMS.use, value: moment.id }],
      status: 'completed',
      subject: subjectOf(visit),
      derivedFrom: [{ reference: `Procedure/${procedureId}` }],
      timingDateTime: moment.at,
      recordedOn: moment.at,
      ...(visit.template.practitioner ? { source: { reference: visit.template.practitioner } } : {}),
      device: { reference: `Device/${deviceId}` },
    },
  ];
}

/** R4 gives SupplyDelivery no procedure; the standard extension event-partOf names it. */
export function supplyUseResource(visit: Visit, procedure: VisitProcedure, procedureId: string, item: string, quantity: number, moment: Moment): JsonObject {
  const kind = itemByNumber(item)?.category === 'pharmaceutical' ? 'medication' : 'device';
  return {
    resourceType: 'SupplyDelivery',
    id: moment.id,
    extension: [{ url: `${EXTENSION}/event-partOf`, valueReference: { reference: `Procedure/${procedureId}` } }],
    identifier: [{ system: SYSTEMS.use, value: moment.id }],
    status: 'completed',
    patient: subjectOf(visit),
    type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/supply-item-type', code: kind }] },
    suppliedItem: {
      quantity: { value: quantity, unit: 'each', system: 'http://unitsofmeasure.org', code: '{each}' },
      itemCodeableConcept: itemConcept(item),
    },
    occurrenceDateTime: moment.at,
    destination: { reference: placeOf(visit, procedure) },
    ...(visit.template.practitioner ? { receiver: [{ reference: visit.template.practitioner }] } : {}),
  };
}

/**
 * The human readable form of a UDI in GS1 syntax: identifier, expiry, lot, serial.
 *
 * @source GS1 General Specifications, section 3 (application identifiers 01, 17, 10, 21)
 */
export function udiCarrier(gtin: string, unit: Unit): string {
  const expiry = unit.expiresOn ? `(17)${unit.expiresOn.slice(2).replaceAll('-', '')}` : '';
  return `(01)${gtin}${expiry}${unit.lot ? `(10)${unit.lot}` : ''}${unit.serial ? `(21)${unit.serial}` : ''}`;
}

function itemConcept(number: string): JsonObject {
  const item = itemByNumber(number);
  if (!item) return { coding: [{ system: SYSTEMS.item, code: number }], text: 'Item of the supply dictionary of the EHR' };
  return {
    coding: [
      { system: SYSTEMS.item, code: item.number, display: item.description },
      { system: SYSTEMS.gtin, code: gtinOf(item) },
      ...item.clinicalCodes.map(({ system, code }) => ({ system, code })),
    ],
    text: item.description,
  };
}

function gtinOf(item: Item): string {
  const [unit] = item.gtins;
  if (!unit) throw new Error(`Item ${item.number} has no GTIN`);
  return unit.gtin;
}

function subjectOf(visit: Visit): JsonObject {
  return { reference: `Patient/${visit.patient.id}` };
}

function placeOf(visit: Visit, procedure: VisitProcedure): string {
  return `Location/${locationId(visit.facility, procedure.location)}`;
}
