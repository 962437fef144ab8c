import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { readByPerson, SHOWN_PURPOSE } from '#chassis/payloads/read-by-person.ts';
import { openStore, type Store } from './store.ts';

describe('what a person may read of the bodies that are kept', () => {
  let store: Store;
  before(async () => {
    store = await openStore();
    await store.database.query('create table chassis.vendor_calls_of_test partition of chassis.vendor_calls default');
  });
  after(() => store.leave());

  const put = (purpose = SHOWN_PURPOSE) => store.payloads.put(store.database, { body: 'what was said', mediaType: 'text/plain', purpose });
  const read = (reference: string, facilities: string[], by = 'ivan') => readByPerson(store, reference, { by, reason: `${by} asks why`, facilities });

  /** A move of a life at this facility; of no life when absent. */
  async function moveAt(facility: string | null | undefined, failure: object | null = null): Promise<string> {
    const life = facility === undefined ? null : randomUUID();
    if (life) {
      await store.database.query(
        `insert into chassis.lives (id, process, version, status, state, snapshot, facility, correlation_id, traceparent) values ($1, 'trips', 1, 'active', 'away', '{}', $2, 'c', 't')`, [life, facility]);
    }
    const move = randomUUID();
    await store.database.query(
      `insert into chassis.moves (id, process, life_id, name, input, status, failure, correlation_id, traceparent) values ($1, 'trips', $2, 'travel', '{}', 'failed', $3, 'c', 't')`, [move, life, failure && JSON.stringify(failure)]);
    return move;
  }
  const noteCall = (move: string | null, evidence: string) => store.database.query(
    `insert into chassis.vendor_calls (id, at, service, adapter, route, outcome, ms, move_id, correlation_id, evidence) values (gen_random_uuid(), now(), 's', 'a', 'GET /', 'unavailable', 1, $1, 'c', $2)`, [move, evidence]);

  test('is what their facilities did, and what belongs to none', async () => {
    for (const [facility, isSeen] of [['EAST', true], ['MAIN', false], [null, true], [undefined, true]] as const) {
      const reference = await put();
      await noteCall(await moveAt(facility), reference);
      if (isSeen) assert.equal((await read(reference, ['EAST', 'WEST'])).body.toString(), 'what was said');
      else await assert.rejects(read(reference, ['EAST', 'WEST']), { kind: 'not-found' });
      assert.equal((await read(reference, [])).body.toString(), 'what was said');
    }
  });

  test('is known from the move or the event that failed as well, and is of no facility otherwise', async () => {
    const [failed, told, beside] = [await put(), await put(), await put()];
    await store.database.query(
      `insert into chassis.troubled_events (consumer, event_id, xid, seq, type, source, subject, facility, data, correlation_id, traceparent, keys, at, attempts, status, next_at, failure)
       values ('g', gen_random_uuid(), '1', 1, 't', 's', 'x', 'MAIN', '{}', 'c', 't', '{}', now(), 1, 'dead', now(), $1)`, [JSON.stringify({ kind: 'refused', evidence: told })]);
    assert.equal((await read(told, ['MAIN'])).body.toString(), 'what was said');
    await assert.rejects(read(told, ['EAST']), { kind: 'not-found' });
    await moveAt('MAIN', { kind: 'upstream-broken', evidence: failed });
    assert.equal((await read(failed, ['MAIN'])).body.toString(), 'what was said');
    await assert.rejects(read(failed, ['EAST']), { kind: 'not-found' });
    await noteCall(null, beside);
    await assert.rejects(read(beside, ['MAIN']), { kind: 'not-found' });
  });

  test('is told to the next with who read it before and why, the latest first', async () => {
    const reference = await put();
    assert.deepEqual((await read(reference, [], 'ivan')).readings, []);
    await read(reference, [], 'olga');
    assert.deepEqual((await read(reference, [], 'ivan')).readings.map(({ by, reason }) => [by, reason]), [['olga', 'olga asks why'], ['ivan', 'ivan asks why']]);
  });

  test('is nothing of what was kept for an API, and nobody read what they did not see', async () => {
    const [message, ofMain] = [await put('received-message'), await put()];
    await noteCall(await moveAt('MAIN'), ofMain);
    await assert.rejects(read(message, []), { kind: 'not-found' });
    await assert.rejects(read(ofMain, ['EAST']), { kind: 'not-found' });
    assert.deepEqual(await store.database.query('select 1 from chassis.payload_readings where reference = any($1)', [[message, ofMain]]), []);
  });
});
