import { ApiError } from '#chassis/errors/failures.ts';
import type { Decimal } from '#chassis/money/money.ts';
import type { Facts, RequestedLine } from './rules.ts';
import type { Systems } from './systems.ts';

/** What the ERP and the network know about a need, asked all at once. What they do not know is left out. */
export async function gatherFacts({ erp, network }: Systems, need: { costCenter: string; lines: readonly RequestedLine[] }, recentTotal: Decimal, on: Date): Promise<Facts> {
  const year = on.getUTCFullYear();
  const numbers = [...new Set(need.lines.map((line) => line.itemNumber))];
  const [units, costCenter, budget, items] = await Promise.all([
    unitCodes(erp),
    known(erp.getCostCenter({ costCenter: need.costCenter })),
    known(erp.getBudget({ costCenter: need.costCenter, year })),
    Promise.all(numbers.map((itemNumber) => known(erp.getItem({ itemNumber })))),
  ]);
  const prices = await Promise.all(items.map((item) => item?.preferredSupplier
    ? known(network.getContractPrice({ supplierNumber: item.preferredSupplier, itemNumber: item.number, on: on.toISOString().slice(0, 10) })) : undefined));
  return {
    items: byNumber(numbers, items), prices: byNumber(numbers, prices), units, costCenter, budget, recentTotal,
  };
}

async function unitCodes(erp: Systems['erp']): Promise<string[]> {
  const codes: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await erp.listUnitsOfMeasure({ limit: 200, ...(cursor ? { cursor } : {}) });
    codes.push(...page.items.map((unit) => unit.code));
    cursor = page.next;
  } while (cursor);
  return codes;
}

/** Nothing is an answer here; a system that keeps no budgets has none to exceed. */
async function known<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && (error.kind === 'not-found' || error.kind === 'not-supported')) return undefined;
    throw error;
  }
}

function byNumber<T>(numbers: readonly string[], values: readonly (T | undefined)[]): Record<string, T | undefined> {
  return Object.fromEntries(numbers.map((number, index) => [number, values[index]]));
}
