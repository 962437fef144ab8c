import type { Answer, SeenApproval } from '../../reconciliation/sent.ts';
import { Refusal, type Portal } from '../portal.ts';
import type { PlannedRequisition } from '../requisition-plan.ts';
import type { Floor } from './floor.ts';
import { setTimeout as wait } from 'node:timers/promises';

const SUBMIT = `mutation Submit($input: RequisitionInput!) { submitRequisition(input: $input) { number } }`;
const WITHDRAW = `mutation Withdraw($number: ID!) { withdrawRequisition(number: $number) { number } }`;
const STATES = `query States($number: ID!) { requisition(number: $number) { orders { state } } }`;
const APPROVALS = `query Approvals($number: ID!) { requisition(number: $number) { orders { supplier { number } approvals { tier decision by inPlaceOf } } } }`;

const LOOK_AGAIN_MS = 40;

/**
 * People ask for what they need. One person asks for one cost centre one thing after the other, and looks whether it was
 * taken in before asking for the next: what was asked before decides who has to approve the next.
 */
export async function ask(floor: Floor, requisitions: readonly PlannedRequisition[]): Promise<void> {
  for (const each of requisitions) {
    floor.sent.requisition({
      reference: each.reference, story: each.story, requester: each.requester, costCentre: each.costCentre, facility: each.facility, lines: each.lines, expected: each.expected,
    });
  }
  const desks = Map.groupBy(requisitions, (each) => `${each.requester} ${each.costCentre}`);
  await Promise.all([...desks.values()].map(async (own) => {
    for (const requisition of own) await submit(floor, requisition);
  }));
}

async function submit(floor: Floor, requisition: PlannedRequisition): Promise<void> {
  const portal = floor.portalOf(requisition.requester);
  const answer = await answerTo(portal, requisition);
  floor.sent.answered(requisition.reference, answer);
  if (answer.answer === 'refused') return;
  const states = await lookUntil(floor, portal, answer.number, (each) => each !== 'checking');
  if (requisition.story !== 'withdrawn' || !states.some((each) => each.startsWith('approving'))) return;
  await portal.ask(WITHDRAW, { number: answer.number });
}

async function answerTo(portal: Portal, { reference, facility, costCentre, location, urgency, justification, lines }: PlannedRequisition): Promise<Answer> {
  const input = {
    reference, facility, costCenter: costCentre, location, urgency, ...(justification ? { justification } : {}),
    lines: lines.map(({ item, quantity, unit }) => ({ itemNumber: item, quantity, unit })),
  };
  try {
    const { submitRequisition } = await portal.ask<{ submitRequisition: { number: string } }>(SUBMIT, { input });
    return { answer: 'accepted', number: submitRequisition.number };
  } catch (error) {
    if (error instanceof Refusal) return { answer: 'refused', code: error.code };
    throw error;
  }
}

async function lookUntil({ signal }: Floor, portal: Portal, number: string, isSo: (state: string) => boolean): Promise<string[]> {
  for (;;) {
    const { requisition } = await portal.ask<{ requisition: { orders: { state: string }[] } | null }>(STATES, { number });
    const states = requisition?.orders.map((order) => order.state) ?? [];
    if (states.length > 0 && states.every(isSo)) return states;
    await wait(LOOK_AGAIN_MS, undefined, { signal });
  }
}

/** At the end everybody looks how their requests were approved. */
export async function lookAtApprovals(floor: Floor, asked: readonly { requester: string; reference: string; number: string }[]): Promise<void> {
  for (const { requester, reference, number } of asked) {
    const { requisition } = await floor.portalOf(requester)
      .ask<{ requisition: { orders: { supplier: { number: string }; approvals: (SeenApproval & { inPlaceOf: string | null })[] }[] } | null }>(APPROVALS, { number });
    for (const { supplier, approvals } of requisition?.orders ?? []) {
      floor.sent.approvals(reference, supplier.number, approvals.map(({ tier, decision, by, inPlaceOf }) => ({ tier, decision, by, ...(inPlaceOf ? { inPlaceOf } : {}) })));
    }
  }
}
