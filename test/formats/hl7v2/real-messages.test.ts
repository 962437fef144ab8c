import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  checkHeader, decodeMessage, describeError, Hl7Error, parseMessage, printMessage, readAdmission, readAppointment,
  readCharges, readHeader, readMessageType, readOrders, splitBatchFile,
} from '../../../formats/hl7v2/index.ts';
import type { Message } from '../../../formats/hl7v2/index.ts';
import { sampleBytes, sampleNames } from './samples.ts';

/** What is wrong with the sample messages that are not right. All others are taken without a finding. */
const FINDINGS: Record<string, string[]> = {
  'edge/edge-empty-segments.hl7': ['101 Required field missing at PID-3'],
  'edge/invalid-missing-msh.hl7': ['100 Segment sequence error at MSH'],
  'edge/invalid-segment-header-length.hl7': ['100 Segment sequence error'],
  'edge/invalid-wrong-version.hl7': ['203 Unsupported version id at MSH-12.1'],
  'fhir-converter/MDM_01.hl7': ['101 Required field missing at ORC[2]-1'],
  'lfh/sample_unix.hl7': ['102 Data type error at MSH-2'],
  'lfh/sample_win.hl7': ['102 Data type error at MSH-2'],
};

function findingsIn(text: string): string[] {
  const findings: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Hl7Error)) throw error;
      findings.push(describeError(error));
      return undefined;
    }
  };
  const message = attempt(() => parseMessage(text));
  if (message === undefined) return findings;
  findings.push(...checkHeader(message).map(describeError));
  for (const read of readingsFor(message)) attempt(read);
  return findings;
}

function readingsFor(message: Message): (() => unknown)[] {
  const { code } = readMessageType(message);
  const readings: (() => unknown)[] = [() => readHeader(message)];
  if (message.segment('PID') !== undefined) readings.push(() => readAdmission(message));
  if (message.segment('ORC') !== undefined) readings.push(() => readOrders(message));
  if (code === 'SIU') readings.push(() => readAppointment(message));
  if (code === 'DFT') readings.push(() => readCharges(message));
  return readings;
}

function messagesOf(name: string): string[] {
  const { text, isGuess } = decodeMessage(sampleBytes(name));
  assert.equal(isGuess, false);
  return name.startsWith('batch/') ? splitBatchFile(text).batches.flatMap((batch) => batch.messages) : [text];
}

describe('real messages of other systems', () => {
  for (const name of sampleNames()) {
    const findings = FINDINGS[name] ?? [];
    const title = findings.length === 0 ? 'is read without a finding' : `is refused or reported: ${findings.join(', ')}`;
    test(`${name} ${title}`, () => {
      assert.deepEqual(messagesOf(name).flatMap(findingsIn), findings);
    });
  }

  test('the table of findings names only samples that exist, and 101 messages are read in all', () => {
    const names = sampleNames();
    for (const name of Object.keys(FINDINGS)) assert.ok(names.includes(name), name);
    assert.equal(names.flatMap(messagesOf).length, 101);
  });

  test('every readable message says the same after it was printed with other separators', () => {
    const other = { field: '!', component: '@', repetition: '*', escape: '\\', subcomponent: '%', truncation: '' };
    for (const text of sampleNames().filter((name) => FINDINGS[name] === undefined).flatMap(messagesOf)) {
      const sent = parseMessage(text);
      const received = parseMessage(printMessage(sent, other));
      assert.deepEqual(valuesOf(received), valuesOf(sent));
    }
  });
});

/** Everything a message says, without the separators it says it with and without empty places at the end. */
function valuesOf(message: Message): unknown[] {
  return message.segments().map((segment) => {
    const fields: unknown[] = [segment.id];
    for (let n = segment.id === 'MSH' ? 3 : 1; n <= segment.fieldCount; n++) {
      fields.push(trim(segment.field(n).repetitions.map((repetition) =>
        trim(repetition.components.map((component) => trim([...component.subcomponents]))))));
    }
    return trim(fields);
  });
}

function trim(values: unknown[]): unknown[] {
  let length = values.length;
  while (length > 0 && isNothing(values[length - 1])) length--;
  return values.slice(0, length);
}

function isNothing(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.every(isNothing));
}
