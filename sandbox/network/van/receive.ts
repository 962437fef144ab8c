import { build999, buildTa1, checkGroup, isAccepted } from '#formats/x12/index.ts';
import type { FunctionalGroup, Interchange, InterchangeNote, TransactionSet } from '#formats/x12/index.ts';
import { inTransaction } from '../database.ts';
import type { Database, Queryable } from '../database.ts';
import type { Supplier } from '../../hospital/master-data.ts';
import type { Desk } from '../suppliers/desk.ts';
import { lockOrder, takeCancellation, takeChange, takeOrder } from '../suppliers/take-order.ts';
import { nextControlNumber } from './control-number.ts';
import { printLetter } from './envelope.ts';
import { ORDER_SCHEMA } from './order-schema.ts';
import { isAnswerOnly, readVerdicts } from './read-answer.ts';
import { readOrder } from './read-order.ts';
import type { ReadOrder } from './read-order.ts';

const FUNCTIONAL_VERSION = '005010X231A1';

/**
 * Takes an interchange for a supplier: enters what it accepts of it and answers TA1 and 999, in one transaction, so
 * that an interchange is known to have come if and only if its orders are entered.
 *
 * @returns the answering interchange; empty for one that itself only acknowledges
 */
export function receive(database: Database, desk: Desk, supplier: Supplier, interchange: Interchange): Promise<string> {
  return inTransaction(database, async (tx) => {
    const { header } = interchange;
    const sender = `${header.senderQualifier}:${header.sender}`;
    if (interchange.violations.length === 0 && isAnswerOnly(interchange)) {
      await noteVerdicts(tx, interchange);
      return '';
    }
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${supplier.number} ${sender} ${header.controlNumber}`]);
    const note = await refusalOf(tx, supplier, sender, interchange);
    const groups = note === undefined ? interchange.groups.map((group) => checkGroup(group, [ORDER_SCHEMA])) : [];
    for (const group of groups) {
      for (const set of group.transactions) {
        if (isEntered(group, set)) await enter(tx, desk, readOrder(set, supplier.number, sender));
      }
    }

    const answer = printLetter({
      from: `${header.receiverQualifier}:${header.receiver}`,
      to: sender,
      controlNumber: await nextControlNumber(tx),
      at: desk.now(),
      acknowledgmentRequested: false,
      acknowledgments: [buildTa1(interchange, note)],
      groups: groups.map((group, index) => ({
        functionalId: 'FA',
        version: FUNCTIONAL_VERSION,
        transaction: build999(group, String(index + 1).padStart(4, '0')),
      })),
    });
    await tx.query(
      'insert into network.received_interchanges (supplier_number, sender, control_number, outcome, answer) values ($1, $2, $3, $4, $5)',
      [supplier.number, sender, header.controlNumber, outcomeOf(note, groups), answer],
    );
    return answer;
  });
}

/** What makes the envelope as a whole unacceptable. */
async function refusalOf(tx: Queryable, supplier: Supplier, sender: string, interchange: Interchange): Promise<InterchangeNote | undefined> {
  const { header, violations } = interchange;
  const [first] = violations;
  if (first) return first.code;
  if (`${header.receiverQualifier}:${header.receiver}` !== supplier.channelAddress) return '009';
  const { rows } = await tx.query(
    `select 1 from network.received_interchanges
     where supplier_number = $1 and sender = $2 and control_number = $3 and outcome in ('accepted', 'partly accepted', 'rejected') limit 1`,
    [supplier.number, sender, header.controlNumber],
  );
  return rows.length > 0 ? '025' : undefined;
}

async function enter(tx: Queryable, desk: Desk, { purpose, order }: ReadOrder): Promise<void> {
  switch (purpose) {
    case 'original':
      await takeOrder(tx, desk, { ...order, revision: 1 }, 'X12 850 00');
      return;
    case 'replace': {
      const known = await lockOrder(tx, order.supplierNumber, order.poNumber);
      await takeChange(tx, desk, { ...order, revision: (known?.revision ?? 0) + 1 }, 'X12 850 05');
      return;
    }
    case 'cancellation':
      await takeCancellation(tx, desk, order.supplierNumber, order.poNumber);
  }
}

function outcomeOf(note: InterchangeNote | undefined, groups: readonly FunctionalGroup[]): string {
  if (note !== undefined) return note === '025' ? 'duplicate' : 'refused';
  const sets = groups.flatMap((group) => group.transactions.map((set) => isEntered(group, set)));
  if (sets.every((entered) => entered)) return 'accepted';
  return sets.some((entered) => entered) ? 'partly accepted' : 'rejected';
}

/** A group that is broken as a whole is rejected as a whole. */
function isEntered(group: FunctionalGroup, set: TransactionSet): boolean {
  return group.violations.length === 0 && isAccepted(set);
}

/** An acknowledgement that comes by itself instead of in the answer to our sending. */
async function noteVerdicts(tx: Queryable, interchange: Interchange): Promise<void> {
  for (const { controlNumber, outcome, answer } of readVerdicts(interchange)) {
    await tx.query(
      `update network.transmissions set state = $2, answer = $3, answered_at = clock_timestamp()
       where control_number = $1 and state = 'waiting'`,
      [controlNumber, outcome, answer],
    );
  }
}
