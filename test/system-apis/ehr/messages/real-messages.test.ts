import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { frame } from '#formats/hl7v2/index.ts';
import { clinicalDay } from '../../../../sandbox/ehr/day/clinical-day.ts';
import { hl7Files, hl7Message } from '../../../../sandbox/ehr/day/hl7-sendings.ts';
import { createDice } from '../../../../sandbox/ehr/day/random.ts';
import { startHl7Feed } from '../../../../sandbox/ehr/hl7-feed.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { eventually } from '../../../support/eventually.ts';
import { openHouse, type House } from './house.ts';
import { openSender } from './sender.ts';

const SAMPLES = path.join(import.meta.dirname, '../../../data/hl7v2');

/** What is answered to the messages that are not taken, with the first error. All others are ADT, SIU, ORM or DFT and AA. */
const REFUSED: Record<string, [code: string, error: string]> = {
  'edge/edge-empty-segments.hl7': ['AE', '101'],
  'edge/invalid-missing-msh.hl7': ['AR', '100'],
  'edge/invalid-segment-header-length.hl7': ['AE', '100'],
  'edge/invalid-wrong-version.hl7': ['AR', '203'],
  'edge/mdm-t02-document.hl7': ['AR', '200'],
  'edge/oru-r01-lab.hl7': ['AR', '200'],
  'efferent/Sample-ADT.txt': ['AR', '201'],
  'lfh/sample_unix.hl7': ['AE', '102'],
  'lfh/sample_win.hl7': ['AE', '102'],
};

/** Without usable separators there is no field to read a control id from. */
const NAMELESS = new Set(['lfh/sample_unix.hl7', 'lfh/sample_win.hl7']);

/** Kinds that are well formed and meant for others: laboratory, documents, vaccinations, medication, billing, problems. */
const FOR_OTHERS = /(?:BAR|IZ_|LAB-ORU|LRI|MDHHS-OML|MDM-|MDM_|OMG|OML|ORU|OUL|PC1|RDE|RDS|REF|VXU)/;

function expected(name: string): [code: string, error?: string] {
  const refusal = REFUSED[name];
  if (refusal) return refusal;
  // Named like a document, it is an admission with an order in it.
  if (name === 'fhir-converter/MDM_01.hl7') return ['AA'];
  return FOR_OTHERS.test(name) ? ['AR', '200'] : ['AA'];
}

describe('real messages of other systems, sent over one line', () => {
  let house: House;
  before(async () => { house = await openHouse(); });
  after(() => house.leave());

  test('are each answered as they deserve, kept, and listed with what is wrong', async () => {
    const sender = await openSender(house.port);
    const outcomes: Record<string, [string, string?]> = {};
    for (const [index, source] of hl7Files().entries()) {
      const controlId = source.includes('missing-msh') ? undefined : `REAL-${index}`;
      const answer = await sender.send(hl7Message({ source, controlId }));
      assert.equal(answer.controlId, NAMELESS.has(source) ? undefined : controlId, source);
      outcomes[source] = answer.errors[0]?.code === undefined ? [answer.code] : [answer.code, answer.errors[0].code];
    }
    sender.close();
    assert.deepEqual(outcomes, Object.fromEntries(hl7Files().map((source) => [source, expected(source)])));

    const accepted = Object.values(outcomes).filter(([code]) => code === 'AA').length;
    const told = await eventually(async () => { const all = await house.published('clinical-message.received.v1'); return all.length === accepted && all; });
    assert.equal(new Set(told.map((each) => each.id)).size, accepted);
    const kept = await eventually(async () => { const all = await house.messages(); return !all.some(({ status }) => status === 'received') && all; });
    assert.equal(kept.length, hl7Files().length);
    assert.deepEqual(kept.map((each) => each.acknowledgement), Object.values(outcomes).map(([code]) => code));
    for (const { status, acknowledgement, problem } of kept) {
      assert.equal(status, acknowledgement === 'AA' ? 'processed' : 'rejected');
      assert.equal(problem === undefined, acknowledgement === 'AA');
    }
    assert.equal(kept.find((each) => each.messageType === 'ORU^R01')?.problem, '200 Unsupported message type at MSH-9.1: This message type is not taken here');
  });

  test('say which message they were even where they cannot be parsed', async () => {
    const sender = await openSender(house.port);
    const bytes = readFileSync(path.join(SAMPLES, 'edge/invalid-segment-header-length.hl7'));
    assert.equal((await sender.send(bytes)).code, 'AE');
    sender.close();
    const kept = (await house.messages()).at(-1);
    assert.deepEqual([kept?.messageType, kept?.version, kept?.controlId], ['ADT^A01', '2.5', 'MSG001']);
  });

  test('that are files of many messages are refused as a whole, since a block holds one', async () => {
    const sender = await openSender(house.port);
    for (const name of readdirSync(path.join(SAMPLES, 'batch'))) {
      const answer = await sender.send(readFileSync(path.join(SAMPLES, 'batch', name)));
      assert.deepEqual([answer.code, answer.errors[0]?.code], ['AR', '100'], name);
    }
    sender.close();
  });
});

describe('the feed of a whole day', () => {
  test('is answered to its last message, and what it sends twice is taken once', async (t) => {
    const house = await openHouse();
    t.after(() => house.leave());
    const { url, drop } = await createTestDatabase();
    const feed = await startHl7Feed({ databaseUrl: url, host: '127.0.0.1', port: house.port });
    const { hl7: sendings } = clinicalDay(1, 40);
    for (const sending of sendings) await feed.queue({ id: sending.id, source: sending.source, controlId: sending.controlId, bytes: hl7Message(sending) });
    const outcomes = new Map((await feed.sendWaiting()).map((each) => [each.id, each]));
    await feed.close();
    await drop();
    for (const { id, source } of sendings) assert.equal(outcomes.get(id)?.acknowledgmentCode, expected(source)[0], source);
    const resent = sendings.filter((each) => each.isResend).length;
    assert.ok(resent > 0);
    const kept = await house.messages();
    assert.equal(kept.length, sendings.length - resent);
    assert.equal(kept.reduce((sum, each) => sum + each.duplicates, 0), resent);
    const accepted = kept.filter((each) => each.acknowledgement === 'AA').length;
    await eventually(async () => (await house.published('clinical-message.received.v1')).length === accepted);
  });
});

describe('real messages cut anywhere', () => {
  for (const [title, size] of [['byte by byte', 1], ['in small pieces', 40], ['in pieces of many messages', 5_000]] as const) {
    test(`${title} are the same messages`, async (t) => {
      const house = await openHouse();
      t.after(() => house.leave());
      const sender = await openSender(house.port);
      const files = hl7Files().filter((source) => !source.includes('missing-msh')).slice(0, size === 1 ? 12 : undefined);
      const stream = Buffer.concat(files.map((source, index) => frame(hl7Message({ source, controlId: `CUT-${index}` }))));
      const dice = createDice(size);
      for (let at = 0; at < stream.length;) {
        const length = 1 + dice.below(size);
        sender.write(stream.subarray(at, at + length));
        at += length;
      }
      for (const [index, source] of files.entries()) {
        const answer = await sender.answer();
        assert.deepEqual([answer.controlId, answer.code], [NAMELESS.has(source) ? undefined : `CUT-${index}`, expected(source)[0]], source);
      }
      sender.close();
    });
  }
});
