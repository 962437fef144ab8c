import { sentenceOf, type Finding, type FindingKind } from '../reconciliation/findings.ts';
import type { FaultCounts } from './faults.ts';
import type { Lived } from './live.ts';
import { countOutcomes, type Outcomes } from './outcomes.ts';
import type { DayPlan } from './plan.ts';

/** What is told of a day, to people and to machines. */
export interface DayReport {
  seed: number;
  patients: number;
  sent: { uses: number; requisitions: number; messages: number };
  lost: number;
  duplicated: number;
  unbalanced: number;
  stuck: number;
  unexpected: number;
  outcomes: Outcomes;
  /** Decisions of people, by kind of work and resolution. */
  decisions: Record<string, number>;
  seconds: number;
  orders: number;
  ordersPerSecond: number;
  memoryMb: Record<string, number>;
  clicksAgain: number;
  faults: { struck: FaultCounts; vendors: Record<string, Record<string, number>> } | null;
  findings: (Finding & { sentence: string })[];
}

export interface Circumstances {
  plan: DayPlan;
  lived: Lived;
  memoryMb: Record<string, number>;
  faults: DayReport['faults'];
}

export function reportOf({ plan, lived, memoryMb, faults }: Circumstances): DayReport {
  const { books, sent, findings, seconds, clicksAgain } = lived;
  const count = (kind: FindingKind) => findings.filter((each) => each.kind === kind).length;
  const outcomes = countOutcomes(books, sent);
  const orders = outcomes['orders'] ?? 0;
  return {
    seed: plan.seed, patients: plan.patients,
    sent: { uses: sent.uses.length, requisitions: sent.requisitions.length, messages: sent.messages.length },
    lost: count('lost'), duplicated: count('duplicated'), unbalanced: count('unbalanced'), stuck: count('stuck'), unexpected: count('unexpected'),
    outcomes,
    decisions: countBy(sent.decisions.map((each) => `${each.kind}: ${each.resolution}`)),
    seconds: round(seconds), orders, ordersPerSecond: round(orders / seconds), memoryMb,
    clicksAgain: Object.values(clicksAgain).reduce((sum, each) => sum + each, 0),
    faults,
    findings: findings.map((each) => ({ ...each, sentence: sentenceOf(each) })),
  };
}

export const isClean = (report: DayReport) => report.lost + report.duplicated + report.unbalanced + report.stuck + report.unexpected === 0;

/** Findings first, then what was sent and what became of it. */
export function printReport(report: DayReport): string {
  const { sent, outcomes, decisions, memoryMb, faults, findings } = report;
  const verdict = isClean(report) ? 'Nothing lost, nothing twice, all books agree, nothing waits.'
    : `lost ${report.lost} · duplicated ${report.duplicated} · unbalanced ${report.unbalanced} · stuck ${report.stuck} · unexpected ${report.unexpected}`;
  return [
    `A day at the hospital: ${report.patients} patients, seed ${report.seed}`, '', verdict, ...findings.map((each) => `  ${each.sentence}`), '',
    `Sent: ${sent.uses} uses, ${sent.requisitions} requisitions, ${sent.messages} HL7 v2 messages`,
    `Took ${report.seconds} s for ${report.orders} orders (${report.ordersPerSecond} a second); people had to click again ${report.clicksAgain} times`, '',
    ...table('Outcomes', outcomes), ...table('Decisions of people', decisions), ...table('Memory, MB', memoryMb),
    ...(faults ? [...table('Faults', faults.struck), ...Object.entries(faults.vendors).flatMap(([vendor, done]) => table(`Faults of ${vendor}`, done))] : []),
  ].join('\n');
}

function table(title: string, rows: Record<string, number>): string[] {
  const names = Object.keys(rows);
  if (names.length === 0) return [];
  const width = Math.max(...names.map((name) => name.length));
  return [title, ...names.map((name) => `  ${name.padEnd(width)}  ${String(rows[name]).padStart(6)}`), ''];
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
