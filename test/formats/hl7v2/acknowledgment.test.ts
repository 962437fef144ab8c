import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  buildAcknowledgment, checkHeader, Hl7Error, needsAcceptAcknowledgment, needsApplicationAcknowledgment, parseMessage,
  readAcknowledgment,
} from '../../../formats/hl7v2/index.ts';
import type { AcknowledgmentRequest } from '../../../formats/hl7v2/index.ts';
import { sampleText } from './samples.ts';

const AT = new Date('2026-03-09T12:00:05.678Z');

function acknowledge(request: Partial<AcknowledgmentRequest> & Pick<AcknowledgmentRequest, 'received'>): string[] {
  return buildAcknowledgment({ code: 'AA', controlId: 'ACK1', at: AT, ...request }).split('\r');
}

describe('acknowledging a message', () => {
  test('sender and receiver change places and MSA names the message', () => {
    const received = parseMessage(sampleText('edge/adt-a01-basic.hl7'));
    assert.deepEqual(acknowledge({ received }), [
      'MSH|^~\\&|RECV_APP|FACILITY_B|ADT_APP|FACILITY_A|20260309120005+0000||ACK^A01^ACK|ACK1|P|2.5.1',
      'MSA|AA|MSG00001',
      '',
    ]);
  });

  test('authorities of several components and the character set are kept', () => {
    const received = parseMessage(sampleText('fhir-converter/OUL-R22-01.hl7'));
    const answer = parseMessage(acknowledge({ received }).join('\r'));
    assert.equal(answer.get('MSH-5'), 'CASECENTER');
    assert.equal(answer.get('MSH-18'), 'UNICODE UTF-8');
    const iso = parseMessage(sampleText('fhir-converter/ADT-A01-01.hl7'));
    assert.equal(parseMessage(acknowledge({ received: iso }).join('\r')).get('MSH-6.3'), 'ISO');
  });

  test('the answer is written with the separators of the message', () => {
    const received = parseMessage(sampleText('edge/edge-custom-delimiters.hl7'));
    assert.match(acknowledge({ received })[0] as string, /^MSH#!@%\*#RECV#FAC#SENDER#FAC#/);
  });

  test('a sender without escape character is answered with the usual separators', () => {
    const received = parseMessage('MSH|^|a~b&c|B|C|D|20260301||ADT^A01|9|P|2.5');
    assert.match(acknowledge({ received, text: 'x^y' }).join('\r'), /^MSH\|\^~\\&\|C\|D\|a\\R\\b\\T\\c\|[^]*MSA\|AA\|9\|x\\S\\y/);
  });

  test('an error is told with its place and its code of table 0357', () => {
    const received = parseMessage(sampleText('edge/invalid-wrong-version.hl7').replace('|1.0', '|2.5.1'));
    const error = new Hl7Error('102', 'Not an HL7 date and time', { segment: 'PID', sequence: 1, field: 7 });
    assert.deepEqual(acknowledge({ received, code: 'AE', errors: [error], text: 'Please correct | resend' }).slice(1, 3), [
      'MSA|AE|MSG001|Please correct \\F\\ resend',
      'ERR||PID^1^7^1|102^Data type error^HL70357|E||||Not an HL7 date and time',
    ]);
  });

  test('a version before 2.5 gets its error in the first field of ERR', () => {
    const received = parseMessage('MSH|^~\\&|A|B|C|D|20260301||ADT^A01|9|P|2.3\r');
    const error = new Hl7Error('101', 'Missing', { segment: 'PID', sequence: 1, field: 3 });
    const answer = acknowledge({ received, code: 'AE', errors: [error] });
    assert.equal(answer[2], 'ERR|PID^1^3^101&Required field missing&HL70357');
    assert.deepEqual(readAcknowledgment(parseMessage(answer.join('\r'))).errors, [{
      code: '101', severity: undefined, location: { segment: 'PID', sequence: 1, field: 3 }, text: 'Required field missing',
    }]);
  });

  test('an unreadable message is answered from what its header says', () => {
    const text = sampleText('edge/invalid-segment-header-length.hl7');
    assert.throws(() => parseMessage(text), (error) => {
      assert.ok(error instanceof Hl7Error);
      const answer = readAcknowledgment(parseMessage(acknowledge({ received: text, code: 'AR', errors: [error] }).join('\r')));
      assert.equal(answer.controlId, 'MSG001');
      assert.equal(answer.code, 'AR');
      assert.equal(answer.errors[0]?.code, '100');
      return true;
    });
  });

  test('a text without MSH, or with an unusable one, is answered without a control id', () => {
    for (const received of ['PID|1||7', '', 'garbage\u0000', 'MSH', 'MSH|^~\\\\&|A', `${'x'.repeat(100)}MSHX`]) {
      const answer = parseMessage(acknowledge({ received, code: 'AR' }).join('\r'));
      assert.equal(answer.get('MSH-9'), 'ACK');
      assert.equal(answer.get('MSH-12'), '2.5.1');
      assert.equal(answer.segment('MSA')?.raw, 'MSA|AR');
    }
  });

  test('a header further down is found, so that the sender learns which message failed', () => {
    const answer = acknowledge({ received: `noise\rMSH|^~\\&|A|B|C|D|20260301||ADT^A01|42|P|2.5`, code: 'AR' });
    assert.equal(answer[1], 'MSA|AR|42');
  });
});

describe('reading an acknowledgment', () => {
  test('acceptance, rejection and the accept acknowledgment of enhanced mode are told apart', () => {
    const read = (code: string) => readAcknowledgment(parseMessage(`MSH|^~\\&|||||||ACK|1|P|2.5\rMSA|${code}|77|why`));
    assert.deepEqual(read('AA'), {
      code: 'AA', controlId: '77', isPositive: true, isAccept: false, text: 'why', errors: [],
    });
    assert.equal(read('AE').isPositive, false);
    assert.equal(read('CA').isAccept, true);
    assert.equal(read('CA').isPositive, true);
    assert.equal(read('CR').isPositive, false);
  });

  test('an answer without MSA, or with a code nobody knows, is no acknowledgment', () => {
    assert.throws(() => readAcknowledgment(parseMessage('MSH|^~\\&|||||||ACK|1|P|2.5')), { code: '100' });
    assert.throws(() => readAcknowledgment(parseMessage('MSH|^~\\&|||||||ACK|1|P|2.5\rMSA|OK|1')), { code: '103' });
  });

  test('each location of an error is read', () => {
    const text = 'MSH|^~\\&|||||||ACK|1|P|2.5\rMSA|AE|7\rERR||PID^1^5^1^2~PV1^1|101^Required field missing^HL70357|W';
    assert.deepEqual(readAcknowledgment(parseMessage(text)).errors, [
      {
        code: '101', severity: 'W', text: 'Required field missing',
        location: { segment: 'PID', sequence: 1, field: 5, repetition: 1, component: 2 },
      },
      { code: '101', severity: 'W', text: 'Required field missing', location: { segment: 'PV1', sequence: 1 } },
    ]);
  });
});

describe('acknowledgment modes', () => {
  const asking = (accept: string, application: string) =>
    parseMessage(`MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5|||${accept}|${application}`);

  test('original mode wants the application acknowledgment and no other', () => {
    const message = asking('', '');
    assert.equal(needsAcceptAcknowledgment(message, true), false);
    assert.equal(needsApplicationAcknowledgment(message, true), true);
  });

  test('enhanced mode wants what MSH-15 and MSH-16 ask for', () => {
    assert.equal(needsAcceptAcknowledgment(asking('AL', 'NE'), true), true);
    assert.equal(needsApplicationAcknowledgment(asking('AL', 'NE'), false), false);
    assert.equal(needsAcceptAcknowledgment(asking('ER', 'SU'), true), false);
    assert.equal(needsAcceptAcknowledgment(asking('ER', 'SU'), false), true);
    assert.equal(needsApplicationAcknowledgment(asking('ER', 'SU'), true), true);
    assert.equal(needsApplicationAcknowledgment(asking('AL', ''), true), false);
  });
});

describe('checking the header before taking responsibility', () => {
  const codes = (text: string, accepted = {}) => checkHeader(parseMessage(text), accepted).map(({ code }) => code);
  const full = 'MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5';

  test('missing required fields are all named', () => {
    assert.deepEqual(codes('MSH|^~\\&|A'), ['101', '101', '101', '101']);
    assert.deepEqual(codes(full), []);
  });

  test('type, event, processing id and version that are not taken have their own codes', () => {
    assert.deepEqual(codes(full, { messages: ['ORM'] }), ['200']);
    assert.deepEqual(codes(full, { messages: ['ADT^A02'] }), ['201']);
    assert.deepEqual(codes(full, { messages: ['ADT^A01'] }), []);
    assert.deepEqual(codes(full, { messages: ['ADT'], processingIds: ['T'] }), ['202']);
    assert.deepEqual(codes(full, { versions: ['2.8'] }), ['203']);
  });

  test('a message addressed to somebody else is not taken', () => {
    const receiver = { receivingApplications: ['C'], receivingFacilities: ['D', 'E'] };
    assert.deepEqual(codes(full, receiver), []);
    assert.deepEqual(codes(full.replace('|C|D|', '|X|Y|'), receiver), ['103', '103']);
    assert.deepEqual(codes(full.replace('|C|D|', '||D|'), receiver), ['103']);
  });
});
