import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import type { TSchema } from '@sinclair/typebox';

import { checkSection } from '#chassis/config/config.ts';
import { happeningIn, kindOf, replay, type Happening, type MeantDifference } from '#chassis/lifecycle/corpus.ts';
import type { LifeDefinition, LifeEvent, StoredSnapshot } from '#chassis/lifecycle/life.ts';
import type { Database } from '#chassis/storage/database.ts';
import { definitionOf as consumptionToReplenishment } from '../process-apis/consumption-to-replenishment/definition.ts';
import { Settings } from '../process-apis/consumption-to-replenishment/settings.ts';
import { definitionOf as hireToRetire } from '../process-apis/hire-to-retire/definition.ts';
import { Settings as HireSettings } from '../process-apis/hire-to-retire/settings.ts';
import { definitionOf as procureToPay } from '../process-apis/procure-to-pay/definition.ts';
import { Policy } from '../process-apis/procure-to-pay/policy.ts';

/**
 * `node commands/replay-lives.ts --check`: what happened to lives of every released version happens to them today, as the
 * folder `released` of each process has it; or says by process, version, state and event what differs.
 * `node commands/replay-lives.ts --record`: adds what is new in runs of the tests to the corpus of the present version,
 * which is thereby released. What stands there is never changed. `--from <folder>` takes what tests have noted there that
 * ran with CALLOSUM_RECORD_LIVES=<folder>, and runs none.
 */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, record: { type: 'boolean', default: false }, from: { type: 'string' } } });

const root = resolve(import.meta.dirname, '..');
const NOW = new Date('2026-11-20T10:00:00Z');

interface Process {
  settings: TSchema;
  definitionOf: (settings: never) => unknown;
  /** Tests that lead its lives everywhere in the chart, and on the platform. */
  tests: readonly string[];
}

// A life is replayed without anything behind it.
const outside = { systems: {} as never, database: {} as Database, clock: { now: () => NOW } };
const PROCESSES: Record<string, Process> = {
  'procure-to-pay': { settings: Policy, definitionOf: (policy: Policy) => procureToPay({ ...outside, policy }), tests: ['lifecycle', 'straight-path', 'approving', 'exceptions'] },
  'consumption-to-replenishment': { settings: Settings, definitionOf: (settings: Settings) => consumptionToReplenishment({ ...outside, settings }), tests: ['lifecycle', 'uses'] },
  'hire-to-retire': { settings: HireSettings, definitionOf: (settings: HireSettings) => hireToRetire({ ...outside, settings }), tests: ['lifecycle', 'people'] },
};

interface Corpus {
  version: number;
  /** Under which it happened. */
  settings: unknown;
  happenings: Happening[];
}

const folderOf = (process: string) => join(root, 'process-apis', process, 'released');
const fileOf = (process: string, version: number) => join(folderOf(process), `v${version}.jsonl`);

async function readReleased(process: string): Promise<Corpus[]> {
  if (!existsSync(folderOf(process))) return [];
  const versions = (await readdir(folderOf(process))).flatMap((name) => /^v(\d+)\.jsonl$/.exec(name)?.[1] ?? []).map(Number).toSorted((left, right) => left - right);
  return Promise.all(versions.map(async (version) => {
    const [head, ...lines] = (await readFile(fileOf(process, version), 'utf8')).trimEnd().split('\n');
    return { version, settings: (JSON.parse(head!) as { settings: unknown }).settings, happenings: lines.map((line) => JSON.parse(line) as Happening) };
  }));
}

async function readMeant(process: string): Promise<MeantDifference[]> {
  const file = join(folderOf(process), 'meant-differences.json');
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) as MeantDifference[] : [];
}

function definitionIn(process: string, settings: unknown): LifeDefinition<unknown> {
  const mistakes: string[] = [];
  const checked = checkSection(PROCESSES[process]!.settings, settings, `${process}: settings of the corpus`, mistakes);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  return PROCESSES[process]!.definitionOf(checked as never) as LifeDefinition<unknown>;
}

/** Everything that differs from what was released and was not meant, and what was meant and does not differ. */
async function check(process: string): Promise<{ problems: string[]; replayed: number }> {
  const released = await readReleased(process);
  const meant = (await readMeant(process)).map((difference) => ({ ...difference, seen: false }));
  const problems: string[] = [];
  let present = 0;
  for (const { version, settings, happenings } of released) {
    const definition = definitionIn(process, settings);
    present = definition.version;
    if (version > present) problems.push(`${process} version ${version} is released, and the chart says that it is ${present}`);
    else for (const happening of happenings) problems.push(...differencesOf(process, definition, version, happening, meant));
  }
  if (released.at(-1)?.version !== present || released.length === 0) problems.push(`${process}: the present version is not released; release it with node commands/replay-lives.ts --record`);
  problems.push(...meant.filter(({ seen }) => !seen).map(({ version, was, now }) => `${process} version ${version}: that ${was ?? 'nothing'} is now ${now ?? 'nothing'} was meant, and is not so`));
  return { problems, replayed: released.reduce((sum, { happenings }) => sum + happenings.length, 0) };
}

function differencesOf(process: string, definition: LifeDefinition<unknown>, version: number, happening: Happening, meant: (MeantDifference & { seen: boolean })[]): string[] {
  const isMeant = (was: string | null, now: string | null) => {
    const found = meant.find((each) => each.version === version && each.was === was && each.now === now && (each.state ?? happening.state) === happening.state && (each.event ?? happening.event.type) === happening.event.type);
    if (found) found.seen = true;
    return found !== undefined;
  };
  return replay(definition, version, happening, NOW).filter(({ was, now }) => !isMeant(was, now))
    .map(({ what, was, now }) => `${process} version ${version}, in ${happening.state} on ${happening.event.type}: ${what}: was ${was ?? 'nothing'}, is ${now ?? 'nothing'}`);
}

/** Runs the tests that lead lives, with a folder into which they write what happens to them. */
async function record(given: string | undefined): Promise<void> {
  if (given) {
    for (const process of Object.keys(PROCESSES)) await addToCorpus(process, given);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'callosum-lives-'));
  try {
    await run(['commands/test.ts', ...Object.entries(PROCESSES).flatMap(([process, { tests }]) => tests.map((name) => `process-apis/${process}/${name}.test.ts`))], { CALLOSUM_RECORD_LIVES: folder });
    for (const process of Object.keys(PROCESSES)) await addToCorpus(process, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function addToCorpus(process: string, folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.startsWith(`${process}.`));
  const lines = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).flatMap((text) => text.trimEnd().split('\n'));
  const settings = JSON.parse(await readFile(join(folder, `settings.${process}.json`), 'utf8')) as unknown;
  const definition = definitionIn(process, settings);
  const known = (await readReleased(process)).find(({ version }) => version === definition.version) ?? { version: definition.version, settings, happenings: [] };
  const kinds = new Map(known.happenings.map((happening) => [kindOf(happening), happening]));
  const seen = lines.map((line) => JSON.parse(line, withoutPeople) as { snapshot: StoredSnapshot; event: LifeEvent });
  // The shortest life tells it best, and the same one in every recording.
  const ordered = seen.map((each) => ({ ...each, text: JSON.stringify(each) })).toSorted((left, right) => left.text.length - right.text.length || (left.text < right.text ? -1 : 1));
  for (const { snapshot, event } of ordered) {
    const happening = happeningIn(definition, snapshot, event, NOW);
    if (happening && !kinds.has(kindOf(happening))) kinds.set(kindOf(happening), happening);
  }
  const added = [...kinds.values()].slice(known.happenings.length);
  await mkdir(folderOf(process), { recursive: true });
  const sorted = [...known.happenings, ...added].toSorted((left, right) => (kindOf(left) < kindOf(right) ? -1 : 1));
  await writeFile(fileOf(process, known.version), `${[{ process, version: known.version, settings: known.settings }, ...sorted].map((each) => JSON.stringify(each)).join('\n')}\n`);
  console.log(`${process} version ${known.version}: ${added.length} more, ${sorted.length} in all`);
}

/** Who decided is of no matter to a chart, and nobody's name belongs into a released file. */
function withoutPeople(key: string, value: unknown): unknown {
  const isName = ['by', 'inPlaceOf', 'requester'].includes(key) && typeof value === 'string' && !['policy', 'time-limit', 'replenishment'].includes(value);
  return isName ? 'somebody' : value;
}

function run(args: string[], env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => { if (code === 0) done(); else fail(new Error(`the tests ended with ${code}: what fails is not recorded`)); });
  });
}

const checkAll = async () => {
  const outcomes = await Promise.all(Object.keys(PROCESSES).map(check));
  return { problems: outcomes.flatMap(({ problems }) => problems), replayed: outcomes.reduce((sum, { replayed }) => sum + replayed, 0) };
};

if (values.record) await record(values.from);
const { problems, replayed } = await checkAll();
if (problems.length > 0) {
  const shown = problems.slice(0, 40);
  console.error(`${shown.join('\n')}${problems.length > shown.length ? `\nand ${problems.length - shown.length} more` : ''}`);
  process.exitCode = 1;
} else {
  console.log(`All that happened to lives of released versions happens to them today: ${replayed}.`);
}
