/** What every benchmark prints: subjects measured in one run, and how ours compares with each peer. */
export interface Subject {
  name: string;
  [figure: string]: number | string | undefined;
}

export interface BenchReport {
  bench: string;
  subjects: Subject[];
  ratios: { metric: string; ours: string; peer: string; ratio: number }[];
  /** What a reader has to know to judge the figures. */
  notes?: string[];
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

export function median(values: readonly number[]): number {
  return quantile(values.toSorted((left, right) => left - right), 0.5);
}

/** More figures than fit beside each other. */
const WIDE = 9;

export function printReport(report: BenchReport): void {
  console.log(`\n${report.bench}`);
  const figures = new Set(report.subjects.flatMap((subject) => Object.keys(subject)));
  if (figures.size <= WIDE) console.table(report.subjects);
  else console.table(turned(report.subjects, [...figures]));
  for (const each of report.ratios) console.log(`  ${each.metric}: ${each.ours} is ${each.ratio} x ${each.peer}`);
  for (const [name, fact] of Object.entries(report)) {
    if (name === 'notes') for (const note of fact as string[]) console.log(`  ${note}`);
    else if (!['bench', 'subjects', 'ratios'].includes(name)) console.log(`  ${name}: ${typeof fact === 'object' ? JSON.stringify(fact) : String(fact)}`);
  }
}

/** A row for each figure and a column for each subject. */
function turned(subjects: readonly Subject[], figures: readonly string[]): Record<string, Record<string, unknown>> {
  return Object.fromEntries(figures.filter((figure) => figure !== 'name').map((figure) => [figure, Object.fromEntries(subjects.filter((subject) => subject[figure] !== undefined).map((subject) => [subject.name, subject[figure]]))]));
}
