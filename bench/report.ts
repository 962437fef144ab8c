/** What every benchmark prints: subjects measured in one run, and how ours compares with each peer. */
export interface Subject {
  name: string;
  [figure: string]: number | string | undefined;
}

export interface BenchReport {
  bench: string;
  subjects: Subject[];
  ratios: { metric: string; ours: string; peer: string; ratio: number }[];
  [fact: string]: unknown;
}

export function ratio(metric: string, ours: Subject, peer: Subject): BenchReport['ratios'][number] {
  return { metric, ours: ours.name, peer: peer.name, ratio: round(Number(ours[metric]) / Number(peer[metric])) };
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function printReport(report: BenchReport): void {
  console.log(`\n${report.bench}`);
  console.table(report.subjects);
  for (const each of report.ratios) console.log(`  ${each.metric}: ${each.ours} is ${each.ratio} x ${each.peer}`);
  for (const [name, fact] of Object.entries(report)) {
    if (!['bench', 'subjects', 'ratios'].includes(name)) console.log(`  ${name}: ${typeof fact === 'object' ? JSON.stringify(fact) : String(fact)}`);
  }
}
