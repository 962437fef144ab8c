import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { frame } from '#formats/hl7v2/index.ts';
import { checkSection } from '#chassis/config/config.ts';
import { Writable } from 'node:stream';
import { createListener } from '../../../../system-apis/ehr/adapters/hl7-v2/listener.ts';
import { MllpSettings } from '../../../../system-apis/ehr/adapters/hl7-v2/settings.ts';
import type { TakeMessage, TakenMessage } from '../../../../system-apis/ehr/port.ts';
import { eventually } from '../../../support/eventually.ts';
import { openHouse } from './house.ts';
import { admission, openSender } from './sender.ts';

const quiet = createLog('test', 'debug', new Writable({ write: (_line, _encoding, done) => done() }));

/** A listener whose store is the test's own. */
async function listen(take: TakeMessage, settings: object = {}) {
  const listener = createListener(checkSection(MllpSettings, { port: 0, ...settings }, '', []), take, { log: quiet });
  await listener.start();
  return listener;
}

const taken: TakenMessage = { messageId: '4c7e2a10-0000-4000-8000-000000000001', receivedAt: new Date(0), acknowledgement: 'AA', as: 'new' };

describe('senders on many lines', () => {
  test('are all answered in order, and each of their messages is stored and told once in the order of its line', async (t) => {
    const house = await openHouse();
    t.after(() => house.leave());
    const lines = 50;
    const messages = 10;
    await Promise.all(Array.from({ length: lines }, async (_, line) => {
      const sender = await openSender(house.port);
      for (let turn = 0; turn < messages; turn += 1) {
        const answer = await sender.send(admission({ controlId: `L${line}-${turn}`, facility: `HOUSE${line}` }));
        assert.deepEqual([answer.code, answer.controlId], ['AA', `L${line}-${turn}`]);
      }
      sender.close();
    }));
    const told = await eventually(async () => { const all = await house.published('clinical-message.received.v1'); return all.length === lines * messages && all; });
    const turns = new Map<string, number[]>();
    for (const { data } of told) {
      const [line = '', turn = ''] = (data as { controlId: string }).controlId.split('-');
      turns.set(line, [...turns.get(line) ?? [], Number(turn)]);
    }
    assert.equal(turns.size, lines);
    for (const seen of turns.values()) assert.deepEqual(seen, Array.from({ length: messages }, (_, turn) => turn));
  });

  test('are refused beyond the number that is allowed', async (t) => {
    const listener = await listen(() => Promise.resolve(taken), { maxConnections: 2 });
    t.after(() => listener.stop());
    const senders = [await openSender(listener.port), await openSender(listener.port)];
    const third = await openSender(listener.port);
    await third.closed();
    for (const sender of senders) assert.equal((await sender.send(admission())).code, 'AA');
    for (const sender of senders) sender.close();
  });

  test('may not fill the memory together with what they never finish', async (t) => {
    const listener = await listen(() => Promise.resolve(taken), { maxUnfinishedBytes: 100_000 });
    t.after(() => listener.stop());
    const senders = await Promise.all(Array.from({ length: 4 }, () => openSender(listener.port)));
    for (const sender of senders) sender.write(`\x0b${'x'.repeat(40_000)}`);
    const left = await eventually(() => { const open = senders.filter((each) => !each.socket.destroyed && !each.socket.readableEnded); return open.length < senders.length && open; });
    assert.ok(left.length >= 2);
    for (const sender of senders) sender.close();
  });
});

describe('a sender that does not behave', () => {
  test('is cut off when its message does not end in time, however steadily it trickles', async (t) => {
    const stored: string[] = [];
    const listener = await listen(({ judgement }) => { stored.push(judgement.problem ?? ''); return Promise.resolve(taken); }, { messageMs: 150 });
    t.after(() => listener.stop());
    const sender = await openSender(listener.port);
    sender.write(`\x0b${admission().slice(0, 60)}`);
    const trickle = setInterval(() => sender.write('x'), 20);
    await sender.closed();
    clearInterval(trickle);
    await eventually(() => stored.length === 1);
    assert.match(stored[0]!, /no end/);
  });

  test('is cut off when nothing happens for too long', async (t) => {
    const listener = await listen(() => Promise.resolve(taken), { idleMs: 150 });
    t.after(() => listener.stop());
    const sender = await openSender(listener.port);
    assert.equal((await sender.send(admission())).code, 'AA');
    await sender.closed();
  });

  test('is cut off when it never reads its answers', async (t) => {
    const listener = await listen(() => Promise.resolve(taken));
    t.after(() => listener.stop());
    const socket = connect({ port: listener.port, host: '127.0.0.1' });
    await new Promise((resolve) => { socket.once('connect', resolve); });
    socket.on('error', () => undefined);
    socket.pause();
    // The answer repeats who sent the message, so that a long name fills the line with long answers.
    const block = frame(admission().replace('REGISTRATION', 'R'.repeat(20_000)));
    const closed = new Promise((resolve) => { socket.once('close', resolve); });
    const filling = setInterval(() => { while (!socket.destroyed && socket.writableLength < 1_000_000) socket.write(block); }, 1);
    await closed;
    clearInterval(filling);
  });

  test('is answered to the end when it only stops sending', async (t) => {
    let release: (() => void) | undefined;
    const listener = await listen(() => new Promise((resolve) => { release = () => resolve(taken); }));
    t.after(() => listener.stop());
    const sender = await openSender(listener.port);
    sender.write(frame(admission({ controlId: 'LAST' })));
    sender.socket.end();
    await eventually(() => release);
    release!();
    assert.equal((await sender.answer()).controlId, 'LAST');
    await sender.closed();
  });

  test('is read no further while too much of what it sent is unanswered', async (t) => {
    const waiting: (() => void)[] = [];
    const listener = await listen(() => new Promise((resolve) => { waiting.push(() => resolve(taken)); }));
    t.after(() => listener.stop());
    const sender = await openSender(listener.port);
    const block = frame(admission({ family: 'x'.repeat(100_000) }));
    for (let turn = 0; turn < 400; turn += 1) sender.write(block);
    await eventually(() => waiting.length > 0 && sender.socket.writableLength > 1_000_000);
    assert.ok(waiting.length < 32, `${waiting.length} messages were taken before any was answered`);
    sender.close();
    for (const resume of waiting) resume();
  });
});

describe('a message that cannot be stored', () => {
  test('is not answered at all: its sender keeps it', async (t) => {
    const listener = await listen(() => Promise.reject(new ApiError('unavailable', 'The database is not available at the moment.', { code: 'database-unavailable' })));
    t.after(() => listener.stop());
    const sender = await openSender(listener.port);
    await assert.rejects(sender.send(admission()), /closed/);
    assert.deepEqual(sender.answers(), []);
  });
});

describe('stopping', () => {
  test('waits for what was received to be stored and answered, and takes no more', async () => {
    let release: (() => void) | undefined;
    const listener = await listen(() => new Promise((resolve) => { release = () => resolve(taken); }));
    const sender = await openSender(listener.port);
    sender.write(frame(admission({ controlId: 'ON-ITS-WAY' })));
    await eventually(() => release);
    const stopped = listener.stop();
    release!();
    assert.equal((await sender.answer()).controlId, 'ON-ITS-WAY');
    await sender.closed();
    await stopped;
    await assert.rejects(openSender(listener.port), { code: 'ECONNREFUSED' });
  });
});
