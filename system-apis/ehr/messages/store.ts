import { createHash, randomUUID } from 'node:crypto';
import type { EventLog } from '#chassis/events/event-log.ts';
import { noteMessages } from '#chassis/history/inbound-messages.ts';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import { together, type Database } from '#chassis/storage/database.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { Acknowledgement, Judgement, ReceivedBytes, TakenMessage } from '../port.ts';
import { announceReceived, inboundMessage } from './announce.ts';

const MEDIA_TYPE = 'x-application/hl7-v2+er7';
const PURPOSE = 'clinical-message';

/** A message on its way into the store. */
export interface IncomingMessage extends ReceivedBytes {
  id: string;
  /** Reference of its bytes in the store of bodies. */
  body: string;
  sha256: Buffer;
  /** Messages with one key must not be stored by one statement: the second has to see the first. */
  key: string;
}

export function incoming(received: ReceivedBytes): IncomingMessage {
  const sha256 = createHash('sha256').update(received.bytes).digest();
  const { sender, controlId } = received.judgement;
  return { ...received, id: randomUUID(), body: randomUUID(), sha256, key: JSON.stringify([sender, controlId ?? sha256.toString('hex')]) };
}

interface StoredRow extends Record<string, unknown> {
  id: string;
  sender: string;
  control_id: string;
  sha256: Buffer;
  received_at: Date;
  acknowledgement: Acknowledgement;
  status: 'received' | 'processed' | 'rejected' | 'failed';
}

export const CONTRADICTION = '205 Duplicate key identifier at MSH-10: the control id belongs to another accepted message';

/**
 * Stores messages in the order given, by one statement. What came before counts as a repeat:
 * an accepted message stays accepted, a refused one is judged anew, as its sender may have waited for us to learn.
 *
 * The arrays stand in selects of their own so that the planner does not see how long they are: it would plan the statement
 * anew for each length, which takes longer than carrying it out for one message.
 */
const STORE = `
  with given as materialized (
    select * from unnest((select $1::uuid[]), (select $2::text[]), (select $3::text[]), (select $4::bytea[]), (select $5::text[]), (select $6::text[]),
      (select $7::uuid[]), (select $8::int[]), (select $9::text[]), (select $10::text[])) with ordinality as g (id, sender, control_id, sha256, message_type, version, body, bytes, acknowledgement, problem, place)
  ), judged as (
    select given.*, given.acknowledgement = 'AA' and exists (
      select from ehr.messages m
      where m.sender = given.sender and m.control_id = given.control_id and m.owns_control_id and m.sha256 <> given.sha256) as contradicts
    from given
  )
  insert into ehr.messages as m (id, sender, control_id, sha256, message_type, version, body, bytes, status, acknowledgement, problem, owns_control_id)
  select id, sender, control_id, sha256, message_type, version, body, bytes,
    case when contradicts or acknowledgement <> 'AA' then 'rejected' else 'received' end,
    case when contradicts then 'AE' else acknowledgement end,
    case when contradicts then $11 else problem end,
    not contradicts and acknowledgement = 'AA'
  from judged order by place
  on conflict (sender, control_id, sha256) do update set
    duplicates = m.duplicates + 1,
    acknowledgement = case when m.acknowledgement = 'AA' then 'AA' else excluded.acknowledgement end,
    owns_control_id = m.owns_control_id or excluded.owns_control_id,
    status = case when m.status = 'rejected' then excluded.status else m.status end,
    problem = case when m.status = 'rejected' then excluded.problem else m.problem end
  returning m.id, m.sender, m.control_id, m.sha256, m.received_at, m.acknowledgement, m.status`;

/**
 * All or none, each together with its body and the event that it was received.
 *
 * @returns what became of each message, in the order given
 */
export async function storeMessages({ database, payloads, events }: { database: Database; payloads: Payloads; events: EventLog<EventData> }, messages: readonly IncomingMessage[]): Promise<TakenMessage[]> {
  const rows = await database.transaction(async (tx) => {
    const inserted = tx.query<StoredRow>(STORE, valuesOf(messages));
    await together(inserted, payloads.putAll(tx, messages.map(({ body, bytes }) => ({ reference: body, body: bytes, mediaType: MEDIA_TYPE, purpose: PURPOSE, keepDays: Infinity }))));
    const result = await inserted;
    const stored = new Map(result.map((row) => [placeOf(row.sender, row.control_id, row.sha256), row]));
    const pairs = messages.map((message) => ({ message, row: stored.get(placeOf(message.judgement.sender, message.judgement.controlId ?? '', message.sha256)) }));
    await together(
      // Of a message that was there already the body is there too.
      payloads.remove(tx, pairs.filter(({ message, row }) => row?.id !== message.id).map(({ message }) => message.body)),
      noteMessages(tx, pairs.flatMap(({ message, row }) => (row?.status === 'rejected' && row.id === message.id ? [inboundMessage(message.judgement, row.id, 'rejected')] : []))),
      ...pairs.flatMap(({ message, row }) => (row?.status === 'received' ? [announceReceived(tx, events, { id: row.id, receivedAt: row.received_at }, message.judgement)] : [])));
    return pairs;
  });
  return rows.map(({ message, row }) => taken(message, row));
}

function valuesOf(messages: readonly IncomingMessage[]): unknown[] {
  const column = (value: (judgement: Judgement) => string | undefined) => messages.map(({ judgement }) => value(judgement) ?? null);
  return [
    messages.map((each) => each.id), column((each) => each.sender), column((each) => each.controlId ?? ''), messages.map((each) => each.sha256),
    column((each) => each.messageType), column((each) => each.version), messages.map((each) => each.body), messages.map((each) => each.bytes.length),
    column((each) => each.acknowledgement), column((each) => each.problem), CONTRADICTION,
  ];
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
