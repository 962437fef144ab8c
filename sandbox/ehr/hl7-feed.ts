import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'pg';
import { frame, Hl7Error, MllpDecoder, parseMessage, readAcknowledgment, decodeMessage } from '#formats/hl7v2/index.ts';
import { SCHEMA } from './schema.ts';

export interface Hl7FeedOptions {
  databaseUrl: string;
  host: string;
  port: number;
  /** How long an answer may take before the message is sent again. */
  acknowledgeWithinMs?: number;
  retryAfterMs?: number;
  /** Sendings of one message before the feed gives up and leaves it waiting. */
  mostAttempts?: number;
}

export interface Hl7Outgoing {
  /** The feed's own number for the message; queued once however often it is given. */
  id: string;
  source: string;
  /** MSH-10, undefined where the message has none. */
  controlId: string | undefined;
  bytes: Buffer;
}

export interface Hl7Outcome {
  id: string;
  state: 'waiting' | 'accepted' | 'refused';
  acknowledgmentCode?: string;
  attempts: number;
}

export interface Hl7Feed {
  queue(message: Hl7Outgoing): Promise<void>;
  /** Sends what waits, oldest first, each until it is answered. A feed started later goes on where this one stopped. */
  sendWaiting(): Promise<Hl7Outcome[]>;
  close(): Promise<void>;
}

interface Waiting {
  id: string;
  control_id: string | null;
  message: Buffer;
  attempts: number;
}
interface Answer {
  code: string;
  isPositive: boolean;
  text: string | undefined;
}

/**
 * The HL7 v2 interface of the EHR: one connection, one message at a time, in order, the same MSH-10 again until it is
 * answered. A positive answer ends a message, a negative one too: an operator would have to mend it.
 */
export async function startHl7Feed(options: Hl7FeedOptions): Promise<Hl7Feed> {
  const { acknowledgeWithinMs = 10_000, retryAfterMs = 500, mostAttempts = 100 } = options;
  const pool = new Pool({ connectionString: options.databaseUrl, max: 2 });
  pool.on('error', (error) => process.emitWarning(`HL7 feed lost a database connection: ${error.message}`));
  // One that is lost between two queries would end the process; the next query fails then.
  pool.on('connect', (client) => client.on('error', () => undefined));
  await pool.query(SCHEMA);
  let line: Line | undefined;
  let isClosed = false;

  const attempt = async (waiting: Waiting): Promise<Answer> => {
    line ??= await openLine(options.host, options.port);
    try {
      return await line.exchange(waiting.message, waiting.control_id ?? undefined, acknowledgeWithinMs);
    } catch (error) {
      line.close();
      line = undefined;
      throw error;
    }
  };

  const deliver = async (waiting: Waiting): Promise<Hl7Outcome> => {
    for (let attempts = waiting.attempts + 1; ; attempts += 1) {
      try {
        const answer = await attempt(waiting);
        const state = answer.isPositive ? 'accepted' : 'refused';
        await pool.query(
          'update ehr.hl7_sent set state = $2, ack_code = $3, ack_text = $4, attempts = $5, acknowledged_at = now() where id = $1',
          [waiting.id, state, answer.code, answer.text ?? null, attempts],
        );
        return { id: waiting.id, state, acknowledgmentCode: answer.code, attempts };
      } catch (error) {
        await pool.query('update ehr.hl7_sent set attempts = $2, last_fault = $3 where id = $1', [waiting.id, attempts, faultText(error)]);
        if (isClosed || attempts >= mostAttempts) return { id: waiting.id, state: 'waiting', attempts };
        await wait(retryAfterMs);
      }
    }
  };

  return {
    async queue({ id, source, controlId, bytes }) {
      await pool.query(
        'insert into ehr.hl7_sent (id, control_id, source, message, state) values ($1, $2, $3, $4, \'waiting\') on conflict do nothing',
        [id, controlId ?? null, source, bytes],
      );
    },
    async sendWaiting() {
      const { rows } = await pool.query<Waiting>('select id, control_id, message, attempts from ehr.hl7_sent where state = \'waiting\' order by place');
      const outcomes: Hl7Outcome[] = [];
      for (const row of rows) {
        if (isClosed) break;
        outcomes.push(await deliver(row));
      }
      return outcomes;
    },
    async close() {
      isClosed = true;
      line?.close();
      await pool.end();
    },
  };
}

interface Line {
  exchange(message: Buffer, controlId: string | undefined, withinMs: number): Promise<Answer>;
  close(): void;
}

async function openLine(host: string, port: number): Promise<Line> {
  const socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => socket.destroy());
  const decoder = new MllpDecoder();
  return {
    exchange: (message, controlId, withinMs) => exchange(socket, decoder, message, controlId, withinMs),
    close: () => socket.destroy(),
  };
}

function exchange(socket: Socket, decoder: MllpDecoder, message: Buffer, controlId: string | undefined, withinMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(new Error(`no answer within ${withinMs} ms`))), withinMs);
    const onClose = () => settle(() => reject(new Error('the connection was closed before the answer')));
    const onData = (chunk: Buffer) => {
      for (const event of decoder.feed(chunk)) {
        if (event.kind === 'violation') return settle(() => reject(new Error(`the answer breaks MLLP: ${event.violation}`)));
        try {
          const answer = readAnswer(event.payload, controlId);
          if (answer) return settle(() => resolve(answer));
        } catch (error) {
          return settle(() => reject(error as Error));
        }
      }
    };
    const settle = (done: () => void) => {
      clearTimeout(timer);
      socket.off('close', onClose).off('data', onData);
      done();
    };
    socket.on('close', onClose).on('data', onData);
    if (socket.destroyed) return onClose();
    socket.write(frame(message));
  });
}

/** Undefined for the late answer to an earlier message, which some receivers send after a timeout. */
function readAnswer(payload: Buffer, controlId: string | undefined): Answer | undefined {
  const acknowledgment = readAcknowledgment(parseMessage(decodeMessage(payload).text));
  const isOurs = controlId === undefined || acknowledgment.controlId === undefined || acknowledgment.controlId === controlId;
  return isOurs ? { code: acknowledgment.code, isPositive: acknowledgment.isPositive, text: acknowledgment.text } : undefined;
}

function faultText(error: unknown): string {
  if (error instanceof Hl7Error) return `the answer cannot be read: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
