import { choose, isApproval, type Choice, type WorkItem } from '../choices.ts';
import { Refusal, type Portal } from '../portal.ts';
import { makeRounds, withHands, type Floor } from './floor.ts';

const ITEM = `id process kind owner facts resolutions order { id reference orderNumber supplier { number } lines { line item { number } } }`;
const APPROVALS = `query Approvals($after: String) { page: approvals(first: 50, after: $after) { items { ${ITEM} } next } }`;
const WORK = `query Work($after: String) { page: workItems(mine: true, first: 50, after: $after) { items { ${ITEM} } next } }`;
const APPROVE = `mutation Approve($id: ID!, $note: String) { approve(workItemId: $id, note: $note) { id status resolution } }`;
const REJECT = `mutation Reject($id: ID!, $note: String!) { reject(workItemId: $id, note: $note) { id status resolution } }`;
const RESOLVE = `mutation Resolve($id: ID!, $process: Process!, $resolution: String!, $note: String, $values: Facts) {
  resolve(workItemId: $id, process: $process, resolution: $resolution, note: $note, values: $values) { id status resolution } }`;

interface Page {
  page: { items: WorkItem[]; next: string | null };
}

const HANDS = 4;
const MOST_PAGES = 20;

/** Who presses "again" waits a little longer each time, and gives up at last. */
const MOST_TRIES = 30;
const FIRST_RETRY_AFTER_MS = 150;
const LONGEST_RETRY_AFTER_MS = 3_000;

/**
 * Somebody whose approvals, or other work, wait in the portal.
 *
 * @param list approvals have a page and buttons of their own
 */
export function decide(floor: Floor, username: string, list: 'approvals' | 'work'): Promise<void> {
  const portal = floor.portalOf(username);
  /** What was decided by somebody else, or is not this person's to decide. */
  const left = new Set<string>();
  const tries = new Map<string, { count: number; notBefore: number }>();

  function isDue(item: WorkItem, choice: Choice): boolean {
    if (!isAgain(choice)) return true;
    const tried = tries.get(subjectOf(item));
    return tried === undefined || (tried.count < MOST_TRIES && tried.notBefore <= Date.now());
  }

  function noteTry(item: WorkItem, choice: Choice): void {
    if (!isAgain(choice)) return;
    const count = (tries.get(subjectOf(item))?.count ?? 0) + 1;
    tries.set(subjectOf(item), { count, notBefore: Date.now() + Math.min(LONGEST_RETRY_AFTER_MS, FIRST_RETRY_AFTER_MS * 2 ** count) });
  }

  async function act(item: WorkItem, choice: Choice): Promise<void> {
    noteTry(item, choice);
    try {
      await press(portal, item, choice);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const other = error.code === 'decision-not-possible' ? insteadOf(item, choice) : undefined;
      if (other) return act(item, other);
      left.add(item.id);
      if (!SOMEBODY_ELSES.has(error.code)) floor.say(`${username}: ${item.kind} of ${subjectOf(item)} by ${choice.resolution}: ${error.code} ${error.message}`);
      return;
    }
    floor.knowledge.decided?.(item, choice);
    floor.sent.decision(item.id, {
      kind: item.kind, resolution: choice.resolution, by: username, subject: subjectOf(item), ...(item.order?.orderNumber ? { orderNumber: item.order.orderNumber } : {}), ...(item.order?.supplier ? { supplier: item.order.supplier.number } : {}),
      ...(typeof item.facts?.['invoice'] === 'string' ? { invoiceNumber: item.facts['invoice'] } : {}), ...(choice.values?.['itemNumber'] ? { item: choice.values['itemNumber'] } : {}),
    });
  }

  return makeRounds(floor, username, async () => {
    const items = (await pages(portal, list)).filter((item) => !left.has(item.id) && isApproval(item) === (list === 'approvals'));
    const choices = await Promise.all(items.map(async (item) => ({ item, choice: await (floor.knowledge.choose?.(item, username) ?? choose(item, username, floor.knowledge)) })));
    const chosen = choices.flatMap(({ item, choice }) => (choice && isDue(item, choice) ? [{ item, choice }] : []));
    await withHands(HANDS, chosen, ({ item, choice }) => act(item, choice));
    return chosen.length;
  });
}

const SOMEBODY_ELSES = new Set(['already-decided', 'own-request', 'same-approver', 'not-owner', 'not-found']);

const isAgain = ({ resolution }: Choice) => /^(retry|check-again)/.test(resolution);

/** What a person does when a button does not work any more. */
function insteadOf(item: WorkItem, { resolution }: Choice): Choice | undefined {
  return item.kind === 'supplier-proposal' && resolution !== 'accept-proposal' ? { resolution: 'accept-proposal' } : undefined;
}

function subjectOf({ order, facts, id }: WorkItem): string {
  return order?.reference ?? String(facts?.['use'] ?? id);
}

async function pages(portal: Portal, list: 'approvals' | 'work'): Promise<WorkItem[]> {
  const items: WorkItem[] = [];
  let after: string | null = null;
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const { page }: Page = await portal.ask<Page>(list === 'approvals' ? APPROVALS : WORK, { after });
    items.push(...page.items);
    if (!page.next) break;
    after = page.next;
  }
  return items;
}

function press(portal: Portal, item: WorkItem, { resolution, note, values }: Choice): Promise<unknown> {
  if (isApproval(item)) {
    const isNo = resolution === 'reject' || resolution === 'object-to-emergency';
    return portal.ask(isNo ? REJECT : APPROVE, { id: item.id, note: note ?? 'Seen.' });
  }
  return portal.ask(RESOLVE, { id: item.id, process: item.process, resolution, ...(note ? { note } : {}), ...(values ? { values } : {}) });
}
