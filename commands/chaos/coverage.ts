import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import path from 'node:path';
import { claimOf, LIST, PLACES, UNLISTED, type Armament } from '#chassis/faults/fault-points.ts';
import { transitionsOf } from '#chassis/faults/transition-points.ts';
import { charts } from '../charts.ts';
import { projectRoot } from '../platform/places.ts';
import { stepsOfMoves } from './steps-of-moves.ts';

/** One fault point at one place. */
export interface Cell {
  name: string;
  isHit: boolean;
}

/** The table of everything at which a process has to die once. */
export interface Coverage {
  /** Where armed processes find the table and leave their marks. */
  folder: string;
  cells(): Cell[];
  /** From now on nobody dies at a fault point. */
  disarm(): Promise<void>;
  /** Names of fault points that are not hit at every place. */
  open(): string[];
  /** Points that processes have passed and the table does not have: its list would be wrong. */
  unlisted(): Promise<string[]>;
}

/** From its start, most of which is loading. */
const LIVES_FOR_MS = 2_200;

/** The processes that a day leads everywhere. In a day without staff nobody is hired. */
const LED = ['procure-to-pay', 'consumption-to-replenishment'];

/** Every transition of their charts and every step of their moves: from the code, and not from what happened to be visited. */
export async function allPoints(): Promise<string[]> {
  const transitions = LED.flatMap((name) => transitionsOf(charts[name]!.process, charts[name]!.machine));
  const points = [...transitions, ...await stepsOfMoves(path.join(projectRoot, 'process-apis'), LED)];
  const twice = points.filter((name, index) => points.indexOf(name) !== index);
  if (twice.length > 0) throw new Error(`Fault points cannot be told apart: ${[...new Set(twice)].join('; ')}`);
  return points;
}

/** @param wanted only points whose name contains one of these; all of them when there is none */
export async function openCoverage(folder: string, wanted: readonly string[]): Promise<Coverage> {
  const all = await allPoints();
  const points = wanted.length === 0 ? all : all.filter((name) => wanted.some((part) => name.includes(part)));
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, LIST), JSON.stringify({ points: all, afterMs: LIVES_FOR_MS } satisfies Armament));
  const indices = points.map((name) => ({ name, index: all.indexOf(name) }));
  // Nobody dies where somebody has died before: points that are not wanted are claimed beforehand.
  const claim = (names: readonly string[]) => Promise.all(names.flatMap((name) => PLACES.map((place) => writeFile(claimOf(folder, all.indexOf(name), place), '', { flag: 'a' }))));
  await claim(all.filter((name) => !points.includes(name)));
  // Whoever dies leaves a line; what is claimed beforehand is empty.
  const isHit = (index: number, place: (typeof PLACES)[number]) => (statSync(claimOf(folder, index, place), { throwIfNoEntry: false })?.size ?? 0) > 0;
  return {
    folder,
    async disarm() { await claim(points); },
    cells: () => indices.flatMap(({ name, index }) => PLACES.map((place) => ({ name: `${name} (${place})`, isHit: isHit(index, place) }))),
    open: () => indices.filter(({ index }) => !PLACES.every((place) => isHit(index, place))).map(({ name }) => name),
    async unlisted() {
      const marks = (await readdir(folder)).filter((name) => name.startsWith(UNLISTED));
      return Promise.all(marks.map(async (name) => (JSON.parse(await readFile(path.join(folder, name), 'utf8')) as { name: string }).name));
    },
  };
}
