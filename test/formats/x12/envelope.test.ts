import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  components, describeViolation, element, parseInterchange, parseInterchanges, printInterchange, repetitions, violationsOf,
} from '../../../formats/x12/index.ts';
import type { InterchangeInput } from '../../../formats/x12/index.ts';

const ISA = 'ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260301*1200*^*00501*000000001*0*P*:~';
const GS = 'GS*PO*S*R*20260301*1200*1*X*004010~';
const SET = 'ST*850*0001~BEG*00*SA*1**20260301~SE*3*0001~';
const GOOD = `${ISA}${GS}${SET}GE*1*1~IEA*1*000000001~`;

const header: InterchangeInput['header'] = {
  senderQualifier: 'ZZ', sender: 'HOSPITAL', receiverQualifier: '01', receiver: 'SUPPLIER', date: '260301', time: '1200',
  controlNumber: '42',
};
const group = { functionalId: 'PO', sender: 'H', receiver: 'S', date: '20260301', time: '1200', controlNumber: '7', version: '005010' };

function faults(text: string): string[] {
  return parseInterchanges(text).flatMap(violationsOf).map(describeViolation);
}

describe('the envelope of an interchange', () => {
  test('a sound interchange has no faults', () => {
    const interchange = parseInterchange(GOOD);
    assert.deepEqual(violationsOf(interchange), []);
    assert.equal(interchange.header.sender, 'SENDER');
    assert.equal(interchange.header.controlNumber, '000000001');
    assert.equal(interchange.groups[0]?.header.functionalId, 'PO');
    assert.equal(interchange.groups[0]?.transactions[0]?.segmentCount, 3);
  });

  test('control numbers and counts of all three levels are compared', () => {
    assert.deepEqual(faults(GOOD.replace('SE*3*0001', 'SE*4*0002').replace('GE*1*1', 'GE*2*3').replace('IEA*1*000000001', 'IEA*2*000000002')), [
      'interchange 021 Invalid number of included groups at IEA01, segment 7 of the interchange',
      'interchange 001 The control numbers of ISA13 and IEA02 do not match at IEA02, segment 7 of the interchange',
      'group 5 Number of included transaction sets does not match actual count at GE01, segment 6 of the interchange',
      'group 4 Group control numbers in header and trailer do not agree at GE02, segment 6 of the interchange',
      'transaction 4 Number of included segments does not match actual count at SE01, segment 5 of the interchange',
      'transaction 3 Transaction set control numbers in header and trailer do not match at SE02, segment 5 of the interchange',
    ]);
  });

  test('a missing SE, GE or IEA is found where the next header or the end comes', () => {
    const codes = (text: string) => faults(text).map((fault) => fault.split(' ', 2).join(' '));
    assert.deepEqual(codes(GOOD.replace('SE*3*0001~', '')), ['transaction 2']);
    assert.deepEqual(codes(`${ISA}${GS}ST*850*0001~${SET.replaceAll('0001', '0002')}GE*2*1~IEA*1*1~`), ['transaction 2']);
    assert.deepEqual(codes(`${ISA}${GS}${SET}${GS.replace('*1*X', '*2*X')}${SET}GE*1*2~IEA*2*1~`), ['group 3']);
    assert.deepEqual(codes(`${ISA}${GS}${SET}`), ['interchange 023', 'group 3']);
    assert.deepEqual(codes(`${ISA}${GS}ST*850*0001~BEG*00`), ['interchange 023', 'group 3', 'transaction 2']);
    assert.deepEqual(codes(`${ISA}${GS}${SET}${GOOD}`), ['interchange 023', 'group 3']);
  });

  test('control numbers that occur twice are named', () => {
    const codes = faults(`${ISA}${GS}${SET}${SET}GE*2*1~${GS}${SET}GE*1*1~IEA*2*1~`).map((fault) => fault.split(' ', 2).join(' '));
    assert.deepEqual(codes, ['transaction 23', 'group 19']);
  });

  test('segments that belong to nothing make the content invalid', () => {
    for (const stray of ['BEG*00~', 'SE*1*1~', 'ST*850*0009~']) {
      assert.match(faults(`${ISA}${stray}IEA*0*1~`)[0] as string, /^interchange 024 .*segment 2 /);
    }
    assert.match(faults(`${GOOD}BEG*00~`)[0] as string, /^interchange 024/);
  });

  test('an ISA whose lengths are wrong is still read by its separators, and reported', () => {
    const short = GOOD.replace('SENDER         ', 'SENDER ');
    assert.deepEqual(faults(short), ['interchange 022 Invalid control structure at ISA06, segment 1 of the interchange']);
    assert.equal(parseInterchange(short).header.receiver, 'RECEIVER');
  });

  test('each element of the ISA has its own note', () => {
    const spoil = (from: string, to: string) => faults(GOOD.replace(from, to)).map((fault) => fault.split(' ')[1]);
    assert.deepEqual(spoil('*260301*', '*261301*'), ['014']);
    assert.deepEqual(spoil('*1200*^', '*2400*^'), ['015']);
    assert.deepEqual(spoil('*00501*', '*0A501*'), ['017']);
    assert.deepEqual(spoil('*0*P*:', '*2*P*:'), ['019']);
    assert.deepEqual(spoil('*0*P*:', '*0*X*:'), ['020']);
    assert.deepEqual(spoil('SENDER         ', '               '), ['006']);
    assert.deepEqual(spoil('*0*P*:', '*0*P*^'), ['032'], 'component and repetition separator are the same');
  });

  test('a separator inside the ISA data does not move the separators', () => {
    const interchange = parseInterchange(GOOD.replace('SENDER         ', 'SEN*DER        '));
    assert.equal(interchange.delimiters.segment, '~');
    assert.equal(interchange.violations[0]?.code, '006');
  });

  test('elements, components and repetitions are reached by number', () => {
    const interchange = parseInterchange(GOOD.replace('BEG*00', 'EB*1*30^42*HC:99213:25*'));
    const [, segment] = interchange.groups[0]?.transactions[0]?.segments ?? [];
    assert.ok(segment);
    assert.deepEqual(repetitions(element(segment, 2), interchange.delimiters), ['30', '42']);
    assert.deepEqual(components(element(segment, 3), interchange.delimiters), ['HC', '99213', '25']);
    assert.equal(element(segment, 40), '');
  });

  test('a text that is no interchange is refused', () => {
    const texts = ['', '   ', 'ST*850*0001~', 'ISA', 'ISA*00*', `ISAX${'*'.repeat(50)}`, 'MSH|^~\\&|', `ISA${'*'.repeat(14)}`];
    for (const text of texts) assert.throws(() => parseInterchanges(text), { code: 'no-interchange' }, text);
    assert.throws(() => parseInterchange(GOOD + GOOD), { code: 'no-interchange' });
    assert.throws(() => parseInterchanges(GOOD, { maxLength: 10 }), { code: 'limit' });
  });

  test('a file of faults without end keeps a bounded list of them, and the faults of its trailers', () => {
    const text = `${ISA}${'XX*1~'.repeat(5_000)}${GS}ST*850*0001~${'**~'.repeat(5_000)}SE*1*0001~GE*1*1~IEA*2*000000001~`;
    const [interchange] = parseInterchanges(text);
    assert.equal(interchange?.violations.length, 1_001);
    assert.equal(interchange?.violations.at(-1)?.code, '021');
    assert.equal(interchange?.groups[0]?.transactions[0]?.violations.length, 1_001);
  });

  test('more interchanges than allowed in one text are refused', () => {
    assert.throws(() => parseInterchanges(`${ISA}IEA*0*1~`.repeat(5), { maxInterchanges: 4 }), { code: 'limit' });
  });

  test('any damage to a text ends in a verdict or a typed error', () => {
    fc.assert(fc.property(fc.nat(GOOD.length - 1), fc.string({ maxLength: 5 }), fc.nat(20), (at, insert, remove) => {
      const damaged = GOOD.slice(0, at) + insert + GOOD.slice(at + remove);
      try {
        parseInterchanges(damaged);
      } catch (error) {
        assert.equal((error as Error).name, 'X12Error');
      }
    }), { numRuns: 1000 });
  });
});

describe('printing an interchange', () => {
  test('fixed lengths are filled, control numbers zero-padded, counts computed', () => {
    const text = printInterchange({
      header,
      groups: [{ header: group, transactions: [{ id: '850', controlNumber: '0001', segments: [['BEG', '00', 'SA', 'X', '', '20260301', '']] }] }],
    });
    assert.equal(text, 'ISA*00*          *00*          *ZZ*HOSPITAL       *01*SUPPLIER       *260301*1200*^*00501*000000042*0*P*:~'
      + 'GS*PO*H*S*20260301*1200*7*X*005010~ST*850*0001~BEG*00*SA*X**20260301~SE*3*0001~GE*1*7~IEA*1*000000042~');
    assert.equal(text.indexOf('~'), 105);
    assert.deepEqual(faults(text), []);
  });

  test('before version 00402 there is no repetition separator', () => {
    const text = printInterchange({ header: { ...header, version: '00401' }, groups: [] });
    assert.equal(text.split('*')[11], 'U');
    assert.equal(parseInterchange(text).delimiters.repetition, '');
  });

  test('line breaks are for people and change nothing', () => {
    const input = { header, groups: [{ header: group, transactions: [{ id: '850', controlNumber: '0001', segments: [['BEG', '00'] as const] }] }] };
    const broken = printInterchange(input, { lineBreaks: true });
    assert.deepEqual(parseInterchange(broken), parseInterchange(printInterchange(input)));
    assert.equal(broken.split('\n').length, 8);
  });

  test('data that contain a separator are refused by name, as X12 has no escape', () => {
    const print = (value: string) => printInterchange({
      header,
      groups: [{ header: group, transactions: [{ id: '850', controlNumber: '0001', segments: [['BEG', '00'], ['MSG', value]] }] }],
    });
    for (const value of ['a*b', 'a~b', 'a:b', 'a^b']) {
      assert.throws(() => print(value), { code: 'delimiter-in-data', location: { segmentId: 'MSG', position: 3, element: 1 } });
    }
    assert.throws(() => print('a\nb'), { code: 'invalid-value' });
    assert.ok(print('plain'));
  });

  test('values that do not fit the ISA are refused', () => {
    const refused = (more: Partial<InterchangeInput['header']>) => () => printInterchange({ header: { ...header, ...more }, groups: [] });
    assert.throws(refused({ sender: 'X'.repeat(16) }), { code: 'invalid-value', location: { segmentId: 'ISA', element: 6 } });
    assert.throws(refused({ receiver: '' }), { code: 'invalid-value' });
    assert.throws(refused({ date: '20260301' }), { code: 'invalid-value' });
    assert.throws(refused({ controlNumber: '1234567890' }), { code: 'invalid-value' });
    assert.throws(refused({ controlNumber: 'A1' }), { code: 'invalid-value' });
    assert.throws(refused({ sender: 'A*B' }), { code: 'delimiter-in-data' });
  });

  const value = fc.string({ unit: fc.constantFrom(...'ABCxyz019 .,-/&()\'"é'), minLength: 1, maxLength: 12 });
  const composite = fc.tuple(value, value);
  const segment = fc.tuple(
    fc.constantFrom('REF', 'N1', 'PO1', 'ZZ9'),
    fc.array(fc.oneof(value, fc.constant(''), composite), { minLength: 1, maxLength: 6 }).filter((all) => all.at(-1) !== ''),
  );

  test('whatever is printed, with whatever separators, is read back', () => {
    const separators = fc.uniqueArray(fc.constantFrom(...'*~:^|>\u001d\u001e\n!'), { minLength: 4, maxLength: 4 });
    fc.assert(fc.property(fc.array(segment, { maxLength: 8 }), separators, (segments, [e, s, c, r]) => {
      const delimiters = { element: e as string, segment: s as string, component: c as string, repetition: r as string };
      const text = printInterchange({
        header,
        groups: [{ header: group, transactions: [{ id: '850', controlNumber: '0001', segments: segments.map(([id, elements]) => [id, ...elements] as const) }] }],
      }, { delimiters });
      const interchange = parseInterchange(text);
      assert.deepEqual(violationsOf(interchange), []);
      assert.deepEqual(interchange.delimiters, delimiters);
      const read = interchange.groups[0]?.transactions[0]?.segments.slice(1, -1).map(({ id, elements }) => [id, elements]);
      assert.deepEqual(read, segments.map(([id, elements]) =>
        [id, elements.map((one) => (typeof one === 'string' ? one : one.join(delimiters.component)))]));
    }), { numRuns: 300 });
  });
});
