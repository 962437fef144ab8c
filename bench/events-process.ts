import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { carryOut } from './child.ts';
import { costsOf, startMeter, type Costs, type Servers } from './costs.ts';
import { HANDLED, nowMicros, type EventsPeer, type EventsPeerOptions } from './peers/events/peer.ts';
import { SUBJECTS, type SubjectName } from './peers/events/subjects.ts';

/** What the benchmark asks of its child processes, and what they answer. */
export type Task =
  | { task: 'measure'; subject: SubjectName; options: EventsPeerOptions; servers: Servers; events: number }
  | { task: 'trickle'; subject: SubjectName; options: EventsPeerOptions; events: number }
  | { task: 'latencies'; events: number };
export type Answer =
  | { said: 'measured'; alone: Measured; single: Measured; batched: Measured; consumed: Measured; rssMb: number }
  | { said: 'trickled' }
  | { said: 'latencies'; sortedMs: number[] };

export interface Measured {
  events: number;
  costs: Costs;
}

/** Publishers at once, and how many facts they put into one transaction where they put several. */
const AT_ONCE = 15;
const BATCH = 20;
/** Between single facts, so that everything is at rest before the next. */
const PAUSE_MS = 25;

let peer: EventsPeer | undefined;
let subscription: { stop(): Promise<void> } | undefined;
let rows: pg.Pool | undefined;
let heard = 0;
let latenciesMs: number[] = [];

carryOut<Task, Answer>(async (task) => {
  if (task.task === 'measure') return measure(task);
  if (task.task === 'trickle') return trickle(task);
  await until(() => latenciesMs.length >= task.events);
  return { said: 'latencies', sortedMs: latenciesMs.toSorted((left, right) => left - right) };
}, async () => {
  await subscription?.stop();
  await peer?.close();
  await rows?.end();
});

async function measure({ subject, options, servers, events }: Extract<Task, { task: 'measure' }>): Promise<Answer> {
  rows = new pg.Pool({ connectionString: options.url, max: 1 });
  await rows.query(HANDLED);
  const { open, writesRows } = SUBJECTS[subject];
  peer = await (await open())(options);
  const opened = peer;
  const publish = async (count: number, batch: number, atOnce: number): Promise<Measured> => ({ events: count, costs: await costsOf(servers, () => opened.publish(count, { batch, atOnce })) });
  let published = 0;
  const consume = async (count: number): Promise<Measured> => {
    published += count * options.groups;
    // From the first on: what it takes to start a process is none of it.
    let end: (() => Promise<Costs>) | undefined;
    subscription = await opened.subscribe((group, { publishedAt }) => {
      end ??= startMeter(servers);
      heard += 1;
      if (group === 0) latenciesMs.push((nowMicros() - publishedAt) / 1_000);
    });
    await until(() => heard >= published);
    if (writesRows) await rowsAre(published);
    return { events: count * options.groups, costs: await end!() };
  };

  const few = Math.ceil(events / 10);
  await publish(few, 1, AT_ONCE);
  await consume(few);
  await subscription!.stop();
  const alone = await publish(few, 1, 1);
  const single = await publish(events, 1, AT_ONCE);
  const batched = await publish(events, BATCH, AT_ONCE);
  const consumed = await consume(few + events * 2);
  latenciesMs = [];
  return { said: 'measured', alone, single, batched, consumed, rssMb: Math.round(process.memoryUsage.rss() / 1_048_576) };
}

/** From a process of its own: what is published here is to be heard elsewhere. */
async function trickle({ subject, options, events }: Extract<Task, { task: 'trickle' }>): Promise<Answer> {
  peer = await (await SUBJECTS[subject].open())(options);
  for (let event = 0; event < events; event += 1) {
    await peer.publish(1, { batch: 1, atOnce: 1 });
    await sleep(PAUSE_MS);
  }
  return { said: 'trickled' };
}

/** Once each, and committed. */
async function rowsAre(expected: number): Promise<void> {
  for (;;) {
    const count = (await rows!.query<{ count: number }>('select count(*)::int as count from handled')).rows[0]!.count;
    if (count > expected) throw new Error(`${count} rows were written for ${expected} deliveries`);
    if (count === expected) return;
    await sleep(5);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2);
}
