import { createEventLog, type EventLog, type RecordedEvent } from '#chassis/events/event-log.ts';
import { eventSchemas } from '#chassis/events/event-schemas.ts';
import { openPayloads } from '#chassis/payloads/open.ts';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import type { PayloadSettings } from '#chassis/payloads/settings.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { CHASSIS_SCHEMA } from '#chassis/deployable/schema.ts';
import { openSignals } from '#chassis/storage/signals.ts';
import { createLog, type Log } from '#chassis/telemetry/logger.ts';
import { createMetrics, type Metrics } from '#chassis/telemetry/metrics.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import schemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { migrations } from '../../../system-apis/ehr/migrations.ts';
import { createTestDatabase } from '../../support/database.ts';
import { payloadKeysIn } from '../../support/payload-keys.ts';

export interface Ground {
  database: Database;
  payloads: Payloads;
  payloadKeys: PayloadSettings;
  events: EventLog<EventData>;
  log: Log;
  /** Everything that was logged, debug lines included. */
  logged(): string;
  metrics: Metrics;
  /** Events in the order of the log; those of one type when it is given. */
  published(type?: keyof EventData): Promise<RecordedEvent[]>;
  /** Control ids of the messages that were told to be processed, in that order. */
  processed(): Promise<string[]>;
  leave(): Promise<void>;
}

/** A database with the tables of the chassis and of this API, and what stands on it. */
export async function standOnDatabase(): Promise<Ground> {
  const { url, drop } = await createTestDatabase();
  const lines: string[] = [];
  const log = createLog('test', 'debug', new Writable({ write: (line, _encoding, done) => { lines.push(String(line)); done(); } }));
  const metrics = createMetrics('test');
  const database = openDatabase({ url, log });
  await migrate(database, 'chassis', CHASSIS_SCHEMA);
  await migrate(database, 'ehr', migrations);
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  const payloadKeys = await payloadKeysIn(keys);
  const { payloads } = await openPayloads(payloadKeys, { database, log });
  const signals = await openSignals(database, log);
  const events = createEventLog<EventData>({ source: 'test', schemas: eventSchemas(schemas as never), signals, metrics });
  return {
    database, payloads, payloadKeys, events, log, metrics,
    logged: () => lines.join(''),
    published: (type) => database.query<RecordedEvent>('select * from chassis.events where $1::text is null or type = $1 order by xid, seq', [type ?? null]),
    processed: async () => (await database.query<{ control_id: string }>(
      `select control_id from chassis.events e join ehr.messages m on m.id = (e.data->>'messageId')::uuid where e.type = 'clinical-message.processed.v1' order by e.xid, e.seq`)).map((row) => row.control_id),
    async leave() {
      await signals.close();
      await database.close();
      await drop();
      await rm(keys, { recursive: true });
    },
  };
}
