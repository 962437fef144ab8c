import { ApiError } from '#chassis/errors/failures.ts';
import { MOMENT, pageOf, positionOf, UUID, type Page } from '#chassis/contract/page.ts';
import { timelineOf } from '#chassis/lifecycle/timeline.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type { Database, Row } from '#chassis/storage/database.ts';
import type { Consumption as View, ConsumptionDetail } from '#contracts/generated/process/consumption-to-replenishment/v1.ts';
import type { Consumption } from './consumption.ts';
import { PROCESS } from './definition.ts';

interface LifeRow extends Row {
  id: string;
  state: string;
  facility: string | null;
  snapshot: { context: Consumption };
  /** Place in the list. A Date would cut it to milliseconds, and uses that come in one batch begin in the same one. */
  created: string;
  updated_at: Date;
}

export async function listConsumptions(database: Database, query: { state?: string; facility?: string; cursor?: string; limit?: number }, principal: Principal): Promise<Page<View>> {
  const { state, facility, cursor, limit = 50 } = query;
  const position = positionOf(cursor, [MOMENT, UUID]);
  const rows = await database.query<LifeRow>(
    `select id, state, facility, snapshot, created_at::text as created, updated_at from chassis.lives
     where process = $1 and ($2::text is null or state = $2) and ($3::text is null or facility = $3) and ($4 or facility = any($5))
       and ($6::timestamptz is null or (created_at, id) < ($6, $7::uuid))
     order by created_at desc, id desc limit $8`,
    [PROCESS, state ?? null, facility ?? null, principal.facilities.length === 0, principal.facilities, position?.[0] ?? null, position?.[1] ?? null, limit + 1]);
  return pageOf(rows, limit, (row) => [row.created, row.id], view);
}

export async function readConsumption(database: Database, useId: string, principal: Principal): Promise<ConsumptionDetail> {
  const [row] = await database.query<LifeRow>(
    `select l.id, l.state, l.facility, l.snapshot, l.updated_at from chassis.life_identities i join chassis.lives l on l.id = i.life_id where i.process = $1 and i.identity = $2`, [PROCESS, useId]);
  if (!row || (row.facility !== null && principal.facilities.length > 0 && !principal.facilities.includes(row.facility))) throw new ApiError('not-found', 'No such use is known.');
  return { consumption: view(row), timeline: await timelineOf(database, row.id) };
}

function view({ state, snapshot: { context }, updated_at }: LifeRow): View {
  const { use, item, place, cost, requisitionReference } = context;
  return {
    id: use.id, state, kind: use.kind, quantity: use.quantity, recordedAt: use.recordedAt, updatedAt: updated_at.toISOString(),
    ...(use.facility ? { facility: use.facility } : {}), ...(place ? { costCenter: place.costCenter } : {}), ...(item ? { itemNumber: item.itemNumber } : {}),
    ...(cost && item ? { cost, currency: item.currency } : {}), ...(requisitionReference ? { requisitionReference } : {}),
  };
}
