import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import pg from 'pg';
import { buildAcknowledgment, decodeMessage, frame, MllpDecoder, parseMessage, type AcknowledgmentCode } from '#formats/hl7v2/index.ts';
import { hl7Books } from '../../../sandbox/ehr/books.ts';
import { hl7Message } from '../../../sandbox/ehr/day/hl7-sendings.ts';
import { startHl7Feed, type Hl7Feed, type Hl7Outgoing } from '../../../sandbox/ehr/hl7-feed.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

/** What the receiver does with the nth message it gets. */
type Behaviour = (socket: Socket, text: string, nth: number) => void;

const acknowledge = (socket: Socket, text: string, code: AcknowledgmentCode) =>
  socket.write(frame(buildAcknowledgment({ received: parseMessage(text), code, controlId: 'ACK1', at: new Date() })));

function outgoing(id: string, source = 'edge/adt-a01-basic.hl7'): Hl7Outgoing {
  const controlId = id.toUpperCase();
  return { id, source, controlId, bytes: hl7Message({ source, controlId }) };
}

describe('the HL7 v2 feed of the simulated EHR', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let server: Server;
  let feed: Hl7Feed | undefined;
  let behave: Behaviour;
  let received: string[];
  const sockets = new Set<Socket>();

  before(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url });
    server = createServer((socket) => {
      sockets.add(socket.on('error', () => socket.destroy()));
      const decoder = new MllpDecoder();
      socket.on('data', (chunk) => {
        for (const event of decoder.feed(chunk)) {
          if (event.kind !== 'frame') continue;
          const { text } = decodeMessage(event.payload);
          received.push(parseMessage(text).get('MSH-10') ?? '');
          behave(socket, text, received.length);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await feed?.close();
    await pool.query('truncate ehr.hl7_sent');
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await pool.end();
    await database.drop();
  });

  async function start(behaviour: Behaviour, mostAttempts?: number): Promise<Hl7Feed> {
    behave = behaviour;
    received = [];
    feed = await startHl7Feed({ databaseUrl: database.url, host: '127.0.0.1', port: (server.address() as AddressInfo).port, acknowledgeWithinMs: 100, retryAfterMs: 1, mostAttempts });
    return feed;
  }

  test('sends messages in order, one at a time, and keeps the answers', async () => {
    const started = await start((socket, text) => acknowledge(socket, text, 'AA'));
    for (const id of ['m1', 'm2', 'm3']) await started.queue(outgoing(id));
    await started.queue(outgoing('m2'));
    const outcomes = await started.sendWaiting();
    assert.deepEqual(outcomes.map((each) => `${each.id} ${each.state} ${each.acknowledgmentCode}`), ['m1 accepted AA', 'm2 accepted AA', 'm3 accepted AA']);
    assert.deepEqual(received, ['M1', 'M2', 'M3']);
    assert.deepEqual(await hl7Books(pool), { sent: 3, accepted: 3, refused: 0, waiting: 0, attempts: 3 });
    assert.deepEqual(await started.sendWaiting(), []);
  });

  test('sends the same control id again after silence and after a lost connection', async () => {
    const started = await start((socket, text, nth) => {
      if (nth === 2) socket.destroy();
      if (nth > 2) acknowledge(socket, text, 'AA');
    });
    await started.queue(outgoing('m1'));
    const [outcome] = await started.sendWaiting();
    assert.equal(outcome?.attempts, 3);
    assert.deepEqual(received, ['M1', 'M1', 'M1']);
  });

  for (const code of ['AE', 'AR'] as const) {
    test(`stops at ${code}, records it and goes on with the next message`, async () => {
      const started = await start((socket, text, nth) => acknowledge(socket, text, nth === 1 ? code : 'AA'));
      await started.queue(outgoing('m1'));
      await started.queue(outgoing('m2'));
      assert.deepEqual((await started.sendWaiting()).map((each) => each.state), ['refused', 'accepted']);
      const { rows } = await pool.query<{ ack_code: string }>('select ack_code from ehr.hl7_sent order by place');
      assert.deepEqual(rows.map((row) => row.ack_code), [code, 'AA']);
    });
  }

  test('passes over the answer to another message and takes its own', async () => {
    const started = await start((socket, text) => {
      acknowledge(socket, text.replace('M1', 'EARLIER'), 'AE');
      acknowledge(socket, text, 'AA');
    });
    await started.queue(outgoing('m1'));
    assert.equal((await started.sendWaiting())[0]?.state, 'accepted');
  });

  test('leaves a message waiting when nobody answers, and a feed started later delivers it', async () => {
    const silent = await start((socket) => socket.destroy(), 2);
    await silent.queue(outgoing('m1'));
    assert.equal((await silent.sendWaiting())[0]?.state, 'waiting');
    await silent.close();
    const later = await start((socket, text) => acknowledge(socket, text, 'AA'));
    const [outcome] = await later.sendWaiting();
    assert.deepEqual(outcome, { id: 'm1', state: 'accepted', acknowledgmentCode: 'AA', attempts: 3 });
  });

  test('treats an answer that is no acknowledgment as none', async () => {
    const started = await start((socket, text, nth) => (nth === 1 ? socket.write(frame(text)) : acknowledge(socket, text, 'AA')));
    await started.queue(outgoing('m1'));
    assert.equal((await started.sendWaiting())[0]?.attempts, 2);
  });
});
