import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { drawChart } from '#chassis/lifecycle/draw.ts';
import { charts } from './charts.ts';

/** `node commands/draw-charts.ts [--check]`: draws the chart of each process into its README, or says which are not up to date. */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const root = resolve(import.meta.dirname, '..');
const BEGIN = '<!-- chart: drawn by commands/draw-charts.ts from the code, not to be edited -->';
const END = '<!-- end of chart -->';

const outdated: string[] = [];
for (const [folder, { machine, moves }] of Object.entries(charts)) {
  const file = `process-apis/${folder}/README.md`;
  const written = await readFile(resolve(root, file), 'utf8');
  const drawn = withChart(file, written, drawChart(machine, (action) => action in moves));
  if (drawn === written) continue;
  outdated.push(file);
  if (!values.check) await writeFile(resolve(root, file), drawn);
}
if (values.check && outdated.length > 0) {
  console.error(`Not the chart of the code: ${outdated.join(', ')}. Draw it anew with node commands/draw-charts.ts`);
  process.exitCode = 1;
} else {
  console.log(outdated.length === 0 ? 'Every chart is that of the code.' : `Drawn: ${outdated.join(', ')}`);
}

function withChart(file: string, text: string, chart: string): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no place for its chart between "${BEGIN}" and "${END}"`);
  return `${before}${BEGIN}\n\n\`\`\`mermaid\n${chart}\n\`\`\`\n\n${END}${after}`;
}
