import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { drawChart } from '#chassis/lifecycle/draw.ts';
import type { LifeDefinition } from '#chassis/lifecycle/life.ts';
import type { Database } from '#chassis/storage/database.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { definitionOf as consumptionToReplenishment } from '../process-apis/consumption-to-replenishment/definition.ts';
import { definitionOf as procureToPay } from '../process-apis/procure-to-pay/definition.ts';

/** `node commands/draw-charts.ts [--check]`: draws the chart of each process into its README, or says which are not up to date. */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const root = resolve(import.meta.dirname, '..');
const BEGIN = '<!-- chart: drawn by commands/draw-charts.ts from the code, not to be edited -->';
const END = '<!-- end of chart -->';

// A chart is drawn without anything behind it; its limits have names there and no lengths.
const outside = { systems: {} as never, database: {} as Database, clock: systemClock };
const accounts = { inventory: '', clearing: '', payables: '', cash: '', priceVariance: '' };
const charts: Record<string, Pick<LifeDefinition<never>, 'machine' | 'moves'>> = {
  'process-apis/procure-to-pay/README.md': procureToPay({ ...outside, policy: {
    currency: 'USD', demandNeedsNoApprovalUpTo: '0', personNeedsNoApprovalUpTo: '0', tiers: [], costCenters: {}, splitWindowHours: 0, buyerMayExceedPercent: 0,
    match: { pricePercent: 0, quantityPercent: 0 }, payment: { needsNoApprovalUpTo: '0', approverRole: '' }, accounts,
    limits: { approvalMs: 1, acknowledgementMs: 1, goodsMs: 1, invoiceMs: 1, reviewMs: 1, archiveMs: 1 }, watches: { acknowledgedWithinMs: 1, invoicedWithinMs: 1 },
  } }),
  'process-apis/consumption-to-replenishment/README.md': consumptionToReplenishment({ ...outside, settings: { places: {}, storesCostCenter: '', accounts, limits: { refillMs: 1, correctionMs: 1 } } }),
};

const outdated: string[] = [];
for (const [file, { machine, moves }] of Object.entries(charts)) {
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
