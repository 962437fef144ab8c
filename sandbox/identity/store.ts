import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';

/** Where the provider keeps sessions, grants, codes and the ids of used assertions, across restarts. */
export interface IdentityStore {
  adapterFor(model: string): Adapter;
  close(): void;
}

const SCHEMA = `
pragma journal_mode = wal;
create table if not exists entry (
  model text not null,
  id text not null,
  payload text not null,
  grant_id text,
  uid text,
  expires_at integer,
  consumed_at integer,
  primary key (model, id)
);
create index if not exists entry_by_grant on entry (grant_id) where grant_id is not null;
create index if not exists entry_by_uid on entry (uid) where uid is not null;
`;

/** The provider asks "was this used?" and later says "it is used now"; between the two another request may do the same. */
const SINGLE_USE = new Set(['ReplayDetection']);

export function openIdentityStore(file: string): IdentityStore {
  // SQLite gives its journal the permissions of this file.
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  database.exec(SCHEMA);
  const insert = database.prepare(`
    insert into entry (model, id, payload, grant_id, uid, expires_at) values (?, ?, ?, ?, ?, ?)
    on conflict (model, id) do update set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid, expires_at = excluded.expires_at
      where not (entry.model = 'ReplayDetection' and entry.expires_at > ?)`);
  const byId = database.prepare('select payload, consumed_at from entry where model = ? and id = ? and (expires_at is null or expires_at > ?)');
  const byUid = database.prepare('select payload, consumed_at from entry where model = ? and uid = ? and (expires_at is null or expires_at > ?)');
  const consume = database.prepare('update entry set consumed_at = ? where model = ? and id = ? and consumed_at is null');
  const remove = database.prepare('delete from entry where model = ? and id = ?');
  const removeGrant = database.prepare('delete from entry where grant_id = ?');
  const removeExpired = database.prepare('delete from entry where expires_at <= ?');
  let writes = 0;

  const read = (row: Record<string, unknown> | undefined): AdapterPayload | undefined => {
    if (!row) return undefined;
    const payload = JSON.parse(String(row.payload)) as AdapterPayload;
    return row.consumed_at === null ? payload : { ...payload, consumed: Number(row.consumed_at) };
  };

  return {
    adapterFor: (model) => ({
      async upsert(id, payload, expiresIn) {
        const now = epochSeconds();
        if (++writes % 500 === 0) removeExpired.run(now);
        const { changes } = insert.run(model, id, JSON.stringify(payload), payload.grantId ?? null, payload.uid ?? null, expiresIn ? now + expiresIn : null, now);
        if (Number(changes) === 0 && SINGLE_USE.has(model)) throw new errors.InvalidClient('client assertion tokens must only be used once');
      },
      find: async (id) => read(byId.get(model, id, epochSeconds())),
      findByUid: async (uid) => read(byUid.get(model, uid, epochSeconds())),
      findByUserCode: async () => undefined,
      async consume(id) {
        if (Number(consume.run(epochSeconds(), model, id).changes) === 0) throw new errors.InvalidGrant('already used');
      },
      async destroy(id) {
        remove.run(model, id);
      },
      async revokeByGrantId(grantId) {
        removeGrant.run(grantId);
      },
    }),
    close: () => database.close(),
  };
}

function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
