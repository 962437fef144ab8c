import { setTimeout as sleep } from 'node:timers/promises';
import { inChild, startChild } from './child.ts';
import { benchDatabase, type BenchDatabase } from './database.ts';
import type { Answer, Measured, Task } from './events-process.ts';
import { startNatsServer, type NatsServer } from './nats-server.ts';
import { SUBJECTS, type SubjectName } from './peers/events/subjects.ts';
import { median, quantile, ratio, round, type BenchReport, type Subject } from './report.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
/** Published in each of two ways in each round, and consumed. */
const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 3_000);
/** Published one by one to those who wait for them. */
const SINGLE_EVENTS = 100;
const SETTLING_MS = 500;

/** Over how many business keys the facts are spread, and how many groups want each of them. */
const KINDS = [{ keys: 1, groups: 1 }, { keys: 8, groups: 1 }, { keys: 8, groups: 3 }] as const;

/** The kind for which single facts are followed too. */
const USUAL = 1;

type Figures = Extract<Answer, { said: 'measured' }> & { sortedMs: number[] };

/**
 * What it costs to publish a fact and to let each group of consumers write one row for it, and how long a fact takes from
 * one process to another while nothing else happens; beside a job queue and a broker that do the same, each in processes
 * of its own, on the same server, in turns.
 */
export async function events(): Promise<BenchReport> {
  const database = await benchDatabase();
  const found = new Map<SubjectName, Figures[][]>();
  const absent: string[] = [];
  try {
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      for (const [at, name] of (Object.keys(SUBJECTS) as SubjectName[]).entries()) {
        const rounds = await measureAll(name, database, `peer_${turn}_${at}`);
        if (rounds) found.set(name, [...(found.get(name) ?? []), rounds]);
        else if (turn === 0) absent.push(`${name} was not measured: there is no nats-server in the PATH`);
      }
    }
  } finally {
    await database.drop();
  }
  const subjects = [...found].map(([name, rounds]) => subjectOf(name, rounds));
  const [ours, ...peers] = subjects as [Subject, ...Subject[]];
  return {
    bench: 'events', subjects, ratios: peers.flatMap((peer) => COMPARED.map((metric) => ratio(metric, ours, peer))),
    notes: [
      ...absent,
      'PerSecond are facts, or deliveries of them to a group; CpuMs milliseconds of processor time for one, of process, database and broker; Writes transactions of the database for one',
      'publish: 15 publishers with one fact in a transaction; Alone: one publisher; Batched: 20 facts in a transaction. Keys are business keys, Groups those who want each fact',
      'idleP50Ms and idleP99Ms: from before it is published in one process to the handler in another, one every 25 ms',
      'callosum over NATS: the relay that tells the log to the broker runs in the publishing process and is part of its figures',
      'graphile-worker: a job for each fact and group; JetStream: pull consumers, 24 messages at once, in its default of files that are synced every two minutes; neither keeps the order of a key, nor takes a repeat once, and a broker is not part of the publisher\'s transaction',
      'pg-boss 12 is no subject: it cannot be installed, because a version of a package that it needs is missing from the registry',
    ],
  };
}

const COMPARED = ['publishPerSecond', 'publishBatchedPerSecond', 'publishCpuMs', 'consume8KeysPerSecond', 'consume8KeysCpuMs', 'consume8Keys3GroupsPerSecond', 'idleP50Ms'];

async function measureAll(subject: SubjectName, database: BenchDatabase, prefix: string): Promise<Figures[] | undefined> {
  const figures: Figures[] = [];
  for (const [at, kind] of KINDS.entries()) {
    const broker = SUBJECTS[subject].needsBroker ? await startNatsServer() : undefined;
    if (SUBJECTS[subject].needsBroker && !broker) return undefined;
    try {
      figures.push(await measure(subject, kind, await database.create(`${prefix}_${at}`), database.directory, { broker, timesSingle: at === USUAL }));
    } finally {
      await broker?.stop();
    }
  }
  return figures;
}

async function measure(subject: SubjectName, kind: (typeof KINDS)[number], url: string, directory: string, { broker, timesSingle }: { broker: NatsServer | undefined; timesSingle: boolean }): Promise<Figures> {
  const child = startChild<Task, Answer>('events-process.ts');
  const options = { url, brokerUrl: broker?.url ?? '', ...kind };
  try {
    const measured = await child.ask({ task: 'measure', subject, options, servers: { url, directory, broker: broker?.pid }, events: EVENTS }, 'measured');
    if (!timesSingle) return { ...measured, sortedMs: [] };
    await sleep(SETTLING_MS);
    await inChild<Task, Answer, 'trickled'>('events-process.ts', { task: 'trickle', subject, options, events: SINGLE_EVENTS }, 'trickled');
    const { sortedMs } = await child.ask({ task: 'latencies', events: SINGLE_EVENTS }, 'latencies');
    return { ...measured, sortedMs };
  } finally {
    await child.end();
  }
}

/** Middle values over the rounds. */
function subjectOf(name: SubjectName, rounds: readonly Figures[][]): Subject {
  const of = (at: number, which: (figures: Figures) => Measured) => {
    const all = rounds.map((figures) => which(figures[at]!));
    const each = (figure: (measured: Measured) => number) => round(median(all.map(figure)));
    return {
      perSecond: each(({ events: count, costs }) => count / costs.seconds),
      cpuMs: each(({ events: count, costs }) => (costs.nodeCpuMs + costs.serverCpuMs) / count),
      writes: each(({ events: count, costs }) => costs.writes / count),
    };
  };
  const latency = (share: number) => round(median(rounds.map((figures) => quantile(figures[USUAL]!.sortedMs, share))));
  const [alone, single, batched, threeGroups] = [of(USUAL, (all) => all.alone), of(USUAL, (all) => all.single), of(USUAL, (all) => all.batched), of(2, (all) => all.single)];
  const [oneKey, eightKeys, eightKeysThreeGroups] = [of(0, (all) => all.consumed), of(USUAL, (all) => all.consumed), of(2, (all) => all.consumed)];
  return {
    name,
    publishPerSecond: single.perSecond, publishCpuMs: single.cpuMs, publishWrites: single.writes, publishAlonePerSecond: alone.perSecond,
    publishBatchedPerSecond: batched.perSecond, publishBatchedCpuMs: batched.cpuMs, publish3GroupsPerSecond: threeGroups.perSecond,
    consume1KeyPerSecond: oneKey.perSecond, consume1KeyCpuMs: oneKey.cpuMs, consume8KeysPerSecond: eightKeys.perSecond, consume8KeysCpuMs: eightKeys.cpuMs, consume8KeysWrites: eightKeys.writes,
    consume8Keys3GroupsPerSecond: eightKeysThreeGroups.perSecond, consume8Keys3GroupsCpuMs: eightKeysThreeGroups.cpuMs,
    idleP50Ms: latency(0.5), idleP99Ms: latency(0.99), rssMb: median(rounds.map((figures) => figures[USUAL]!.rssMb)),
  };
}
