import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { frame } from '#formats/hl7v2/index.ts';
import { eventually } from '../../../support/eventually.ts';
import { openHouse, type House } from './house.ts';
import { admission, openSender, type Sender } from './sender.ts';

describe('a message that comes over the line', () => {
  let house: House;
  let sender: Sender;
  before(async () => {
    house = await openHouse();
    sender = await openSender(house.port);
  });
  after(async () => {
    sender.close();
    await house.leave();
  });

  test('is stored, accepted under its control id, and told to the platform with its visit', async () => {
    const answer = await sender.send(admission({ controlId: 'FIRST', visit: 'V-77' }));
    assert.equal(answer.code, 'AA');
    assert.equal(answer.controlId, 'FIRST');
    const [kept] = await house.messages();
    assert.deepEqual({ ...kept, messageId: undefined, receivedAt: undefined, status: undefined }, {
      controlId: 'FIRST', messageType: 'ADT^A01', version: '2.5.1', sender: 'REGISTRATION|NORTH', acknowledgement: 'AA', duplicates: 0,
      messageId: undefined, receivedAt: undefined, status: undefined,
    });
    const [event] = await eventually(async () => { const told = await house.published('clinical-message.received.v1'); return told.length === 1 && told; });
    assert.equal(event?.type, 'clinical-message.received.v1');
    assert.equal(event?.subject, 'V-77');
    assert.equal(event?.facility, 'MAIN');
    assert.deepEqual(event?.data, {
      messageId: kept?.messageId, messageType: 'ADT^A01', controlId: 'FIRST', receivedAt: kept?.receivedAt, encounterId: 'V-77', sender: 'REGISTRATION|NORTH',
    });
    await eventually(async () => (await house.messages())[0]?.status === 'processed');
  });

  test('is answered by the same bytes when it comes again, and is told once', async () => {
    const message = admission({ controlId: 'AGAIN' });
    await sender.send(message);
    const told = (await eventually(async () => { const all = await house.published('clinical-message.received.v1'); return all.length === 2 && all; })).length;
    await sender.send(message);
    const other = await openSender(house.port);
    await other.send(message);
    assert.equal(other.answers().at(-1), sender.answers().at(-1));
    assert.equal(sender.answers().at(-2), sender.answers().at(-1));
    other.close();
    const kept = (await house.messages()).filter((each) => each.controlId === 'AGAIN');
    assert.deepEqual(kept.map((each) => each.duplicates), [2]);
    assert.equal((await house.published('clinical-message.received.v1')).length, told);
  });

  test('is an error when its control id was accepted with another content, however often it comes', async () => {
    await sender.send(admission({ controlId: 'REUSED', visit: 'V-1' }));
    for (const duplicates of [0, 1]) {
      const answer = await sender.send(admission({ controlId: 'REUSED', visit: 'V-2' }));
      assert.equal(answer.code, 'AE');
      assert.deepEqual(answer.errors.map((each) => [each.code, each.location]), [['205', { segment: 'MSH', sequence: 1, field: 10, repetition: 1 }]]);
      const [, contradicting] = (await house.messages()).filter((each) => each.controlId === 'REUSED');
      assert.deepEqual([contradicting?.status, contradicting?.duplicates], ['rejected', duplicates]);
    }
    assert.equal((await sender.send(admission({ controlId: 'REUSED', visit: 'V-1' }))).code, 'AA');
  });

  test('may be mended and sent under the control id of the refused one', async () => {
    const broken = admission({ controlId: 'MENDED' }).replace('100200^^^HOSP^MR', '');
    const refusal = await sender.send(broken);
    assert.equal(refusal.code, 'AE');
    assert.deepEqual(refusal.errors.map((each) => [each.code, each.location?.segment, each.location?.field]), [['101', 'PID', 3]]);
    assert.equal((await sender.send(admission({ controlId: 'MENDED' }))).code, 'AA');
  });

  test('is told apart from one of another sender with the same control id', async () => {
    assert.equal((await sender.send(admission({ controlId: 'SHARED', facility: 'NORTH' }))).code, 'AA');
    assert.equal((await sender.send(admission({ controlId: 'SHARED', facility: 'SOUTH' }))).code, 'AA');
  });

  test('is answered in its turn when many come in one write', async () => {
    const ids = Array.from({ length: 120 }, (_, index) => `TURN${index}`);
    const line = await openSender(house.port);
    line.write(Buffer.concat(ids.map((controlId) => frame(admission({ controlId })))));
    const answered: (string | undefined)[] = [];
    while (answered.length < ids.length) answered.push((await line.answer()).controlId);
    assert.deepEqual(answered, ids);
    const told = await eventually(async () => {
      const all = (await house.published('clinical-message.received.v1')).map((each) => (each.data as { controlId: string }).controlId).filter((each) => each.startsWith('TURN'));
      return all.length === ids.length && all;
    });
    assert.deepEqual(told, ids);
    line.close();
  });
});
