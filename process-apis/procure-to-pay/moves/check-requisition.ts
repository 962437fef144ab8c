import { move } from '#chassis/moves/move.ts';
import { lineAmount, sum, type Decimal } from '#chassis/money/money.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { Clock } from '#chassis/time/clock.ts';
import { approvalPath } from '../approvals.ts';
import { gatherFacts } from '../facts.ts';
import { UNKNOWN_SUPPLIER, type Line } from '../order.ts';
import type { Policy } from '../policy.ts';
import { recentTotal } from '../requisitions.ts';
import { faultsOf, priceOf, type Facts } from '../rules.ts';
import type { Systems } from '../systems.ts';

export interface Need {
  reference: string;
  requester: string;
  origin: 'person' | 'demand';
  facility: string;
  costCenter: string;
  supplierNumber: string;
  submittedAt: string;
  siblingsTotal: Decimal;
  lines: Pick<Line, 'line' | 'itemNumber' | 'quantity' | 'unit'>[];
}

/** Check item, unit, cost centre, budget and price of a need, and find out who has to approve it. Nothing to undo: it only reads. */
export const checkRequisition = (systems: Systems, database: Database, clock: Clock, policy: Policy) =>
  move('check-requisition', async (run, need: Need) => {
    const facts = await run.step('gather facts', async (): Promise<Facts> => {
      const recent = need.origin === 'person'
        ? await recentTotal(database, { requester: need.requester, costCenter: need.costCenter, except: need.reference, windowHours: policy.splitWindowHours, around: new Date(need.submittedAt) })
        : '0';
      return gatherFacts(systems, need, recent, clock.now());
    });
    const reasons = faultsOf(need, facts, policy.currency);
    if (reasons.length > 0) return { type: 'refused', reasons };
    const lines = need.lines.map((line) => pricedLine(line, facts));
    const own = sum(lines.map((line) => lineAmount(line.quantity, line.unitPrice)));
    const { path, split } = approvalPath(need, { own, siblings: need.siblingsTotal, recent: facts.recentTotal }, policy);
    return { type: 'accepted', supplierNumber: supplierOf(need, facts), lines, path, split };
  });

/** A demand is for one item, so that its supplier is found here; the lines of a person were parted by supplier before. */
function supplierOf({ supplierNumber, lines }: Need, { items }: Facts): string {
  return supplierNumber === UNKNOWN_SUPPLIER ? items[lines[0]!.itemNumber]!.preferredSupplier! : supplierNumber;
}

function pricedLine(line: Need['lines'][number], facts: Facts): Line {
  const item = facts.items[line.itemNumber]!;
  const price = facts.prices[line.itemNumber];
  return {
    ...line, description: item.description, unitPrice: priceOf(line.itemNumber, facts), account: item.expenseAccount, receivedQuantity: 0, invoicedQuantity: 0,
    ...(price ? { contractNumber: price.contractNumber } : {}), ...(price?.supplierItemNumber ? { supplierItemNumber: price.supplierItemNumber } : {}),
  };
}
