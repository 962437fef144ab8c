import type { Queries } from '../storage/database.ts';

/**
 * A message from outside of which no event tells: it was refused, could not be understood, or came a second time. One that
 * was taken is found by its event.
 */
export interface InboundMessage {
  /** The API that keeps it, and under which id. */
  api: string;
  id: string;
  /** Its sort in the words of whoever sends it, such as the type of a message. */
  kind: string;
  outcome: 'rejected' | 'failed' | 'duplicate';
  /** What is wrong and where, never what was said there. */
  problem?: string | undefined;
  /** Business keys as `kind:value`, as far as they could be read. */
  keys: readonly string[];
  facility?: string | undefined;
  correlationId: string;
}

/** Ties messages to what they are about, in the transaction that keeps them. Noted again, the first note stays. */
export async function noteMessages(on: Queries, messages: readonly InboundMessage[]): Promise<void> {
  if (messages.length === 0) return;
  await on.query(
    `insert into chassis.inbound_messages (api, id, kind, outcome, problem, keys, facility, correlation_id)
     select api, id, kind, outcome, problem, coalesce((select array_agg(key) from jsonb_array_elements_text(keys) as key), '{}'), facility, correlation_id
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[]) as m (api, id, kind, outcome, problem, keys, facility, correlation_id)
     on conflict do nothing`,
    [
      messages.map(({ api }) => api), messages.map(({ id }) => id), messages.map(({ kind }) => kind), messages.map(({ outcome }) => outcome), messages.map(({ problem }) => problem?.slice(0, 240) ?? null),
      messages.map(({ keys }) => JSON.stringify(keys)), messages.map(({ facility }) => facility ?? null), messages.map(({ correlationId }) => correlationId),
    ]);
}
