import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  parseMessage, readAdmission, readAppointment, readCharges, readHeader, readMessageType, readOrders, readPatient,
  readVisit,
} from '../../../formats/hl7v2/index.ts';
import { sampleText } from './samples.ts';

const HEADER = 'MSH|^~\\&|S|F|R|F|20260301120000||ADT^A01|1|P|2.5\r';

describe('admissions, ADT', () => {
  test('an admission says what happened to whom and where', () => {
    const admission = readAdmission(parseMessage(sampleText('edge/adt-a01-full.hl7')));
    assert.deepEqual(admission.type, { code: 'ADT', trigger: 'A01', structure: 'ADT_A01' });
    assert.deepEqual(admission.recorded, { iso: '2026-04-01T08:30:00', precision: 'second' });
    assert.deepEqual(admission.patient.identifiers, [
      { id: '98765', authority: { namespace: 'MRN' }, type: 'MR' },
      { id: '555-12-3456', authority: { namespace: 'SSN' }, type: 'SS' },
    ]);
    assert.deepEqual(admission.patient.names, [
      { family: 'SMITH', given: 'ALICE', middle: 'M', suffix: 'JR', prefix: 'Dr' },
    ]);
    assert.deepEqual(admission.patient.birth, { iso: '1975-03-15', precision: 'day' });
    assert.equal(admission.visit?.patientClass, 'I');
    assert.deepEqual(admission.visit?.location, {
      pointOfCare: 'ICU', room: '201', bed: 'A', facility: { namespace: 'HOSP_A' }, floor: 'LVL2',
    });
    assert.deepEqual(admission.visit?.priorLocation, { pointOfCare: 'ICU', room: '200', bed: 'B' });
    assert.deepEqual(admission.visit?.attending, [
      { identifier: { id: '1234567890' }, name: { family: 'ATTENDING', given: 'DOCTOR', middle: 'A', degree: 'MD' } },
    ]);
    assert.deepEqual(admission.visit?.admitted, { iso: '2026-04-01T08:30:00', precision: 'second' });
  });

  test('the visit number and its authority are in PV1-19', () => {
    const visit = readVisit(parseMessage(`${HEADER}PV1|1|I|^^^^^^^^Ward 3${'|'.repeat(16)}V77^^^HOSP&1.2.3&ISO^VN`));
    assert.deepEqual(visit?.visitNumber, {
      id: 'V77', authority: { namespace: 'HOSP', universalId: '1.2.3', universalIdType: 'ISO' }, type: 'VN',
    });
    assert.deepEqual(visit?.location, { description: 'Ward 3' });
    assert.equal(readVisit(parseMessage(HEADER)), undefined);
  });

  test('a merge names the identifiers that cease', () => {
    const merge = readAdmission(parseMessage(sampleText('fhir-converter/ADT-A40-01.hl7')));
    assert.equal(merge.type.trigger, 'A40');
    assert.ok(merge.merged.length > 0);
  });

  test('before version 2.3 the event stood in EVN-1 alone', () => {
    assert.deepEqual(readMessageType(parseMessage('MSH|^~\\&|S|F|R|F|1988||ADT|1|P|2.1\rEVN|A04|1988')),
      { code: 'ADT', trigger: 'A04' });
  });

  test('a message without patient, or with a patient nobody can identify, is no admission', () => {
    assert.throws(() => readPatient(parseMessage(HEADER)), { code: '100' });
    assert.throws(() => readPatient(parseMessage(`${HEADER}PID|1||^^^MRN`)), {
      code: '101', location: { segment: 'PID', sequence: 1, field: 3 },
    });
    assert.throws(() => readPatient(parseMessage(`${HEADER}PID|1||7||||19750231`)), {
      code: '102', location: { segment: 'PID', sequence: 1, field: 7 },
    });
  });

  test('errors name places and never values', () => {
    assert.throws(() => readPatient(parseMessage(`${HEADER}PID|1||7||SECRET||BIRTHDAY`)), (error: Error) => {
      assert.doesNotMatch(error.message, /SECRET|BIRTHDAY/);
      return true;
    });
  });

  test('the header tells the parties of the exchange', () => {
    const header = readHeader(parseMessage(sampleText('fhir-converter/ADT-A01-01.hl7')));
    assert.deepEqual(header.sendingFacility, {
      namespace: 'GHHSFacility', universalId: '2.16.840.1.122848.1.30', universalIdType: 'ISO',
    });
    assert.deepEqual(header.sentAt, { iso: '1989-08-18T11:26+02:15', precision: 'minute', zone: '+02:15' });
    assert.equal(header.version, '2.8');
  });
});

describe('appointments, SIU', () => {
  test('an appointment has its ids, its time and its resources', () => {
    const appointment = readAppointment(parseMessage(sampleText('edge/siu-s12-schedule.hl7')));
    assert.deepEqual(appointment.placerId, { id: 'APT001' });
    assert.deepEqual(appointment.start, { iso: '2026-03-25T14:00:00', precision: 'second' });
    assert.deepEqual(appointment.end, { iso: '2026-03-25T14:30:00', precision: 'second' });
    assert.equal(appointment.duration, '30');
    assert.deepEqual(appointment.groups, [{
      resources: [{ kind: 'general', resource: { code: '4567', text: 'CARDIOLOGIST', system: 'HEART', alternateCode: 'A' } }],
    }]);
  });

  test('services, locations and persons are read in the group of their RGS', () => {
    const appointment = readAppointment(parseMessage(sampleText('fhir-converter/SIU-S12-01.hl7')));
    assert.ok(appointment.groups.length >= 1);
    const kinds = new Set(appointment.groups.flatMap(({ resources }) => resources.map(({ kind }) => kind)));
    assert.deepEqual([...kinds].sort(), ['general', 'location', 'personnel', 'service']);
  });

  test('an appointment without id, or a message without SCH, is refused', () => {
    assert.throws(() => readAppointment(parseMessage(HEADER)), { code: '100' });
    assert.throws(() => readAppointment(parseMessage(`${HEADER}SCH|`)), { code: '101' });
  });
});

describe('orders, ORM', () => {
  test('an order has its control, numbers and service', () => {
    const [order] = readOrders(parseMessage(sampleText('edge/orm-o01-order.hl7')));
    assert.equal(order?.control, 'NW');
    assert.deepEqual(order?.placerNumber, { id: 'ORD20001' });
    assert.deepEqual(order?.groupNumber, { id: 'REQGRP001' });
    assert.deepEqual(order?.service, { code: '80053', text: 'Comprehensive Metabolic Panel', system: 'CPT' });
    assert.equal(order?.orderedBy[0]?.identifier?.id, '5678');
  });

  test('each ORC begins an order, and RQD lines are its requisition', () => {
    const orders = readOrders(parseMessage(
      `${HEADER}ORC|NW|1\rRQD|1|4711^Suture^L|||12|BX^Box|5100|||20260401\rRQD|2|4712||||\rORC|CA|2`));
    assert.equal(orders.length, 2);
    assert.deepEqual(orders[0]?.requisition, [
      {
        lineNumber: '1', internalItem: { code: '4711', text: 'Suture', system: 'L' }, quantity: '12',
        unit: { code: 'BX', text: 'Box' }, costCentre: '5100', needed: { iso: '2026-04-01', precision: 'day' },
      },
      { lineNumber: '2', internalItem: { code: '4712' } },
    ]);
    assert.throws(() => readOrders(parseMessage(`${HEADER}ORC||1`)), { code: '101' });
    assert.throws(() => readOrders(parseMessage(HEADER)), { code: '100' });
  });
});

describe('charges, DFT', () => {
  test('a posting has its date, code, quantity and amounts as they were sent', () => {
    const [charge] = readCharges(parseMessage(sampleText('fhir-converter/DFT-P03-01.hl7')));
    assert.deepEqual(charge?.transactionDate, { iso: '2019-11-22', precision: 'day' });
    assert.equal(charge?.type, 'CG');
    assert.deepEqual(charge?.code, { code: '71045', text: 'Xray exam chest 1 view', system: 'C4' });
    assert.equal(charge?.quantity, '2');
    assert.deepEqual(charge?.extendedAmount, { amount: '100', currency: 'USD' });
    assert.deepEqual(charge?.unitAmount, { amount: '50', currency: 'USD' });
    assert.deepEqual(charge?.nationalDrugCode, { code: '0182-1061-05', text: 'ASPIRIN EC', system: 'NDC' });
    assert.deepEqual(charge?.itemNumber, { code: 'Item-12345', system: 'L' });
    assert.equal(charge?.modelNumber, 'Model-12345');
    assert.equal(charge?.diagnoses.length, 2);
  });

  test('an amount without currency has none', () => {
    const [charge] = readCharges(parseMessage(sampleText('edge/dft-p03-charge.hl7')));
    assert.deepEqual(charge?.unitAmount, { amount: '150.00' });
    assert.equal(charge?.code.code, '99213');
  });

  test('amounts stay decimal text, however many digits they have', () => {
    const ft1 = 'FT1|1|||20260401||CG|X||||+123456789012345678.90&USD';
    assert.deepEqual(readCharges(parseMessage(HEADER + ft1))[0]?.extendedAmount,
      { amount: '123456789012345678.90', currency: 'USD' });
  });

  test('a posting without date, type or code, or with a quantity that is no number, is refused at its place', () => {
    const refused = (ft1: string) => () => readCharges(parseMessage(`${HEADER}FT1|1|||20260401||CG|X\r${ft1}`));
    assert.throws(refused('FT1|2|||||CG|X'), { code: '101', location: { segment: 'FT1', sequence: 2, field: 4 } });
    assert.throws(refused('FT1|2|||20260401|||X'), { code: '101', location: { segment: 'FT1', sequence: 2, field: 6 } });
    assert.throws(refused('FT1|2|||20260401||CG'), { code: '101', location: { segment: 'FT1', sequence: 2, field: 7 } });
    assert.throws(refused('FT1|2|||20260401||CG|X|||1e3'), { code: '102' });
    assert.throws(() => readCharges(parseMessage(HEADER)), { code: '100' });
  });
});
