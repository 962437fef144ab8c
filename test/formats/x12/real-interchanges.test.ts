import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  checkEnvelopes, describeViolation, parseInterchanges, streamSegments, streamTransactionSets, violationsOf, X12Error,
} from '../../../formats/x12/index.ts';
import type { Interchange } from '../../../formats/x12/index.ts';
import { sampleNames, sampleText } from './samples.ts';

interface Verdict {
  /** `850:33` is set 850 with 33 segments; `|` parts groups, `//` interchanges. */
  sets: string;
  /** Level, code and place of each violation. */
  violations?: string[];
}

const VERDICTS: Record<string, Verdict> = {
  'edinet/x12.810a.edi': { sets: '810:64', violations: ['interchange 022 ISA02'] },
  'edinet/x12.832.edi': { sets: '832:12', violations: ['interchange 022 ISA02', 'transaction 4 SE01'] },
  'edinet/x12.850.edi': { sets: '850:11', violations: ['interchange 001 IEA02'] },
  'edinet/x12.850a.edi': { sets: '850:50', violations: ['interchange 022 ISA08', 'interchange 001 IEA02'] },
  'imsweb/x12_277CA_accepted.txt': { sets: '277:23' },
  'imsweb/x12_277CA_rejected.txt': { sets: '277:24' },
  'imsweb/x12_999_accepted.txt': { sets: '999:6', violations: ['interchange 001 IEA02'] },
  'imsweb/x12_999_rejected.txt': { sets: '999:7' },
  'imsweb/x12_bad_segment_identifier.txt': {
    sets: '837:34', violations: ['segment 1 ', 'segment 1 Nd4', 'segment 1 NM31', 'transaction 4 SE01'],
  },
  'imsweb/x12_complex.txt': {
    sets: '837:147,837:147', violations: ['group 5 GE01', 'transaction 4 SE01', 'transaction 4 SE01'],
  },
  'imsweb/x12_missing_elements.txt': { sets: '837:34', violations: ['transaction 4 SE01'] },
  'imsweb/x12_multiple_gs.txt': {
    sets: '837:34|837:34|837:34',
    violations: [
      'interchange 021 IEA01', 'transaction 4 SE01', 'group 19 GS06', 'transaction 4 SE01', 'group 19 GS06',
      'transaction 4 SE01',
    ],
  },
  'imsweb/x12_multiple_st.txt': {
    sets: '837:34,837:34',
    violations: ['group 5 GE01', 'transaction 4 SE01', 'transaction 23 ST02', 'transaction 4 SE01'],
  },
  'imsweb/x12_no_errors.txt': { sets: '837:41', violations: ['transaction 4 SE01'] },
  'imsweb/x12_segments_out_of_order.txt': { sets: '837:34', violations: ['transaction 4 SE01'] },
  'imsweb/x12_valid.txt': { sets: '837:34', violations: ['transaction 4 SE01'] },
  'imsweb/x12_valid_different_separators.txt': { sets: '837:34', violations: ['transaction 4 SE01'] },
  'imsweb/x270.txt': { sets: '270:14', violations: ['interchange 001 IEA02', 'transaction 4 SE01', 'transaction 3 SE02'] },
  'imsweb/x271.txt': { sets: '271:18', violations: ['interchange 001 IEA02', 'transaction 4 SE01'] },
  'lfh/270_005010X279A1/dependent-health-benefit-check.270': { sets: '270:15' },
  'lfh/271_005010X279A1/dependent-health-benefit-check.271': { sets: '271:28' },
  'lfh/271_005010X279A1/subscriber-health-benefit-check.271': { sets: '271:22' },
  'lfh/276_005010X212/claim-level-status-ncpdp.276': { sets: '276:16' },
  'lfh/276_005010X212/information-receiver-level-status.276': { sets: '276:17' },
  'lfh/277_005010X212/claim-level-status-ncpdp.277': { sets: '277:16' },
  'lfh/277_005010X212/information-receiver-level-status.277': { sets: '277:9' },
  'lfh/834_005010X220A1/add-dependent.834': { sets: '834:15' },
  'lfh/834_005010X220A1/cancel-dependent.834': { sets: '834:12' },
  'lfh/834_005010X220A1/enroll-employee-managed-care.834': { sets: '834:18' },
  'lfh/834_005010X220A1/reinstate-employee-coverage-level.834': { sets: '834:12' },
  'lfh/834_005010X220A1/reinstate-member-eligiblity-ins.834': { sets: '834:10' },
  'lfh/835_005010X221A1/cob-contractural-adjustment.835': { sets: '835:25' },
  'lfh/835_005010X221A1/medicare-part-a.835': { sets: '835:28' },
  'lfh/835_005010X221A1/tertiary-payment.835': { sets: '835:23' },
  'lfh/837_004010X096A1/automobile-accident.837': { sets: '837:44' },
  'lfh/837_004010X096A1/institutional-ppo-repriced.837': { sets: '837:47' },
  'lfh/837_004010X096A1/workers-compensation.837': { sets: '837:43' },
  'lfh/837_004010X098A1/coordination-of-benefits.837': { sets: '837:49' },
  'lfh/837_004010X098A1/dependent-commercial-insurance-02.837': { sets: '837:51' },
  'lfh/837_004010X098A1/patient-is-dependent.837': { sets: '837:51' },
  'lfh/837_005010X222A2/demo.ambulance.example5.837': { sets: '837:52' },
  'lfh/837_005010X222A2/demo.cob.2ndary.example4.837': { sets: '837:29' },
  'lfh/837_005010X222A2/demo.cob.example3.B.837': { sets: '837:62' },
  'lfh/837_005010X222A2/demo.cob.example4.837': { sets: '837:42' },
  'lfh/837_005010X222A2/demo.drug.example10.2.837': { sets: '837:65' },
  'lfh/837_005010X222A2/demo.example1.837': { sets: '837:40' },
  'lfh/837_005010X222A2/demo.example12.837': { sets: '837:39' },
  'lfh/837_005010X222A2/demo.example8.837': { sets: '837:43' },
  'lfh/837_005010X223A3/institutional-claim.837i': { sets: '837:42' },
  'lfh/837_005010X223A3/ppo-repriced-claim.837i': { sets: '837:48' },
  'moov/835-sample1.txt': { sets: '835:31,835:31' },
  'moov/837p-sample.txt': { sets: '837:191' },
  'node-x12/271.edi': { sets: '271:38', violations: ['interchange 023 SE', 'group 3 SE'] },
  'node-x12/850.edi': { sets: '850:33' },
  'node-x12/850_fat.edi': { sets: '850:33//850:33' },
  'node-x12/856.edi': { sets: '856:31' },
  'staedi/extraDelimiter997.edi': { sets: '997:8' },
  'staedi/sample275_with_HL7_valid_BIN01.edi': { sets: '275:16' },
  'staedi/sample837-HL-nested.edi': { sets: '837:23,837:13' },
  'staedi/simple810.edi': { sets: '810:32,810:22' },
  'staedi/simple997.edi': { sets: '997:8' },
  'staedi/simple999.edi': { sets: '999:16' },
  'staedi/x12_interchange_ack.txt': { sets: 'TA1', violations: ['interchange 021 IEA01'] },
  'tastypackets/profee.edi': { sets: '835:65' },
  'uhin/TA1.edi': { sets: 'TA1', violations: ['interchange 022 ISA02', 'interchange 021 IEA01'] },
};

/** Has no interchange header, so nothing tells its separators. */
const NO_HEADER = 'edi-835/blue_cross_nc_sample.txt';

function setsOf(interchange: Interchange): string {
  const groups = interchange.groups.map(({ transactions }) =>
    transactions.map(({ id, segmentCount }) => `${id}:${segmentCount}`).join(','));
  return [...interchange.acknowledgments.map(() => 'TA1'), ...groups].join('|');
}

function violationsIn(interchanges: Interchange[]): string[] {
  return interchanges.flatMap(violationsOf).map((violation) => {
    const [, level, code, place] = /^(\w+) (\w+) .* at (\w*), segment \d+ of/.exec(describeViolation(violation)) ?? [];
    return `${level} ${code} ${place}`;
  });
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

describe('real interchanges of other systems', () => {
  test('every sample has a verdict here', () => {
    assert.deepEqual([...Object.keys(VERDICTS), NO_HEADER].sort(), sampleNames());
  });

  for (const [name, { sets, violations = [] }] of Object.entries(VERDICTS)) {
    const title = violations.length === 0 ? 'has a sound envelope' : `has the faults ${violations.join(', ')}`;
    test(`${name} ${title}`, () => {
      const interchanges = parseInterchanges(sampleText(name));
      assert.equal(interchanges.map(setsOf).join('//'), sets);
      assert.deepEqual(violationsIn(interchanges), violations);
    });
  }

  test('a text without interchange header is refused, as nothing tells its separators', () => {
    assert.throws(() => parseInterchanges(sampleText(NO_HEADER)), { name: 'X12Error', code: 'no-interchange' });
  });

  test('streaming in chunks of any size gives the same segments, sets and verdicts', async () => {
    for (const name of Object.keys(VERDICTS)) {
      const text = sampleText(name);
      const whole = parseInterchanges(text);
      const sets = whole.flatMap(({ groups }) => groups.flatMap(({ transactions }) => transactions));
      for (const size of [1, 7, 1000]) {
        const chunks = cut(Buffer.from(text), size);
        const segments = await collect(streamSegments(chunks));
        for (const set of sets) {
          const at = segments.findIndex((segment) => segment.id === 'ST' && segment.elements[1] === set.controlNumber);
          assert.ok(at > 0);
        }
        const streamed = await collect(streamTransactionSets(chunks));
        assert.deepEqual(streamed.map(({ transaction }) => transaction), sets, name);
        assert.deepEqual(violationsIn(await checkEnvelopes(chunks)), violationsIn(whole), name);
      }
    }
  });

  test('binary data may contain separators and line ends', () => {
    const [interchange] = parseInterchanges(sampleText('staedi/sample275_with_HL7_valid_BIN01.edi'));
    const bin = interchange?.groups[0]?.transactions[0]?.segments.find(({ id }) => id === 'BIN');
    assert.equal(bin?.elements.length, 2);
    assert.equal(Buffer.byteLength(bin?.elements[1] ?? ''), 2768);
    assert.match(bin?.elements[1] ?? '', /^<levelone[\s\S]*<\/levelone>\s*$/);
  });
});

describe('streams without end', () => {
  const ISA = 'ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260301*1200*^*00501*000000001*0*P*:~';
  const SET = `ST*850*0001~BEG*00*SA*1**20260301~${'PO1*1*1*EA*1.00**VP*X~'.repeat(500)}SE*503*0001~`;

  function* endless(sets: number): Generator<string> {
    yield `${ISA}GS*PO*S*R*20260301*1200*1*X*004010~`;
    for (let n = 1; n <= sets; n++) yield SET.replaceAll('0001~', `${String(n).padStart(4, '0')}~`).replace('ST*850*0001', `ST*850*${n}`);
    yield `GE*${sets}*1~IEA*1*000000001~`;
  }

  test('memory does not grow with the length of the text', async () => {
    let segments = 0;
    let highest = 0;
    const before = process.memoryUsage().heapUsed;
    for await (const segment of streamSegments(endless(4_000))) {
      assert.notEqual(segment.id, '');
      if (++segments % 100_000 === 0) highest = Math.max(highest, process.memoryUsage().heapUsed - before);
    }
    assert.equal(segments, 4_000 * 503 + 4);
    assert.ok(highest < 100 * 1024 * 1024, `${highest} bytes`);
  });

  test('a segment that never ends is refused', async () => {
    function* flood(): Generator<string> {
      yield ISA;
      for (;;) yield 'x'.repeat(65_536);
    }
    await assert.rejects(collect(streamSegments(flood())), { name: 'X12Error', code: 'limit' });
  });

  test('binary data of many pieces come out whole', async () => {
    const data = `é~*\n${'0123456789'.repeat(400_000)}`;
    const length = Buffer.byteLength(data);
    const text = `${ISA}GS*PI*S*R*20260301*1200*1*X*005010X210~ST*275*0001~BIN*${length}*${data}~SE*3*0001~GE*1*1~IEA*1*000000001~`;
    const [set] = await collect(streamTransactionSets(cut(Buffer.from(text), 4096)));
    assert.equal(set?.transaction.segments[1]?.elements[1], data);
    assert.deepEqual(set?.transaction.violations, []);
  });

  test('binary data that are shorter than they say do not swallow what follows', () => {
    const text = `${ISA}GS*PI*S*R*20260301*1200*1*X*005010X210~ST*275*0001~BIN*5*abc~SE*3*0001~GE*1*1~IEA*1*000000001~`;
    assert.deepEqual(violationsIn(parseInterchanges(text)), []);
    const absurd = text.replace('BIN*5*', 'BIN*999999999999*');
    assert.throws(() => parseInterchanges(absurd), { code: 'limit' });
  });

  test('a loop that never ends is refused when sets are kept', async () => {
    await assert.rejects(
      collect(streamTransactionSets(endless(1), { maxSegmentsPerTransaction: 100 })),
      (error: unknown) => error instanceof X12Error && error.code === 'limit',
    );
  });

  test('the verdict comes after the last set', async () => {
    const sets = streamTransactionSets(`${ISA}GS*PO*S*R*20260301*1200*1*X*004010~ST*850*0001~SE*2*0001~GE*2*1~IEA*1*9~`);
    const first = await sets.next();
    assert.equal(first.done, false);
    const last = await sets.next();
    assert.deepEqual(last.done && violationsIn(last.value as Interchange[]), ['interchange 001 IEA02', 'group 5 GE01']);
  });
});
