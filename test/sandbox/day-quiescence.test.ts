import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type pg from 'pg';
import { Refusal, type Portal } from '../../sandbox/day/portal.ts';
import { untilQuiet, type QuiescenceOptions } from '../../sandbox/day/quiescence.ts';

/** Books in which nothing changes and nothing is on its way. */
const still = { query: async () => ({ rows: [{ signature: 'the same', quiet: true }] }) } as unknown as pg.Pool;
const broken = { query: async () => { throw new Error('the database is away'); } } as unknown as pg.Pool;

function portal(ask: () => never): Portal {
  return { username: 'somebody', ask: async () => ask() };
}

function waiting(options: Partial<QuiescenceOptions> & { page: () => never }): { rest: Promise<unknown>; said: string[]; over: AbortController } {
  const said: string[] = [];
  const over = new AbortController();
  const staff = portal(options.page);
  const rest = untilQuiet({
    database: still, buyer: staff, analyst: staff, isAllSent: () => true, stillMs: 60_000, limitMs: 600_000, signal: over.signal,
    say(line) {
      said.push(line);
      over.abort(new Error('the test has heard enough'));
    },
    ...options,
  });
  return { rest, said, over };
}

describe('the end of a day', () => {
  test('is not waited for when the platform refuses to show what is unfinished', async () => {
    const { rest, said } = waiting({ page() { throw new Refusal('missing-scope', 403, 'Not for you.'); } });
    await assert.rejects(rest, { name: 'Refusal', code: 'missing-scope' });
    assert.deepEqual(said, []);
  });

  test('that cannot be seen because a page fails is told', async () => {
    const { rest, said } = waiting({ page() { throw new Error('503 unavailable'); } });
    await assert.rejects(rest, { name: 'AbortError' });
    assert.deepEqual(said, ['the end of the day cannot be seen: 503 unavailable']);
  });

  test('that cannot be seen because the books cannot be read is told', async () => {
    const { rest, said } = waiting({ database: broken, page() { throw new Error('nobody asks'); } });
    await assert.rejects(rest);
    assert.deepEqual(said, ['the end of the day cannot be seen: the database is away']);
  });

  test('fails when its limit has passed and the day was stopped, with what stood in the way', async () => {
    const { rest, over } = waiting({
      limitMs: -1,
      page() {
        over.abort();
        throw new Error('503 unavailable');
      },
    });
    await assert.rejects(rest, /503 unavailable/);
  });
});
