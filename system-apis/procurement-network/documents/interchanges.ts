import { ApiError } from '#chassis/errors/failures.ts';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import type { Database, Transaction } from '#chassis/storage/database.ts';
import type { Channels, OpenChannel } from '../channels.ts';
import { LOCKS } from '../locks.ts';
import { nextControlNumber } from '../orders/sending.ts';
import type { Interchanges, OpenedInterchange } from '../port.ts';
import { fingerprintOf, storable } from '../values.ts';
import type { Intake } from './intake.ts';

export interface InterchangeDeps {
  database: Database;
  channels: Channels;
  intake: Intake;
  payloads: Payloads;
}

const X12 = 'application/edi-x12';

interface Earlier extends Record<string, unknown> {
  id: number;
  content_hash: string;
}

/**
 * Takes interchanges in. All of one is kept, announced and answered in one transaction: whoever got our acknowledgement
 * may forget it, and whoever did not sends it again and changes nothing by it.
 */
export function receiveInterchange({ database, channels, intake, payloads }: InterchangeDeps): (text: string) => Promise<string> {
  const found = channels.all.find(({ port }) => port.interchanges);

  return async (text) => {
    if (!found) throw new ApiError('not-supported', 'No channel takes interchanges.', { code: 'no-interchanges' });
    const { name } = found;
    const opened = await orKeepUnreadable(found, text);
    return database.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCKS.interchange, `${name} ${opened.sender} ${opened.controlNumber}`]);
      const hash = fingerprintOf(text);
      const earlier = opened.refusal === undefined ? await findEarlier(tx, name, opened) : undefined;
      if (earlier) {
        await noteRepeat(tx, name, opened, text, { earlier, hash });
        return opened.answer(await nextControlNumber(tx), true);
      }
      await noteVerdicts(tx, name, opened, text);
      if (opened.refusal !== undefined) {
        const source = `refused/${opened.sender}/${opened.controlNumber}/${hash}`;
        await intake.takeIn(tx, name, { kind: 'interchange', source, raw: text, mediaType: X12, supplierNumber: opened.supplierNumber, problem: opened.refusal });
      }
      for (const document of opened.documents) await intake.takeIn(tx, name, document);
      const answer = opened.answer(await nextControlNumber(tx), false);
      const [body, answerBody] = await payloads.putAll(tx, [text, answer].map((each) => ({ body: each, mediaType: X12, purpose: 'received-interchange' })));
      await tx.query(
        `insert into procurement_network.received_interchanges (channel, sender, control_number, supplier_number, outcome, content_hash, body, answer_body)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [name, storable(opened.sender), storable(opened.controlNumber), opened.supplierNumber ?? null, opened.outcome, hash, body, answerBody]);
      return answer;
    });
  };

  /** What nobody can be answered for is kept too. */
  async function orKeepUnreadable({ name, port }: OpenChannel, text: string): Promise<OpenedInterchange> {
    try {
      return (port.interchanges as Interchanges).open(text);
    } catch (error) {
      if (error instanceof ApiError && error.kind === 'invalid-request') {
        await database.transaction((tx) => intake.takeIn(tx, name, { kind: 'interchange', source: `unreadable/${fingerprintOf(text)}`, raw: text, mediaType: X12, problem: error.message }));
      }
      throw error;
    }
  }

  /** The same number with another content is the sender's mistake, and what it holds must not be lost from sight. */
  async function noteRepeat(tx: Transaction, name: string, opened: OpenedInterchange, text: string, { earlier, hash }: { earlier: Earlier; hash: string }): Promise<void> {
    await tx.query('update procurement_network.received_interchanges set repeats = repeats + 1 where id = $1', [earlier.id]);
    if (earlier.content_hash === hash) return;
    await intake.takeIn(tx, name, {
      kind: 'interchange', source: `reused/${opened.sender}/${opened.controlNumber}/${hash}`, raw: text, mediaType: X12, supplierNumber: opened.supplierNumber,
      problem: 'its control number was used before for an interchange of another content',
    });
  }

  /** How partners took our own messages, when they say so later than in their answer. A rejection is for people to see. */
  async function noteVerdicts(tx: Transaction, name: string, opened: OpenedInterchange, text: string): Promise<void> {
    for (const { number, accepted, text: said } of opened.verdicts) {
      const [noted] = await tx.query<{ order_number: string }>(
        `update procurement_network.sent_interchanges set outcome = $3, answer = coalesce(answer, $4), answered_at = coalesce(answered_at, now())
         where channel = $1 and control_number = $2 and supplier_number = $5 and outcome <> 'rejected' returning order_number`,
        [name, number, accepted ? 'accepted' : 'rejected', said, opened.supplierNumber ?? null]);
      if (accepted || !noted) continue;
      await intake.takeIn(tx, name, {
        kind: 'interchange', source: `verdict/${opened.sender}/${opened.controlNumber}/${number}`, raw: text, mediaType: X12, supplierNumber: opened.supplierNumber, orderNumber: noted.order_number,
        problem: `the supplier rejected our interchange ${number}: ${said}`,
      });
    }
  }
}

async function findEarlier(tx: Transaction, channel: string, { sender, controlNumber }: OpenedInterchange): Promise<Earlier | undefined> {
  const [row] = await tx.query<Earlier>(
    `select id, content_hash from procurement_network.received_interchanges where channel = $1 and sender = $2 and control_number = $3 and outcome <> 'refused'`,
    [channel, storable(sender), storable(controlNumber)]);
  return row;
}
