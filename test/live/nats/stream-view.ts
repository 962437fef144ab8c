import { createHash } from 'node:crypto';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import { streamOf, type StreamName } from '#chassis/events/nats/stream.ts';
import type { Queries } from '#chassis/storage/database.ts';

/** The stream as somebody outside sees it. */
export interface StreamView {
  name: StreamName;
  jsm: JetStreamManager;
  publish(type: string, payload: string, headers?: Record<string, string>): Promise<void>;
  /** Everything in it, in its order. */
  messages(): Promise<StreamMessage[]>;
  close(): Promise<void>;
}

export interface StreamMessage {
  id: string;
  subject: string;
  header(name: string): string;
  body: Record<string, unknown>;
}

export async function viewStream(url: string, database: Queries): Promise<StreamView> {
  const nc = await connect({ servers: url });
  const [jsm, js, name] = [await jetstreamManager(nc), jetstream(nc), await streamOf(database)];
  return {
    name, jsm,
    async publish(type, payload, given = {}) {
      const own = headers();
      for (const [key, value] of Object.entries(given)) own.set(key, value);
      await js.publish(`${name.prefix}.${type}`, payload, { headers: own });
    },
    async messages() {
      const { state } = await jsm.streams.info(name.stream);
      const found: StreamMessage[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
        const message = await jsm.streams.getMessage(name.stream, { seq });
        if (message) found.push({ id: message.header.get('Nats-Msg-Id'), subject: message.subject, header: (header) => message.header.get(header), body: message.json() });
      }
      return found;
    },
    close: () => nc.close(),
  };
}

/** Count and hash of what somebody has, to be compared with that of the log. */
export function digestOf(ids: readonly string[]): { count: number; hash: string } {
  return { count: ids.length, hash: createHash('sha256').update(ids.join('\n')).digest('hex') };
}

export async function idsInLog(database: Queries): Promise<string[]> {
  return (await database.query<{ id: string }>('select id from chassis.events order by xid, seq')).map(({ id }) => id);
}
