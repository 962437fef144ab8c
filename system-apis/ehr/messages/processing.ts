import { together, type Transaction, type Database } from '#chassis/storage/database.ts';
import { asApiError } from '#chassis/errors/failures.ts';
import { loop, type Background } from '#chassis/deployable/background.ts';
import type { EventLog } from '#chassis/events/event-log.ts';
import { noteMessages } from '#chassis/history/inbound-messages.ts';
import type { KeptPayload, Payloads } from '#chassis/payloads/payloads.ts';
import { describeError, type Log } from '#chassis/telemetry/logger.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { Judgement, MessagePort } from '../port.ts';
import { announceProcessed, announceReceived } from './announce.ts';

export interface ProcessingDeps {
  database: Database;
  payloads: Payloads;
  events: EventLog<EventData>;
  log: Log;
  messages: Pick<MessagePort, 'judge'>;
}

/** A message as it is kept. */
export interface KeptMessage extends Record<string, unknown> {
  id: string;
  /** Reference of what it says. */
  body: string;
  received_at: Date;
}

const BATCH = 200;
const BATCH_BYTES = 8 * 1024 * 1024;
const POLL_MS = 2_000;

/** A sender that waits for each answer brings one message in a few milliseconds: a transaction for each would cost most. */
const GATHER_MS = 4;

/** The oldest that wait, at least one of them, and no more than fit into memory. */
const NEXT_BATCH = `
  with waiting as (
    select id, seq, bytes as size from ehr.messages where status = 'received' order by seq limit ${BATCH}
  ), counted as (
    select id, seq, sum(size) over (order by seq) - size as before from waiting
  )
  select m.id, m.body, m.received_at from counted join ehr.messages m using (id) where counted.before < ${BATCH_BYTES} order by counted.seq`;

/**
 * Processes stored messages in the order in which they were stored. One process at a time does it; what was acknowledged
 * before a process died is processed by the next.
 */
export function processMessages(deps: ProcessingDeps): Background & { wake(): void } {
  const work = loop({ name: 'messages', pollMs: POLL_MS, log: deps.log, turn: () => processBatch(deps) });
  let gathering: NodeJS.Timeout | undefined;
  return {
    start: work.start,
    wake() {
      gathering ??= setTimeout(() => {
        gathering = undefined;
        work.wake();
      }, GATHER_MS);
    },
    async stop() {
      clearTimeout(gathering);
      await work.stop();
    },
  };
}

/** @returns whether there may be more */
export async function processBatch({ database, ...deps }: ProcessingDeps): Promise<boolean> {
  try {
    return await database.transaction((tx) => takeBatch(tx, (waiting) => processAll(tx, waiting, deps)));
  } catch (error) {
    if (asApiError(error).retryable) throw error;
    // One of them fails: all are undone and taken again, each so that it can fail alone.
    return database.transaction((tx) => takeBatch(tx, async (waiting) => { for (const message of waiting) await processOne(tx, message, deps); }));
  }
}

async function takeBatch(tx: Transaction, process: (waiting: readonly KeptMessage[]) => Promise<void>): Promise<boolean> {
  // A statement of its own: the next one must see what the process did that had the turn before.
  const [turn] = await tx.query('select from ehr.message_processing for update skip locked');
  if (!turn) return false;
  const waiting = await tx.query<KeptMessage>(NEXT_BATCH);
  if (waiting.length > 0) await process(waiting);
  return waiting.length > 0;
}

async function processAll(tx: Transaction, waiting: readonly KeptMessage[], deps: Omit<ProcessingDeps, 'database'>): Promise<void> {
  const contents = await deps.payloads.getAll(tx, waiting.map((each) => each.body));
  const understood = waiting.map((message) => ({ message, judgement: understand(contents.get(message.body), deps) }));
  await together(...understood.map(({ message, judgement }) => announceProcessed(tx, deps.events, message.id, judgement)));
  await tx.query(`update ehr.messages set status = 'processed', problem = null, processed_at = now() where id = any($1)`, [waiting.map((each) => each.id)]);
}

/** Processes a message, or says in its row why that failed. */
export async function processOne(tx: Transaction, message: KeptMessage, deps: Omit<ProcessingDeps, 'database'>): Promise<void> {
  try {
    await tx.attempt(async () => {
      const judgement = understand(await deps.payloads.get(tx, message.body), deps);
      // Rejected at first and understood now: its being received was not told yet.
      await announceReceived(tx, deps.events, { id: message.id, receivedAt: message.received_at }, judgement);
      await announceProcessed(tx, deps.events, message.id, judgement);
    });
    await tx.query(`update ehr.messages set status = 'processed', problem = null, processed_at = now() where id = $1`, [message.id]);
  } catch (error) {
    if (asApiError(error).retryable) throw error;
    deps.log.warn('message could not be processed', { messageId: message.id, ...describeError(error) });
    const problem = problemOf(error);
    await together(
      tx.query(`update ehr.messages set status = case when status = 'rejected' then status else 'failed' end, problem = $2, processed_at = now() where id = $1`, [message.id, problem]),
      noteMessages(tx, [{ api: 'ehr', id: message.id, kind: 'stored message', outcome: 'failed', problem, keys: [`message:${message.id}`], correlationId: message.id }]));
  }
}

function understand(content: KeptPayload | undefined, { messages }: Pick<ProcessingDeps, 'messages'>): Judgement {
  if (!content) throw new NotUnderstood('its body is not there any more');
  const judgement = messages.judge(content.body);
  if (judgement.acknowledgement !== 'AA') throw new NotUnderstood(judgement.problem ?? 'the message is not understood');
  return judgement;
}

/** What is kept cannot be read, or not any longer. Its text names places and rules only. */
class NotUnderstood extends Error {}

function problemOf(error: unknown): string {
  if (error instanceof NotUnderstood) return error.message.slice(0, 500);
  const failure = asApiError(error);
  const places = (failure.errors ?? []).map((each) => `${each.pointer} ${each.detail}`).join('; ');
  return `${failure.code ?? failure.kind}${places ? `: ${places}` : ''}`.slice(0, 500);
}
