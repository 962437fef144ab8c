import type { BookedMovement } from '../../erp/books.ts';
import { accountCombination, itemByNumber } from '../../hospital/master-data.ts';
import type { Books } from '../books.ts';
import { COUNT } from '../expected-orders.ts';
import { journalsOf, total, useOf, type Journal } from '../documents.ts';
import { finderFor, once, type Finding } from '../findings.ts';
import { decided, itemOf, type Sent, type SentUse } from '../sent.ts';

const find = finderFor('uses');
const RECORDS = { device: 'DeviceUseStatement', supply: 'SupplyDelivery' } as const;
const ISSUE = 'Miscellaneous Issue';

/** Every piece recorded at the bedside left the stock once and was charged once, to the right cost centre. */
export function checkUses(books: Books, sent: Sent): Finding[] {
  const issues = Map.groupBy(books.movements.filter((each) => each.type === ISSUE), (each) => useOf(each.reference));
  const counts = Map.groupBy(books.movements.filter((each) => each.type === COUNT), (each) => useOf(each.reference));
  const journals = Map.groupBy(journalsOf(books.journalLines).filter((each) => each.reference.startsWith('consumption/')), (each) => useOf(each.reference));
  const recorded = Map.groupBy(books.uses.filter((each) => each.status === 'completed'), (each) => `${RECORDS[each.kind]}/${each.id}`);
  const known = new Set(sent.uses.map((each) => each.id));
  return [
    ...sent.uses.flatMap((use) => [
      ...once(find, `use ${use.id}`, 'record in the EHR', recorded.get(use.id)?.length ?? 0),
      ...checkIssue(use, issues.get(use.id) ?? [], journals.get(use.id) ?? [], sent),
      ...checkCount(use, counts.get(use.id) ?? [], sent),
    ]),
    ...[...issues.keys()].filter((reference) => !known.has(reference)).map((reference) => find('unexpected', `stock issue ${reference}`, 'a use behind it', 'none')),
    ...[...counts.keys()].filter((reference) => !known.has(reference)).map((reference) => find('unexpected', `stock adjustment ${reference}`, 'a use behind it', 'none')),
  ];
}

function checkIssue(use: SentUse, movements: readonly BookedMovement[], journals: readonly Journal[], sent: Sent): Finding[] {
  const what = `use ${use.id}`;
  const itemNumber = itemOf(sent, use);
  if (itemNumber === undefined) {
    const isSetAside = sent.decisions.some((each) => each.subject === use.id && each.resolution === 'ignore');
    if (movements.length > 0) return [find('unexpected', what, 'no stock issue, for nobody knows its item', `${movements.length} issues`)];
    return isSetAside ? [] : [find('stuck', what, 'a person who says which item it was', 'nobody')];
  }
  const wrong = movements.find((each) => each.item !== itemNumber || each.organization !== use.facility || each.subinventory !== use.location);
  if (wrong) return [find('unexpected', what, `${itemNumber} from ${use.facility}/${use.location}`, `${wrong.item} from ${wrong.organization}/${wrong.subinventory}`)];
  const pieces = total(movements.map((each) => each.quantity)).neg();
  if (!pieces.eq(use.quantity)) return [find(pieces.lt(use.quantity) ? 'lost' : 'duplicated', what, `${use.quantity} pieces of ${itemNumber} out of stock`, pieces.toFixed())];
  return checkCost(what, use, itemNumber, movements, journals);
}

function checkCost(what: string, use: SentUse, itemNumber: string, movements: readonly BookedMovement[], journals: readonly Journal[]): Finding[] {
  const value = total(movements.map((each) => each.value)).neg();
  if (value.eq(0)) return [];
  const counted = once(find, what, 'cost journal', journals.length);
  if (counted.length > 0) return counted;
  const wanted = accountCombination(use.facility, use.costCentre, itemByNumber(itemNumber)!.expenseAccount);
  const lines = journals.flatMap((journal) => journal.lines);
  const charged = total(lines.filter((line) => `${line.entity}-${line.costCentre}-${line.account}` === wanted).map((line) => line.debit.minus(line.credit)));
  const relieved = total(lines.filter((line) => line.account === '1310').map((line) => line.credit.minus(line.debit)));
  return [
    ...(charged.eq(value) ? [] : [find('unbalanced', `${what}, cost`, `${value.toFixed(2)} on ${wanted}`, charged.toFixed(2))]),
    ...(relieved.eq(value) ? [] : [find('unbalanced', `${what}, inventory`, `${value.toFixed(2)} off 1310`, relieved.toFixed(2))]),
  ];
}

/** The shelf held what the books did not: raised by a person's decision, to what was used and no further. */
function checkCount(use: SentUse, movements: readonly BookedMovement[], sent: Sent): Finding[] {
  const isDecided = decided(sent, 'stock-does-not-suffice', use.id).some((each) => each.resolution === 'adjust-stock');
  const pieces = total(movements.map((each) => each.quantity));
  const most = isDecided ? use.quantity : 0;
  if (pieces.gte(0) && pieces.lte(most)) return [];
  return [find(isDecided ? 'duplicated' : 'unexpected', `count for use ${use.id}`, `${most} pieces added at most`, pieces.toFixed())];
}
