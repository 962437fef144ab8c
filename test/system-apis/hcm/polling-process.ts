/** Follows changes until it is about to tell the first one, says so, and goes no further. */
import { createEventLog } from '#chassis/events/event-log.ts';
import { eventSchemas } from '#chassis/events/event-schemas.ts';
import { openDatabase } from '#chassis/storage/database.ts';
import { openSignals } from '#chassis/storage/signals.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import schemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import type { WorkdaySettings } from '../../../system-apis/hcm/adapters/workday/settings.ts';
import { pollChanges } from '../../../system-apis/hcm/changes/poller.ts';
import { openAdapter } from './support.ts';

const { databaseUrl, settings } = JSON.parse(process.argv[2]!) as { databaseUrl: string; settings: WorkdaySettings };
const log = createLog('polling-process', 'error');
const database = openDatabase({ url: databaseUrl, log });
const events = createEventLog<EventData>({ source: 'test', schemas: eventSchemas(schemas as never), signals: await openSignals(database, log), metrics: createMetrics('polling-process') });
const stuck: typeof events.publish = async (tx, event) => {
  await events.publish(tx, event);
  process.send!({ told: event.subject });
  await new Promise(() => undefined);
};
await pollChanges({ database, log, events: { ...events, publish: stuck }, poll: openAdapter(settings).pollChanges, pollMs: 20 }).start();
