import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  build997, build999, buildTa1, checkGroup, parseInterchange, parseInterchanges, printInterchange, readFunctionalAcknowledgment,
  readTa1, SCHEMAS,
} from '../../../formats/x12/index.ts';
import type { FunctionalGroup, TransactionInput } from '../../../formats/x12/index.ts';
import { sampleText } from './samples.ts';

const ISA = 'ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260301*1200*^*00501*000000001*0*P*:~';

function groupOf(functionalId: string, sets: string[], trailer = `GE*${sets.length}*5~`): FunctionalGroup {
  const text = `${ISA}GS*${functionalId}*S*R*20260301*1200*5*X*004010~${sets.join('')}${trailer}IEA*1*000000001~`;
  return parseInterchange(text).groups[0] as FunctionalGroup;
}

function lines(input: TransactionInput): string[] {
  return input.segments.map((segment) => segment.map((one) => (Array.isArray(one) ? one.join(':') : one ?? '')).join('*').replace(/\*+$/, ''));
}

/** As it goes over the wire and comes back. */
function exchanged(input: TransactionInput): ReturnType<typeof readFunctionalAcknowledgment> {
  const text = printInterchange({
    header: { senderQualifier: 'ZZ', sender: 'R', receiverQualifier: 'ZZ', receiver: 'S', date: '260301', time: '1201', controlNumber: '9' },
    groups: [{
      header: { functionalId: 'FA', sender: 'R', receiver: 'S', date: '20260301', time: '1201', controlNumber: '9', version: '005010X231A1' },
      transactions: [input],
    }],
  });
  const set = parseInterchange(text).groups[0]?.transactions[0];
  assert.ok(set);
  assert.deepEqual(set.violations, []);
  return readFunctionalAcknowledgment(set);
}

const GOOD_855 = 'ST*855*0001~BAK*00*AD*PO1**20260301~SE*3*0001~'.replace('PO1**', 'PO1*');

describe('TA1, the acknowledgment of an interchange', () => {
  test('a sound interchange is accepted with note 000', () => {
    assert.deepEqual(buildTa1(parseInterchange(`${ISA}IEA*0*000000001~`)), ['TA1', '000000001', '260301', '1200', 'A', '000']);
  });

  test('a faulty one is rejected with its first note', () => {
    assert.deepEqual(buildTa1(parseInterchange(`${ISA}IEA*0*000000002~`)), ['TA1', '000000001', '260301', '1200', 'R', '001']);
    const [fixed] = parseInterchanges(sampleText('edinet/x12.810a.edi'));
    assert.ok(fixed);
    assert.equal(buildTa1(fixed)[5], '022');
  });

  test('the receiver may know better: a duplicate is rejected although it is sound', () => {
    const ta1 = buildTa1(parseInterchange(`${ISA}IEA*0*000000001~`), '025');
    const text = printInterchange({
      header: { senderQualifier: 'ZZ', sender: 'R', receiverQualifier: 'ZZ', receiver: 'S', date: '260301', time: '1201', controlNumber: '9' },
      groups: [], acknowledgments: [ta1],
    });
    const [segment] = parseInterchange(text).acknowledgments;
    assert.ok(segment);
    assert.deepEqual(readTa1(segment), { controlNumber: '000000001', date: '260301', time: '1200', verdict: 'R', note: '025' });
  });

  test('the samples are read', () => {
    const [accepted] = parseInterchange(sampleText('staedi/x12_interchange_ack.txt')).acknowledgments;
    const [rejected] = parseInterchange(sampleText('uhin/TA1.edi')).acknowledgments;
    assert.ok(accepted && rejected);
    assert.deepEqual([readTa1(accepted).verdict, readTa1(accepted).note], ['A', '000']);
    assert.deepEqual([readTa1(rejected).verdict, readTa1(rejected).note], ['R', '024']);
    assert.throws(() => readTa1({ id: 'TA1', elements: ['1', '2', '3', 'Q'], position: 2 }), { code: 'invalid-content' });
  });
});

describe('999 and 997, the acknowledgment of a group', () => {
  test('a sound group is accepted', () => {
    const group = checkGroup(groupOf('PR', [GOOD_855]), SCHEMAS);
    assert.deepEqual(lines(build999(group, '0001')), ['AK1*PR*5*004010', 'AK2*855*0001', 'IK5*A', 'AK9*A*1*1*1']);
    assert.deepEqual(lines(build997(group, '0001')), ['AK1*PR*5', 'AK2*855*0001', 'AK5*A', 'AK9*A*1*1*1']);
  });

  test('an 855 with faulty lines is rejected naming segment and element', () => {
    const set = 'ST*855*0001~BAK*00*AD**20261301~N1*ST*X*92~PO1*1*12*EA*9,50**VP*A~ACK*QQ*12*EA~ACK*IA*5~SE*7*0001~';
    const group = checkGroup(groupOf('PR', [set]), SCHEMAS);
    assert.deepEqual(lines(build999(group, '0001')), [
      'AK1*PR*5*004010',
      'AK2*855*0001',
      'IK3*BAK*2**8', 'IK4*3*324*1', 'IK4*4*373*8',
      'IK3*N1*3*N1*8', 'IK4*4*67*2',
      'IK3*PO1*4*PO1*8', 'IK4*4*212*6',
      'IK3*ACK*5*ACK*8', 'IK4*1*668*7',
      'IK3*ACK*6*ACK*8', 'IK4*3*355*2',
      'IK5*R*5',
      'AK9*R*1*1*0',
    ]);
  });

  test('an 856 without the order number, with a broken hierarchy, is rejected', () => {
    const set = 'ST*856*0001~BSN*00*S1*20260301*1200~HL*1**S~HL*2*1*O~HL*3*9*I~LIN**VP*A~SN1**1*EA~HL*3*2*I~CTT*3~SE*10*0001~';
    const answer = exchanged(build999(checkGroup(groupOf('SH', [set]), SCHEMAS), '0001'));
    assert.deepEqual(answer.sets[0]?.segments.map(({ segmentId, position, code, elements }) =>
      [segmentId, position, code, elements.map((one) => [one.element, one.code])]), [
      ['PRF', 5, '3', []],
      ['HL', 5, '8', [[2, '7']]],
      ['SN1', 9, '3', []],
      ['HL', 8, '8', [[1, '7']]],
      ['CTT', 9, '8', [[1, '7']]],
    ].sort((a, b) => Number(a[1]) - Number(b[1])));
    assert.deepEqual(answer.codes, []);
    assert.equal(answer.isAccepted, false);
  });

  test('an 810 without total, without beginning, or out of order is rejected', () => {
    const check = (body: string, count: number) => lines(build999(checkGroup(groupOf('IN', [`ST*810*0001~${body}SE*${count}*0001~`]), SCHEMAS), '0001')).slice(2, -2);
    assert.deepEqual(check('BIG*20260301*I1~IT1**1*EA*2**VP*A~', 4), ['IK3*TDS*4**3']);
    assert.deepEqual(check('IT1**1*EA*2**VP*A~TDS*200~', 4), ['IK3*BIG*2**3']);
    assert.deepEqual(check('REF*VN*1~BIG*20260301*I1~TDS*200~TDS*200~', 6), ['IK3*BIG*3**7', 'IK3*TDS*5**5']);
    assert.deepEqual(check('BIG*20260301*I1~N3*STREET~TDS*2.00~', 5), ['IK3*N3*3**7', 'IK3*TDS*4**8', 'IK4*1*610*6']);
  });

  test('faults of the envelope have their codes in IK5 and AK9', () => {
    const group = groupOf('PR', [GOOD_855.replace('SE*3*0001', 'SE*9*0002'), GOOD_855], 'GE*3*5~');
    const answer = exchanged(build999(checkGroup(group, SCHEMAS), '0001'));
    assert.deepEqual(answer.sets.map(({ verdict, codes }) => [verdict, codes]), [['R', ['4', '3']], ['R', ['23']]]);
    assert.deepEqual([answer.verdict, answer.included, answer.received, answer.accepted, answer.codes], ['R', 3, 2, 0, ['5']]);
  });

  test('of several sets the good ones are accepted: a partial acceptance', () => {
    const other = GOOD_855.replaceAll('0001', '0002').replace('*AD*', '**');
    const answer = exchanged(build999(checkGroup(groupOf('PR', [GOOD_855, other]), SCHEMAS), '0001'));
    assert.deepEqual(answer.sets.map(({ controlNumber, isAccepted }) => [controlNumber, isAccepted]), [['0001', true], ['0002', false]]);
    assert.deepEqual([answer.verdict, answer.accepted], ['P', 1]);
  });

  test('a set nobody reads, or in the wrong group, is named so', () => {
    assert.deepEqual(lines(build999(checkGroup(groupOf('HC', ['ST*837*0001~SE*2*0001~']), SCHEMAS), '1')).at(-2), 'IK5*R*1');
    assert.deepEqual(lines(build999(checkGroup(groupOf('PO', [GOOD_855]), SCHEMAS), '1')).at(-2), 'IK5*R*18');
  });

  test('bad data are never copied into the answer, not even as a segment name', () => {
    const set = 'ST*855*0001~BAK*00*AD*PO1*20260301~SMITH JOHN~ACK*SECRET~SE*5*0001~';
    const text = lines(build999(checkGroup(groupOf('PR', [set]), SCHEMAS), '1')).join('\n');
    assert.doesNotMatch(text, /SECRET|JOHN/);
    assert.match(text, /IK3\*SMI\*3\*\*1/);
  });

  test('a set broken in a thousand places gets an answer of bounded size', () => {
    const set = `ST*855*0001~BAK*00*AD*PO1*20260301~${'REF~'.repeat(1000)}SE*1003*0001~`;
    assert.ok(build999(checkGroup(groupOf('PR', [set]), SCHEMAS), '1').segments.length < 300);
  });

  test('the 999 and 997 of others are read', () => {
    const read = (name: string) => {
      const set = parseInterchange(sampleText(name)).groups[0]?.transactions[0];
      assert.ok(set);
      return readFunctionalAcknowledgment(set);
    };
    assert.equal(read('imsweb/x12_999_accepted.txt').isAccepted, true);
    const rejected = read('imsweb/x12_999_rejected.txt');
    assert.deepEqual(rejected.sets[0]?.segments[0], { segmentId: 'NM', position: 17, code: '1', elements: [], contexts: [] });
    const partial = read('staedi/simple999.edi');
    assert.deepEqual([partial.verdict, partial.included, partial.accepted], ['P', 3, 1]);
    assert.deepEqual(partial.sets[1]?.segments[0]?.elements, [{ element: 2, reference: '782', code: '1' }]);
    assert.deepEqual(partial.sets[1]?.segments[0]?.contexts, [['CLM01:123456789']]);
    const old = read('staedi/simple997.edi');
    assert.deepEqual(old.sets[0], {
      id: '837', controlNumber: '0021', verdict: 'R', isAccepted: false, codes: ['5'],
      segments: [{ segmentId: 'NM1', position: 8, code: '8', contexts: [], elements: [{ element: 8, reference: '66', code: '7' }] }],
    });
  });

  test('a 999 without group or verdict is refused', () => {
    const read = (body: string) => () => {
      const set = parseInterchange(`${ISA}GS*FA*S*R*20260301*1200*5*X*005010X231A1~ST*999*0001~${body}SE*3*0001~GE*1*5~IEA*1*1~`).groups[0]?.transactions[0];
      assert.ok(set);
      return readFunctionalAcknowledgment(set);
    };
    assert.throws(read('AK1*PO*1~'), { code: 'missing-content' });
    assert.throws(read('AK9*A*1*1*1~'), { code: 'missing-content' });
    assert.throws(read('AK1*PO*1~AK9*A*x*1*1~'), { code: 'invalid-content' });
  });
});
