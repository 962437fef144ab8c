import { createHash, randomUUID } from 'node:crypto';
import type { Queries } from '#chassis/storage/database.ts';
import type { Acknowledgement, Judgement, ReceivedBytes, TakenMessage } from '../port.ts';

/** A message on its way into the store. */
export interface IncomingMessage extends ReceivedBytes {
  id: string;
  sha256: Buffer;
  /** Messages with one key must not be stored by one statement: the second has to see the first. */
  key: string;
}

export function incoming(received: ReceivedBytes): IncomingMessage {
  const sha256 = createHash('sha256').update(received.bytes).digest();
  const { sender, controlId } = received.judgement;
  return { ...received, id: randomUUID(), sha256, key: JSON.stringify([sender, controlId ?? sha256.toString('hex')]) };
}

interface StoredRow extends Record<string, unknown> {
  id: string;
  sender: string;
  control_id: string;
  sha256: Buffer;
  received_at: Date;
  acknowledgement: Acknowledgement;
}

export const CONTRADICTION = '205 Duplicate key identifier at MSH-10: the control id belongs to another accepted message';

/**
 * Stores messages in the order given, in one statement and therefore all or none. What came before counts as a repeat:
 * an accepted message stays accepted, a refused one is judged anew, as its sender may have waited for us to learn.
 *
 * The arrays stand in selects of their own so that the planner does not see how long they are: it would plan the statement
 * anew for each length, which takes longer than carrying it out for one message.
 */
const STORE = `
  with given as materialized (
    select * from unnest((select $1::uuid[]), (select $2::text[]), (select $3::text[]), (select $4::bytea[]), (select $5::text[]), (select $6::text[]),
      (select $7::bytea[]), (select $8::text[]), (select $9::text[])) with ordinality as g (id, sender, control_id, sha256, message_type, version, content, acknowledgement, problem, place)
  ), judged as (
    select given.*, given.acknowledgement = 'AA' and exists (
      select from ehr.messages m
      where m.sender = given.sender and m.control_id = given.control_id and m.owns_control_id and m.sha256 <> given.sha256) as contradicts
    from given
  )
  insert into ehr.messages as m (id, sender, control_id, sha256, message_type, version, content, status, acknowledgement, problem, owns_control_id)
  select id, sender, control_id, sha256, message_type, version, content,
    case when contradicts or acknowledgement <> 'AA' then 'rejected' else 'received' end,
    case when contradicts then 'AE' else acknowledgement end,
    case when contradicts then $10 else problem end,
    not contradicts and acknowledgement = 'AA'
  from judged order by place
  on conflict (sender, control_id, sha256) do update set
    duplicates = m.duplicates + 1,
    acknowledgement = case when m.acknowledgement = 'AA' then 'AA' else excluded.acknowledgement end,
    owns_control_id = m.owns_control_id or excluded.owns_control_id,
    status = case when m.status = 'rejected' then excluded.status else m.status end,
    problem = case when m.status = 'rejected' then excluded.problem else m.problem end
  returning m.id, m.sender, m.control_id, m.sha256, m.received_at, m.acknowledgement`;

/** @returns what became of each message, in the order given */
export async function storeMessages(database: Queries, messages: readonly IncomingMessage[]): Promise<TakenMessage[]> {
  const column = (value: (judgement: Judgement) => string | undefined) => messages.map(({ judgement }) => value(judgement) ?? null);
  const rows = await database.query<StoredRow>(STORE, [
    messages.map((each) => each.id), column((each) => each.sender), column((each) => each.controlId ?? ''), messages.map((each) => each.sha256),
    column((each) => each.messageType), column((each) => each.version), messages.map((each) => each.bytes),
    column((each) => each.acknowledgement), column((each) => each.problem), CONTRADICTION,
  ]);
  const stored = new Map(rows.map((row) => [placeOf(row.sender, row.control_id, row.sha256), row]));
  return messages.map((message) => taken(message, stored.get(placeOf(message.judgement.sender, message.judgement.controlId ?? '', message.sha256))));
}

function taken({ id, judgement }: IncomingMessage, row: StoredRow | undefined): TakenMessage {
  if (!row) throw new Error(`message ${id} was not stored`);
  const contradicts = judgement.acknowledgement === 'AA' && row.acknowledgement !== 'AA';
  return {
    messageId: row.id,
    receivedAt: row.received_at,
    acknowledgement: row.acknowledgement,
    as: contradicts ? 'contradicts' : row.id === id ? 'new' : 'repeated',
  };
}

function placeOf(sender: string, controlId: string, sha256: Buffer): string {
  return JSON.stringify([sender, controlId, sha256.toString('hex')]);
}
