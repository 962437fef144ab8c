import pg from 'pg';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Decision, SeenApproval, Sent, SentMessage, SentRequisition, SentUse } from '../reconciliation/sent.ts';

/** The list of what was sent, kept beside the books of the simulated systems, so that it outlives the day. */
export interface SentList {
  use(use: SentUse): void;
  requisition(requisition: SentRequisition): void;
  answered(reference: string, answer: Answer): void;
  approvals(reference: string, supplier: string, approvals: SeenApproval[]): void;
  decision(id: string, decision: Decision): void;
  message(message: SentMessage): void;
  /** Settles when everything said so far is written down. */
  written(): Promise<void>;
  close(): Promise<void>;
}

const SCHEMA = `
  create schema if not exists day;
  create table if not exists day.sent (
    place bigint generated always as identity,
    kind text not null,
    key text not null,
    body jsonb not null,
    primary key (kind, key)
  )`;

/** The database may be killed during the day: what cannot be written now is written later. */
const AGAIN_MS = 200;

export async function openSentList(databaseUrl: string): Promise<SentList> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  // A lost connection is replaced on the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  await pool.query(SCHEMA);
  const queue: { kind: string; key: string; body: object }[] = [];
  let writing: Promise<void> | undefined;
  let isClosed = false;

  async function write(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, 200);
      try {
        await pool.query(
          `insert into day.sent as s (kind, key, body) select kind, key, body from jsonb_to_recordset($1::jsonb) as r (kind text, key text, body jsonb)
           on conflict (kind, key) do update set body = s.body || excluded.body`, [JSON.stringify(merged(batch))]);
        queue.splice(0, batch.length);
      } catch (error) {
        if (isClosed) throw error;
        await wait(AGAIN_MS);
      }
    }
    writing = undefined;
  }
  const note = (kind: string, key: string, body: object) => {
    queue.push({ kind, key, body });
    writing ??= Promise.resolve().then(write);
  };

  return {
    use: (use) => note('use', use.id, use),
    requisition: (requisition) => note('requisition', requisition.reference, requisition),
    answered: (reference, answer) => note('requisition', reference, { answer }),
    approvals: (reference, supplier, approvals) => note('approvals', `${reference}/${supplier}`, { reference, supplier, approvals }),
    decision: (id, decision) => note('decision', id, decision),
    message: (message) => note('message', message.id, message),
    async written() {
      while (writing) await writing;
    },
    async close() {
      isClosed = true;
      await writing;
      await pool.end();
    },
  };
}

/** One statement may touch a row once: what is said twice about one thing in a batch is put together before. */
function merged(batch: readonly { kind: string; key: string; body: object }[]): object[] {
  const rows = new Map<string, { kind: string; key: string; body: object }>();
  for (const { kind, key, body } of batch) rows.set(`${kind} ${key}`, { kind, key, body: { ...rows.get(`${kind} ${key}`)?.body, ...body } });
  return [...rows.values()];
}

/** Who still waits is not written down; it is asked for at the end. */
export async function readSent(database: Pick<pg.ClientBase, 'query'>): Promise<Sent> {
  const { rows } = await database.query<{ kind: string; body: unknown }>('select kind, body from day.sent order by place');
  const bodies = <Kind>(kind: string) => rows.filter((row) => row.kind === kind).map((row) => row.body as Kind);
  const requisitions = bodies<SentRequisition>('requisition');
  for (const { reference, supplier, approvals } of bodies<{ reference: string; supplier: string; approvals: SeenApproval[] }>('approvals')) {
    const requisition = requisitions.find((each) => each.reference === reference);
    if (requisition) requisition.approvals = { ...requisition.approvals, [supplier]: approvals };
  }
  return { uses: bodies<SentUse>('use'), requisitions, decisions: bodies<Decision>('decision'), messages: bodies<SentMessage>('message'), waiting: [] };
}
