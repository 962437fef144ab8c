import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Database } from '#chassis/storage/database.ts';
import { frame } from '#formats/hl7v2/index.ts';
import { createIntake } from '../../../../system-apis/ehr/messages/intake.ts';
import { messageOperations } from '../../../../system-apis/ehr/messages/operations.ts';
import { processBatch } from '../../../../system-apis/ehr/messages/processing.ts';
import { forgetSome } from '../../../../system-apis/ehr/messages/retention.ts';
import type { Judgement } from '../../../../system-apis/ehr/port.ts';
import { eventually } from '../../../support/eventually.ts';
import { childDiedAt, startChild } from '../../../support/child-process.ts';
import { standOnDatabase } from '../support.ts';
import { openHouse } from './house.ts';
import { admission, openSender } from './sender.ts';

const call = undefined as never;
const understood: Judgement = { acknowledgement: 'AA', sender: 'LAB|NORTH', messageType: 'ADT^A01', version: '2.5.1' };

describe('a message that was acknowledged', () => {
  test('is told by the next process when the one that answered is killed at once', async (t) => {
    const ground = await standOnDatabase();
    t.after(() => ground.leave());
    const child = startChild(path.resolve(import.meta.dirname, 'receiving-process.ts'), { url: ground.database.url, payloadKeys: ground.payloadKeys });
    const { port } = await child.message<{ port: number }>();
    const sender = await openSender(port);
    const ids = Array.from({ length: 30 }, (_, index) => `KILLED-${index}`);
    sender.write(Buffer.concat(ids.map((controlId) => frame(admission({ controlId })))));
    const answered: (string | undefined)[] = [];
    while (answered.length < 10) answered.push((await sender.answer()).controlId);
    child.process.kill('SIGKILL');
    assert.equal(await childDiedAt(child), 'SIGKILL');
    await sender.closed();

    const messages = { judge: (bytes: Buffer): Judgement => ({ ...understood, controlId: /KILLED-\d+/.exec(bytes.toString())?.[0] ?? '' }) };
    while (await processBatch({ ...ground, messages }));
    const told = await ground.processed();
    assert.deepEqual((await ground.published('clinical-message.received.v1')).map((each) => (each.data as { controlId: string }).controlId), told, 'each was told as received when it was stored');
    assert.deepEqual(told.slice(0, answered.length), answered);
    assert.deepEqual(told, ids.slice(0, told.length), 'what was stored is told in order, answered or not');
  });

  test('is told once when two processes are at it', async (t) => {
    const ground = await standOnDatabase();
    t.after(() => ground.leave());
    const intake = createIntake({ ...ground, onStored: () => undefined });
    await Promise.all(Array.from({ length: 300 }, (_, index) => intake.take({ bytes: Buffer.from(`message ${index}`), judgement: { ...understood, controlId: `T${index}` } })));
    const messages = { judge: (bytes: Buffer): Judgement => ({ ...understood, controlId: `T${bytes.toString().slice(8)}` }) };
    for (let left = 1; left > 0;) {
      await Promise.all([processBatch({ ...ground, messages }), processBatch({ ...ground, messages })]);
      [{ left } = { left: 0 }] = await ground.database.query<{ left: number }>(`select count(*) as left from ehr.messages where status = 'received'`);
    }
    assert.deepEqual(await ground.processed(), Array.from({ length: 300 }, (_, index) => `T${index}`));
  });
});

describe('messages stored together', () => {
  test('see each other: the second of one control id is a repeat or a contradiction', async (t) => {
    const ground = await standOnDatabase();
    t.after(() => ground.leave());
    const intake = createIntake({ ...ground, onStored: () => undefined });
    const take = (text: string, controlId: string) => intake.take({ bytes: Buffer.from(text), judgement: { ...understood, controlId } });
    const taken = await Promise.all([take('one', 'A'), take('other', 'B'), take('one', 'A'), take('another one', 'A'), take('third', 'C')]);
    assert.deepEqual(taken.map((each) => [each.as, each.acknowledgement]), [['new', 'AA'], ['new', 'AA'], ['repeated', 'AA'], ['contradicts', 'AE'], ['new', 'AA']]);
    assert.equal(taken[2]?.messageId, taken[0]?.messageId);
    assert.deepEqual(await ground.database.query('select id, kind, outcome, keys from chassis.inbound_messages'), [{ id: taken[3]!.messageId, kind: 'ADT^A01', outcome: 'rejected', keys: [`message:${taken[3]!.messageId}`] }]);
    assert.deepEqual(await bodies(ground), { kept: 4, referredTo: 4 }, 'a repeat is not kept a second time');
  });

  test('are stored and told whatever they say of themselves', async (t) => {
    const ground = await standOnDatabase();
    t.after(() => ground.leave());
    const intake = createIntake({ ...ground, onStored: () => undefined });
    const { messageId, as } = await intake.take({ bytes: Buffer.from('x'), judgement: { ...understood, controlId: 'x'.repeat(500) } });
    assert.equal(as, 'new');
    const [event] = await ground.published();
    assert.deepEqual(Object.keys(event!.data as object).toSorted(), ['messageId', 'messageType', 'receivedAt']);
    assert.deepEqual([event!.type, (event!.data as { messageId: string }).messageId], ['clinical-message.received.v1', messageId]);
  });

  test('by two processes under one control id: one is accepted, the other contradicts it', async (t) => {
    const ground = await standOnDatabase();
    t.after(() => ground.leave());
    for (let round = 0; round < 15; round += 1) {
      const taken = await Promise.all(['one', 'other'].map((text) => createIntake({ ...ground, onStored: () => undefined })
        .take({ bytes: Buffer.from(text), judgement: { ...understood, controlId: `R${round}` } })));
      assert.deepEqual(taken.map((each) => each.as).toSorted(), ['contradicts', 'new']);
    }
  });

  test('wait for a database that comes back', async (t) => {
    const ground = await standOnDatabase();
    t.after(() => ground.leave());
    let failures = 2;
    const transaction: Database['transaction'] = (work) => {
      if (failures-- > 0) throw new ApiError('unavailable', 'The database is not available at the moment.', { code: 'database-unavailable' });
      return ground.database.transaction(work);
    };
    const intake = createIntake({ ...ground, database: { ...ground.database, transaction }, onStored: () => undefined });
    assert.equal((await intake.take({ bytes: Buffer.from('x'), judgement: understood })).as, 'new');
    assert.ok(failures < 0);
  });
});

describe('a message that cannot be processed', () => {
  test('is kept with what is wrong, holds up no other, and is told after its mapping was mended', async (t) => {
    const ground = await standOnDatabase();
    t.after(() => ground.leave());
    const intake = createIntake({ ...ground, onStored: () => undefined });
    const ids: string[] = [];
    for (const text of ['good', 'bad', 'odd', 'fine']) ids.push((await intake.take({ bytes: Buffer.from(text), judgement: { ...understood, controlId: text } })).messageId);
    let isMended = false;
    const judge = (bytes: Buffer): Judgement => {
      const text = bytes.toString();
      if (text === 'bad' && !isMended) return { ...understood, acknowledgement: 'AE', problem: '102 Data type error at PV1-44' };
      // Longer than any id of a visit may be, the event breaks its schema.
      return { ...understood, controlId: text, ...(text === 'odd' && !isMended ? { encounterId: 'x'.repeat(500) } : {}) };
    };
    const deps = { ...ground, messages: { judge } };
    while (await processBatch(deps));
    const operations = messageOperations(deps);
    const { items } = await operations.listMessages({}, call);
    assert.deepEqual(items.toReversed().map((each) => [each.controlId, each.status, each.problem]), [
      ['good', 'processed', undefined], ['bad', 'failed', '102 Data type error at PV1-44'],
      ['odd', 'failed', 'event-breaks-schema: /encounterId must NOT have more than 80 characters'], ['fine', 'processed', undefined],
    ]);
    assert.equal((await operations.reprocessMessage({ messageId: ids[1]! }, call)).status, 'failed');
    const noted = await ground.database.query(`select id, outcome, problem from chassis.inbound_messages where keys && $1::text[] order by at`, [ids.map((id) => `message:${id}`)]);
    assert.deepEqual(noted, [
      { id: ids[1], outcome: 'failed', problem: '102 Data type error at PV1-44' }, { id: ids[2], outcome: 'failed', problem: 'event-breaks-schema: /encounterId must NOT have more than 80 characters' },
    ]);
    isMended = true;
    for (const messageId of ids) {
      const message = await operations.reprocessMessage({ messageId }, call);
      assert.deepEqual([message.status, message.problem], ['processed', undefined]);
    }
    assert.deepEqual(await ground.processed(), ['good', 'fine', 'bad', 'odd']);
    assert.equal((await ground.published('clinical-message.received.v1')).length, 4, 'what was told when it was stored is not told again');
    await assert.rejects(operations.reprocessMessage({ messageId: '00000000-0000-4000-8000-000000000000' }, call), { kind: 'not-found', code: 'unknown-message' });
  });

  test('because its body was altered or is gone fails alone, and nothing of it is told', async (t) => {
    const ground = await standOnDatabase();
    t.after(() => ground.leave());
    const intake = createIntake({ ...ground, onStored: () => undefined });
    await Promise.all(['good', 'altered', 'gone', 'fine'].map((controlId) => intake.take({ bytes: Buffer.from(controlId), judgement: { ...understood, controlId } })));
    const bodyOf = (controlId: string) => `(select body from ehr.messages where control_id = '${controlId}')`;
    await ground.database.query(`update chassis.payloads set content = set_byte(content, 0, get_byte(content, 0) # 1) where reference = ${bodyOf('altered')}`);
    await ground.database.query(`delete from chassis.payloads where reference = ${bodyOf('gone')}`);
    const deps = { ...ground, messages: { judge: (bytes: Buffer): Judgement => ({ ...understood, controlId: bytes.toString() }) } };
    while (await processBatch(deps));
    const { items } = await messageOperations(deps).listMessages({}, call);
    assert.deepEqual(items.toReversed().map((each) => [each.controlId, each.status, each.problem]), [
      ['good', 'processed', undefined], ['altered', 'failed', 'payload-altered'], ['gone', 'failed', 'payload-gone'], ['fine', 'processed', undefined],
    ]);
    assert.deepEqual(await ground.processed(), ['good', 'fine']);
  });

  test('is told once when somebody asks for it while it is being told', async (t) => {
    const ground = await standOnDatabase();
    t.after(() => ground.leave());
    const intake = createIntake({ ...ground, onStored: () => undefined });
    const { messageId } = await intake.take({ bytes: Buffer.from('x'), judgement: understood });
    const messages = { judge: () => understood };
    const operations = messageOperations({ ...ground, messages });
    let asking: Promise<unknown> | undefined;
    const events: typeof ground.events = {
      async publish(tx, event) {
        await ground.events.publish(tx, event);
        asking = operations.reprocessMessage({ messageId }, call);
        await eventually(async () => (await ground.database.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length > 0);
      },
    };
    assert.equal(await processBatch({ ...ground, events, messages }), true);
    assert.deepEqual(await asking, await operations.getMessage({ messageId }, call));
    assert.equal((await ground.processed()).length, 1);
  });

  test('stays rejected when it was, and is still not understood', async (t) => {
    const house = await openHouse();
    t.after(() => house.leave());
    const sender = await openSender(house.port);
    await sender.send(admission({ type: 'ORU^R01' }));
    sender.close();
    const [message] = await house.messages();
    assert.deepEqual(await house.operations.reprocessMessage({ messageId: message!.messageId }, call), message);
  });
});

describe('the list of messages', () => {
  test('is newest first, in pages, by status and type', async (t) => {
    const house = await openHouse();
    t.after(() => house.leave());
    const sender = await openSender(house.port);
    const sent = [['ADT^A01', 'a'], ['ORU^R01', 'b'], ['ADT^A02', 'c'], ['ADT^A01', 'd'], ['ORU^R01', 'e']] as const;
    for (const [type, controlId] of sent) await sender.send(admission({ type, controlId }));
    sender.close();
    const { listMessages, getMessage } = house.operations;
    const pages: (string | undefined)[][] = [];
    for (let cursor: string | undefined; ;) {
      const page = await listMessages({ limit: 2, ...(cursor === undefined ? {} : { cursor }) }, call);
      pages.push(page.items.map((each) => each.controlId));
      if (page.next === undefined) break;
      cursor = page.next;
    }
    assert.deepEqual(pages, [['e', 'd'], ['c', 'b'], ['a']]);
    assert.deepEqual((await listMessages({ status: 'rejected' }, call)).items.map((each) => each.controlId), ['e', 'b']);
    assert.deepEqual((await listMessages({ messageType: 'ADT^A01' }, call)).items.map((each) => each.controlId), ['d', 'a']);
    await assert.rejects(listMessages({ cursor: 'nonsense' }, call), { kind: 'invalid-request' });
    await assert.rejects(listMessages({ cursor: Buffer.from('["1; drop"]').toString('base64url') }, call), { kind: 'invalid-request' });
    await assert.rejects(getMessage({ messageId: '00000000-0000-4000-8000-000000000000' }, call), { kind: 'not-found' });
  });

  test('forgets what is old, never what failed, and gives control ids back to their senders', async (t) => {
    const house = await openHouse();
    t.after(() => house.leave());
    const sender = await openSender(house.port);
    await sender.send(admission({ controlId: 'COUNTER-1', visit: 'V1' }));
    await sender.send(admission({ controlId: 'FAILED' }));
    await sender.send(admission({ controlId: 'REFUSED', type: 'ORU^R01' }));
    await house.stopListening();
    await eventually(async () => (await house.messages()).every((each) => each.status !== 'received'));
    await house.database.query(`update ehr.messages set received_at = now() - interval '8 days'`);
    await house.database.query(`update ehr.messages set status = 'failed' where control_id = 'FAILED'`);
    await forgetSome(house, { keepDays: 90, controlIdDays: 7 });
    assert.equal((await house.messages()).length, 3);
    const intake = createIntake({ ...house, onStored: () => undefined });
    assert.equal((await intake.take({ bytes: Buffer.from('another'), judgement: { ...understood, sender: 'REGISTRATION|NORTH', controlId: 'COUNTER-1' } })).as, 'new');
    await forgetSome(house, { keepDays: 7, controlIdDays: 7 });
    assert.deepEqual((await house.messages()).map((each) => each.controlId), ['FAILED', 'COUNTER-1']);
    assert.deepEqual(await bodies(house), { kept: 2, referredTo: 2 });
  });
});

/** How many bodies are kept, and to how many of them a message refers. */
async function bodies({ database }: { database: Database }): Promise<{ kept: number; referredTo: number } | undefined> {
  const [counted] = await database.query<{ kept: number; referredTo: number }>('select count(*) as kept, count(m.body) as "referredTo" from chassis.payloads p left join ehr.messages m on m.body = p.reference');
  return counted;
}

describe('what messages say of patients', () => {
  test('appears in no answer, no event, no log line and no acknowledgement', async (t) => {
    const house = await openHouse();
    t.after(() => house.leave());
    const canaries = ['ZQXFAMILY', '19231231', 'ZQXSSN', 'ZQXNOTE'];
    const telling = (controlId: string, type = 'ADT^A01') => admission({ controlId, type, family: 'ZQXFAMILY' }).replace('19700101', '19231231').replace('100200^^^HOSP^MR', 'ZQXSSN^^^HOSP^SS') + 'NTE|1||ZQXNOTE\r';
    const sender = await openSender(house.port);
    await sender.send(telling('TELLING-1'));
    await sender.send(telling('TELLING-2', 'ORU^R01'));
    await sender.send(telling('TELLING-3').replace('19231231', '1923-ZQXNOTE'));
    await sender.send(telling('TELLING-4').replace('PID|', 'ZQXFAMILY|'));
    await sender.send(telling('TELLING-5').slice(20));
    sender.write(`\x0b${telling('TELLING-6').slice(0, 200)}`);
    sender.socket.end();
    await sender.closed();
    await house.stopListening();
    const listed = await house.messages();
    assert.equal(listed.length, 6);
    for (const each of listed) await house.operations.reprocessMessage({ messageId: each.messageId }, call);
    const shown = JSON.stringify([listed, await house.published(), sender.answers()]) + house.logged();
    for (const canary of canaries) assert.ok(!shown.includes(canary), `${canary} is shown`);
    const references = await house.database.query<{ body: string }>('select body from ehr.messages');
    const kept = [...(await house.payloads.getAll(house.database, references.map(({ body }) => body))).values()];
    assert.ok(kept.filter(({ body }) => body.includes('ZQXFAMILY')).length >= 5, 'while the messages themselves are kept');
  });
});
