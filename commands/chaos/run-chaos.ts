import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { live, type Hands } from '../../sandbox/day/live.ts';
import { planDay } from '../../sandbox/day/plan.ts';
import { reportOf, type DayReport } from '../../sandbox/day/report.ts';
import { rareLife } from '../../sandbox/day/rarities/rare-life.ts';
import { ownGround, type Ground } from '../day/ground.ts';
import { openCoverage, type Coverage } from './coverage.ts';
import { exchangeVersions, type Versions } from './exchange-versions.ts';
import { killAtRandom } from './random-kills.ts';

export interface ChaosOptions {
  seed: number;
  /** Kills at moments that nobody has chosen, beside those at fault points. */
  kills: number;
  minutes: number;
  /** Only fault points whose names contain one of these. */
  only: readonly string[];
  /** A process that is started again is now of the next version and now of the present one. */
  exchange: boolean;
  keep: boolean;
  say(line: string): void;
  signal: AbortSignal;
}

export interface ChaosReport extends DayReport {
  kills: number;
  killed: Record<string, number>;
  /** How often a process began as which version, where they were exchanged. */
  startsAs?: Record<string, number>;
  cells: { total: number; hit: number; missing: string[]; unlisted: string[] };
}

/** Limits of a hospital in which an hour takes some milliseconds, so that every one of them passes now and then. */
const SILENCE_MS = 6_000;
const LIMITS = {
  APPROVAL_LIMIT_MS: SILENCE_MS, REVIEW_LIMIT_MS: SILENCE_MS, ACKNOWLEDGEMENT_LIMIT_MS: 7_000, GOODS_LIMIT_MS: 9_000, INVOICE_LIMIT_MS: 12_000, ARCHIVE_MS: 20_000,
  REFILL_LIMIT_MS: 8_000, CORRECTION_LIMIT_MS: 20_000, ERP_JOB_DELAY_MS: 20, JOURNAL_SETTLE_MS: 4_000, NETWORK_QUOTA: 200, NETWORK_BURST: 200, MS_PER_HOUR: 20,
};
/** While one is started again the others go on. */
const PROCESSES_AT_ONCE = 4;
const PATIENTS = 10;
/** How long the books must stand still before what is missing counts as missing. */
const STILL_MS = 45_000;
const REST_MS = 300_000;
const PATIENCE_MS = 600_000;
const TELL_EVERY_MS = 15_000;

/** A day on which every process dies at every place where it can, and the books are held against what was sent. */
export async function runChaos({ seed, kills, minutes, only, exchange, keep, say, signal }: ChaosOptions): Promise<ChaosReport> {
  const folder = await mkdtemp(path.join(tmpdir(), 'callosum-chaos-'));
  let versions: Versions | undefined;
  try {
    const coverage = await openCoverage(folder, only);
    say(`${coverage.cells().length} cells: ${coverage.cells().length / 3} fault points, each before, during and after.`);
    versions = exchange ? exchangeVersions(folder) : undefined;
    const env = { ...Object.fromEntries(Object.entries(LIMITS).map(([name, value]) => [name, String(value)])), LOG_LEVEL: 'warn' };
    const ground = await ownGround({ seed, env, several: { 'process-apis': { count: PROCESSES_AT_ONCE, env: { CALLOSUM_FAULT_POINTS: folder, ...(versions ? versions.env : {}) } } }, keep, say });
    try {
      const report = await chaosOn(ground, coverage, { seed, kills, minutes, say, signal });
      return versions ? { ...report, startsAs: await versions.starts() } : report;
    } finally {
      await ground.leave();
    }
  } finally {
    versions?.stop();
    if (!keep) await rm(folder, { recursive: true, force: true });
  }
}

async function chaosOn(ground: Ground, coverage: Coverage, { seed, kills, minutes, say, signal }: Omit<ChaosOptions, 'only' | 'exchange' | 'keep'>): Promise<ChaosReport> {
  const target = ground.target!;
  const killed: Record<string, number> = {};
  const plan = planDay(seed, PATIENTS, new Date());
  const enough = new AbortController();
  const until = Date.now() + minutes * 60_000;
  const hits = () => coverage.cells().filter((cell) => cell.isHit).length;
  const rare = rareLife({ seed, silenceMs: SILENCE_MS, doors: ground.doors, controlUrl: target.controlUrl, open: () => coverage.open(), enough: enough.signal });

  /** Until everything was hit and everybody was killed, or the time is over. */
  async function watch(randomly: Promise<void>, over: AbortSignal): Promise<void> {
    let isKilling = true;
    // How it ended is told where it is waited for.
    const ended = () => { isKilling = false; };
    randomly.then(ended, ended);
    for (let told = 0; !over.aborted && Date.now() < until && (isKilling || coverage.open().length > 0);) {
      if (Date.now() - told > TELL_EVERY_MS) {
        say(`${hits()} of ${coverage.cells().length} cells hit, ${Object.values(killed).reduce((sum, each) => sum + each, 0)} random kills, ${Math.max(0, Math.round((until - Date.now()) / 1_000))} s left`);
        told = Date.now();
      }
      await wait(500, undefined, { signal: over });
    }
    await coverage.disarm();
    enough.abort();
  }

  let randomly: Promise<void> | undefined;
  async function beside(hands: Hands): Promise<void> {
    randomly = killAtRandom(target, { seed, count: kills, killed: (name) => { killed[name] = (killed[name] ?? 0) + 1; }, signal: enough.signal });
    await Promise.all([watch(randomly, hands.signal), randomly, rare.live(hands)]);
    say(`${hits()} of ${coverage.cells().length} cells hit; the day comes to rest.`);
  }

  const lived = await live({
    plan, doors: ground.doors, isFresh: false, stillMs: STILL_MS, patienceMs: PATIENCE_MS, limitMs: minutes * 60_000 + REST_MS, say, signal, beside, knowledge: rare.knowledge,
  }).finally(() => {
    // However it ended, nothing is killed and started again while the platform is being stopped.
    enough.abort();
    return randomly;
  });
  const cells = coverage.cells();
  const atPoints = cells.filter((cell) => cell.isHit).length;
  return {
    ...reportOf({ plan, lived, memoryMb: await ground.memoryMb(), faults: null }),
    kills: atPoints + Object.values(killed).reduce((sum, each) => sum + each, 0), killed: { 'at fault points': atPoints, ...killed },
    cells: { total: cells.length, hit: atPoints, missing: cells.filter((cell) => !cell.isHit).map((cell) => cell.name), unlisted: await coverage.unlisted() },
  };
}
