import { randomUUID } from 'node:crypto';
import { ApiError } from '#chassis/errors/failures.ts';
import { MOMENT, pageOf, positionOf, UUID, type Page } from '#chassis/contract/page.ts';
import type { Stead } from '#chassis/lifecycle/work-items.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type { Queries, Row } from '#chassis/storage/database.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { Delegation, NewDelegation } from '#contracts/generated/process/procure-to-pay/v1.ts';

interface DelegationRow extends Row {
  id: string;
  giver: string;
  taker: string;
  owners: string[];
  valid_from: Date;
  valid_until: Date;
}

/** What a person may decide by right of role and cost centre, such as `role:department-manager/7010`. */
export function ownersOf(principal: Principal): string[] {
  const costCenters = (principal.bindings['costCenters'] ?? '').split(',').filter((code) => code !== '');
  return principal.roles.flatMap((role) => costCenters.map((code) => `role:${role}/${code}`));
}

/** Whom a person stands in for at this moment, and as which owners of work items. Only what the giver may decide is passed on, never twice. */
export async function standsInFor(on: Queries, clock: Clock, principal: Principal): Promise<Stead[]> {
  const rows = await on.query<DelegationRow>(
    'select * from procure_to_pay.delegations where taker = $1 and valid_from <= $2 and valid_until > $2', [principal.subject, clock.now()]);
  return rows.flatMap((row) => row.owners.map((owner) => ({ owner, person: row.giver })));
}

export async function createDelegation(on: Queries, clock: Clock, delegation: NewDelegation, principal: Principal): Promise<Delegation> {
  if (principal.kind !== 'user') throw new ApiError('forbidden', 'Only a person can be stood in for.');
  if (delegation.to === principal.subject) throw new ApiError('refused', 'Nobody stands in for themselves.', { code: 'delegation-to-self', errors: [{ pointer: '/to', detail: 'is the person who delegates' }] });
  const [from, until] = [new Date(delegation.from), new Date(delegation.until)];
  if (until <= from || until <= clock.now()) throw new ApiError('refused', 'The delegation ends before it begins, or is over already.', { code: 'delegation-empty', errors: [{ pointer: '/until', detail: 'is not after the beginning and now' }] });
  const owners = [`user:${principal.subject}`, ...principal.roles.map((role) => `role:${role}`), ...ownersOf(principal)];
  const [row] = await on.query<DelegationRow>(
    'insert into procure_to_pay.delegations (id, giver, taker, owners, valid_from, valid_until) values ($1, $2, $3, $4, $5, $6) returning *',
    [randomUUID(), principal.subject, delegation.to, owners, from, until]);
  return view(row!);
}

export async function listDelegations(on: Queries, { cursor, limit = 50 }: { cursor?: string; limit?: number }, principal: Principal): Promise<Page<Delegation>> {
  const position = positionOf(cursor, [MOMENT, UUID]);
  const rows = await on.query<DelegationRow>(
    `select * from procure_to_pay.delegations where (giver = $1 or taker = $1) and ($2::timestamptz is null or (valid_from, id) > ($2, $3::uuid)) order by valid_from, id limit $4`,
    [principal.subject, position?.[0] ?? null, position?.[1] ?? null, limit + 1]);
  return pageOf(rows, limit, (row) => [row.valid_from.toISOString(), row.id], view);
}

function view(row: DelegationRow): Delegation {
  return { id: row.id, by: row.giver, to: row.taker, from: row.valid_from.toISOString(), until: row.valid_until.toISOString() };
}
