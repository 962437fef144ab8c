import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planFaults, strikeAll, type FaultCounts, type Target } from '../../sandbox/day/faults.ts';
import { hl7Files, hl7Message } from '../../sandbox/ehr/day/hl7-sendings.ts';
import { expectedAnswer } from '../../sandbox/day/hl7-expectation.ts';

const processes = ['system-apis', 'process-apis', 'experience-apis', 'gateway'];

describe('the faults of a run', () => {
  test('come in an order that follows from the seed', () => {
    const names = (seed: number) => planFaults(seed, { processes }).map((fault) => fault.name);
    assert.deepEqual(names(1), names(1));
    assert.notDeepEqual(names(1), names(2));
    assert.deepEqual(names(1).toSorted(), names(2).toSorted());
  });

  test('kill every process several times, and the database once where it belongs to the run', () => {
    const names = planFaults(1, { processes, killDatabase: async () => undefined }).map((fault) => fault.name);
    for (const process of processes) assert.equal(names.filter((name) => name === `kill ${process}`).length, 3);
    assert.equal(names.filter((name) => name === 'kill database').length, 1);
    assert.ok(!planFaults(1, { processes }).some((fault) => fault.name === 'kill database'));
  });

  test('are counted as they strike', async () => {
    const killed: string[] = [];
    const target: Target = { processes, killProcess: async (name) => { killed.push(name); }, controlUrl: '', platformDatabaseUrl: '' };
    const kills = planFaults(1, target).filter((fault) => fault.name === 'kill gateway');
    const counts: FaultCounts = {};
    await strikeAll(kills, target, counts, new AbortController().signal);
    assert.deepEqual([killed, counts], [['gateway', 'gateway', 'gateway'], { 'kill gateway': 3 }]);
  });
});

describe('the answer that an HL7 v2 message must get', () => {
  const answers = hl7Files().map((source) => ({ source, answer: expectedAnswer(source, hl7Message({ source, controlId: 'X' }), source.includes('/invalid-')) }));
  const answerTo = (source: string) => answers.find((each) => each.source === source)?.answer;

  test('is yes to what is sound and wanted, no to the rest', () => {
    assert.equal(answerTo('edge/adt-a01-basic.hl7'), 'accepted');
    assert.equal(answerTo('edge/edge-custom-delimiters.hl7'), 'accepted');
    assert.equal(answerTo('edge/oru-r01-lab.hl7'), 'refused');
    assert.equal(answerTo('edge/invalid-missing-msh.hl7'), 'refused');
    assert.equal(answerTo('edge/edge-empty-segments.hl7'), 'refused');
  });

  test('is known for every file, and both answers occur', () => {
    assert.ok(answers.length > 50);
    assert.deepEqual(new Set(answers.map((each) => each.answer)), new Set(['accepted', 'refused']));
  });
});
