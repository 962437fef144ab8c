import { createEventLog } from '#chassis/events/event-log.ts';
import { eventSchemas } from '#chassis/events/event-schemas.ts';
import { openPayloads } from '#chassis/payloads/open.ts';
import type { PayloadSettings } from '#chassis/payloads/settings.ts';
import { openDatabase } from '#chassis/storage/database.ts';
import { openSignals } from '#chassis/storage/signals.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { checkSection } from '#chassis/config/config.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import schemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { hl7v2 } from '../../../../system-apis/ehr/adapters/hl7-v2/adapter.ts';
import { createIntake } from '../../../../system-apis/ehr/messages/intake.ts';

/** Takes messages in and never gets to process one: the process that dies right after its answer. */
const { url, payloadKeys } = JSON.parse(process.argv[2] ?? '{}') as { url: string; payloadKeys: PayloadSettings };
const log = createLog('child', 'error');
const database = openDatabase({ url, log });
const metrics = createMetrics('child');
const messages = hl7v2.create(checkSection(hl7v2.settings, { port: 0 }, '', []), { log, metrics, clock: systemClock });
const { payloads } = await openPayloads(payloadKeys, { database, log });
const events = createEventLog<EventData>({ source: 'child', schemas: eventSchemas(schemas), signals: await openSignals(database, log), metrics });
const intake = createIntake({ database, payloads, events, log, onStored: () => undefined });
const listener = messages.listen(intake.take);
await listener.start();
process.send?.({ port: listener.port });
