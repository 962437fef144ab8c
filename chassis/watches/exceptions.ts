import { MOMENT, pageOf, positionOf, UUID, type Page } from '../contract/page.ts';
import { ApiError } from '../errors/failures.ts';
import { keyOf } from '../events/business-keys.ts';
import { seenFrom } from '../security/facilities.ts';
import { nameOf, type Principal } from '../security/principal.ts';
import type { Queries, Row } from '../storage/database.ts';

export type ExceptionState = 'open' | 'acknowledged' | 'cleared-late' | 'resolved';

/** What had to happen and did not, and who sees to it. */
export interface BusinessException {
  id: string;
  watch: string;
  title: string;
  owner: string;
  severity: 'high' | 'medium' | 'low';
  state: ExceptionState;
  /** Types of events, any of which would have done. */
  expected: string[];
  /** Business keys as `kind:value`. */
  keys: string[];
  facility?: string;
  since: string;
  dueAt: string;
  raisedAt: string;
  correlationId: string;
  acknowledgedBy?: string;
  acknowledgedAt?: string;
  /** Type of the event that came late. */
  clearedBy?: string;
  clearedAt?: string;
  resolvedBy?: string;
  resolvedAt?: string;
  note?: string;
}

interface ExceptionRow extends Row {
  id: string;
  watch: string;
  title: string;
  owner: string;
  severity: BusinessException['severity'];
  state: ExceptionState;
  expected: string[];
  keys: string[];
  facility: string | null;
  since: Date;
  due_at: Date;
  raised_at: Date;
  correlation_id: string;
  acknowledged_by: string | null;
  acknowledged_at: Date | null;
  cleared_by: string | null;
  cleared_at: Date | null;
  resolved_by: string | null;
  resolved_at: Date | null;
  note: string | null;
  position: string;
}

const COLUMNS = `id, watch, title, owner, severity, state, expected, keys, facility, since, due_at, raised_at, correlation_id,
  acknowledged_by, acknowledged_at, cleared_by, cleared_at, resolved_by, resolved_at, note, due_at::text as position`;
const SEEN = seenFrom('$1');

export interface ExceptionQuery {
  state?: ExceptionState;
  owner?: string;
  watch?: string;
  key?: { kind: string; value: string };
  cursor?: string;
  limit?: number;
}

/** The longest overdue first. */
export async function listExceptions(on: Queries, { state, owner, watch, key, cursor, limit = 50 }: ExceptionQuery, principal: Principal): Promise<Page<BusinessException>> {
  const position = positionOf(cursor, [MOMENT, UUID]);
  const values: unknown[] = [principal.facilities, limit + 1];
  const conditions = [SEEN];
  const where = (condition: (place: string) => string, value: unknown) => { if (value !== undefined) conditions.push(condition(`$${values.push(value)}`)); };
  where((place) => `state = ${place}`, state);
  where((place) => `owner = ${place}`, owner);
  where((place) => `watch = ${place}`, watch);
  where((place) => `keys @> array[${place}::text]`, key && keyOf(key.kind, key.value));
  if (position) conditions.push(`(due_at, id) > ($${values.push(position[0])}::timestamptz, $${values.push(position[1])}::uuid)`);
  const rows = await on.query<ExceptionRow>(`select ${COLUMNS} from chassis.business_exceptions where ${conditions.join(' and ')} order by due_at, id limit $2`, values);
  return pageOf(rows, limit, (row) => [row.position, row.id], present);
}

export async function getException(on: Queries, id: string, principal: Principal): Promise<BusinessException> {
  const [row] = await on.query<ExceptionRow>(`select ${COLUMNS} from chassis.business_exceptions where ${SEEN} and id = $2`, [principal.facilities, id]);
  if (!row) throw new ApiError('not-found', 'There is no such exception.');
  return present(row);
}

/** Somebody has seen it and is at it. Saying so again changes nothing. */
export async function acknowledgeException(on: Queries, id: string, principal: Principal): Promise<BusinessException> {
  const changed = await on.query(
    `update chassis.business_exceptions set state = 'acknowledged', acknowledged_by = $3, acknowledged_at = now() where ${SEEN} and id = $2 and state = 'open' returning id`,
    [principal.facilities, id, nameOf(principal)]);
  const exception = await getException(on, id, principal);
  if (changed.length === 0 && exception.acknowledgedBy !== nameOf(principal)) throw notOpen(exception);
  return exception;
}

/** Settled by a person, who says how; what comes after that is still noted. */
export async function resolveException(on: Queries, id: string, { note }: { note: string }, principal: Principal): Promise<BusinessException> {
  const changed = await on.query(
    `update chassis.business_exceptions set state = 'resolved', resolved_by = $3, resolved_at = now(), note = $4 where ${SEEN} and id = $2 and state in ('open', 'acknowledged') returning id`,
    [principal.facilities, id, nameOf(principal), note]);
  const exception = await getException(on, id, principal);
  const isRepeat = exception.resolvedBy === nameOf(principal) && exception.note === note;
  if (changed.length === 0 && !isRepeat) throw notOpen(exception);
  return exception;
}

function notOpen({ state }: BusinessException): ApiError {
  return new ApiError('conflict', `The exception is ${state} already.`, { code: 'not-open' });
}

function present(row: ExceptionRow): BusinessException {
  const { id, watch, title, owner, severity, state, expected, keys } = row;
  return {
    id, watch, title, owner, severity, state, expected, keys, since: row.since.toISOString(), dueAt: row.due_at.toISOString(), raisedAt: row.raised_at.toISOString(), correlationId: row.correlation_id,
    ...(row.facility === null ? {} : { facility: row.facility }),
    ...(row.acknowledged_by !== null && row.acknowledged_at ? { acknowledgedBy: row.acknowledged_by, acknowledgedAt: row.acknowledged_at.toISOString() } : {}),
    ...(row.cleared_by !== null && row.cleared_at ? { clearedBy: row.cleared_by, clearedAt: row.cleared_at.toISOString() } : {}),
    ...(row.resolved_by !== null && row.resolved_at ? { resolvedBy: row.resolved_by, resolvedAt: row.resolved_at.toISOString() } : {}),
    ...(row.note === null ? {} : { note: row.note }),
  };
}
