import { createHash } from 'node:crypto';
import type { Queries } from '#chassis/storage/database.ts';
import type { Standing } from '../port.ts';

/** A credential, or a sanction when it has no id, that is other than it was. */
export interface Change {
  credentialId?: string;
  code?: string;
  /** Tells this change from all others of the person. */
  key: string;
}

type Items = Record<string, { credentialId?: string; code?: string; fingerprint: string }>;

/** Takes over what is known of somebody by now. @returns what of it is other than before, what is gone included */
export async function takeOver(tx: Queries, standing: Standing): Promise<Change[]> {
  const [known] = await tx.query<{ revision: number; items: Items }>('select revision, items from credentialing.known_standings where person_id = $1 for update', [standing.personId]);
  const before = known?.items ?? {};
  const now = itemsOf(standing);
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((each) => before[each]?.fingerprint !== now[each]?.fingerprint);
  if (changed.length === 0) return [];
  const revision = (known?.revision ?? 0) + 1;
  await tx.query(
    `insert into credentialing.known_standings (person_id, revision, items) values ($1, $2, $3)
     on conflict (person_id) do update set revision = excluded.revision, items = excluded.items`, [standing.personId, revision, JSON.stringify(now)]);
  return changed.map((each) => {
    const { fingerprint: _, ...what } = (now[each] ?? before[each])!;
    return { ...what, key: `${each} ${revision}` };
  });
}

function itemsOf({ credentials, sanctions }: Standing): Items {
  return Object.fromEntries([
    ...credentials.map((each) => [`credential ${each.credentialId}`, { credentialId: each.credentialId, code: each.code, fingerprint: fingerprintOf(each) }] as const),
    ...sanctions.map((each) => [`sanction ${each.source} ${each.from}`, { fingerprint: fingerprintOf(each) }] as const),
  ]);
}

function fingerprintOf(item: object): string {
  return createHash('sha256').update(JSON.stringify(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))).digest('base64url');
}
