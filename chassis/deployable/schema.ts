import { IDEMPOTENCY_SCHEMA } from '../contract/schema.ts';
import { NATS_SCHEMA } from '../events/nats/schema.ts';
import { EVENTS_SCHEMA } from '../events/schema.ts';
import { HISTORY_SCHEMA } from '../history/schema.ts';
import { INTERVENTIONS_SCHEMA } from '../interventions/schema.ts';
import { LIVES_SCHEMA } from '../lifecycle/schema.ts';
import { MOVES_SCHEMA } from '../moves/schema.ts';
import { PAYLOADS_SCHEMA } from '../payloads/schema.ts';
import { RESILIENCE_SCHEMA } from '../resilience/schema.ts';
import type { Migration } from '../storage/migrations.ts';
import { WATCHES_SCHEMA } from '../watches/schema.ts';

/** The chassis' own tables, in schema `chassis`. Every deployable of a platform shares them. */
export const CHASSIS_SCHEMA: readonly Migration[] = [...IDEMPOTENCY_SCHEMA, ...EVENTS_SCHEMA, ...NATS_SCHEMA, ...LIVES_SCHEMA, ...MOVES_SCHEMA, ...RESILIENCE_SCHEMA, ...INTERVENTIONS_SCHEMA, ...PAYLOADS_SCHEMA, ...WATCHES_SCHEMA, ...HISTORY_SCHEMA];
