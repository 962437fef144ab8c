/**
 * What goes into stock is charged to the inventory account, and the cost centre and account that asked for it have no
 * attribute of their own: `[7010|5110=1-3,5;7010|5120=4]` behind the header's text says which lines they belong to.
 */
export interface Charge {
  line: number;
  costCenter?: string | undefined;
  account?: string | undefined;
}

export function printCharges(charges: readonly Charge[]): string {
  const groups = Map.groupBy(charges.toSorted((a, b) => a.line - b.line), ({ costCenter = '', account = '' }) => `${costCenter}|${account}`);
  return `[${[...groups].map(([charge, lines]) => `${charge}=${printLines(lines.map((each) => each.line))}`).join(';')}]`;
}

export function readCharges(text: string | null | undefined): Map<number, Charge> {
  const inside = /\[([^[\]]*)\]$/.exec(text ?? '')?.[1] ?? '';
  const charges = new Map<number, Charge>();
  for (const part of inside.split(';')) {
    const [, costCenter, account, lines] = /^([^|=]*)\|([^|=]*)=([\d,-]+)$/.exec(part) ?? [];
    for (const line of readLines(lines ?? '')) charges.set(line, { line, ...(costCenter ? { costCenter } : {}), ...(account ? { account } : {}) });
  }
  return charges;
}

function printLines(lines: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const line of lines) {
    const range = ranges.at(-1);
    if (range && range[1] === line - 1) range[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

function readLines(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    // A person may have typed anything; a line number has three digits.
    if (!first || !last || last > 999) return [];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}
