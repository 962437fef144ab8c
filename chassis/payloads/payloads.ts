import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors/failures.ts';
import type { Queries, Row } from '../storage/database.ts';
import type { DataKeys } from './data-keys.ts';
import { compressed, encrypt, MOST_BYTES, opened, type Sealed } from './sealed.ts';

export interface NewPayload {
  body: Buffer | string;
  mediaType: string;
  /** What it is kept for, such as `received-message`. Bound to the body. */
  purpose: string;
  /** Days after which it is forgotten; Infinity for what its owner removes. Those of the configuration when absent. */
  keepDays?: number;
  /** False where more than one party wrote the body. */
  compress?: boolean;
  /** Given when the caller has to know it before. */
  reference?: string;
}

export interface KeptPayload {
  body: Buffer;
  mediaType: string;
  purpose: string;
}

/**
 * Bodies that have to be kept, encrypted: whoever reads the tables, a backup or a disk sees none of them. Who may read
 * one is decided by whoever holds its reference.
 */
export interface Payloads {
  /** Keeps a body within the caller's transaction: it is there with the row that refers to it, or not at all. */
  put(on: Queries, payload: NewPayload): Promise<string>;
  /** As `put`, all with one statement; references in the order given. */
  putAll(on: Queries, payloads: readonly NewPayload[]): Promise<string[]>;
  /** @throws ApiError 'not-found' when it is forgotten already, 'internal' when it was altered */
  get(on: Queries, reference: string): Promise<KeptPayload>;
  /** Those that there are, by reference. */
  getAll(on: Queries, references: readonly string[]): Promise<Map<string, KeptPayload>>;
  remove(on: Queries, references: readonly string[]): Promise<void>;
}

interface PayloadRow extends Row {
  reference: string;
  purpose: string;
  media_type: string;
  encoding: Sealed['encoding'];
  data_key: string;
  nonce: Buffer;
  content: Buffer;
  master_key: string;
  wrapped: Buffer;
}

// The arrays stand in selects of their own: the planner would otherwise plan anew for each length. A body whose key is not
// there is not kept: after a restore, or on a host that slept, a process may have a key that nobody could read with again.
const PUT = `
  insert into chassis.payloads (reference, purpose, media_type, encoding, data_key, nonce, content, expires_at)
  select reference, purpose, media_type, encoding, data_key, nonce, content, case when keep_days is null then 'infinity' else now() + keep_days * interval '1 day' end
  from unnest((select $1::uuid[]), (select $2::text[]), (select $3::text[]), (select $4::text[]), (select $5::uuid[]), (select $6::bytea[]), (select $7::bytea[]), (select $8::float8[]))
    as given (reference, purpose, media_type, encoding, data_key, nonce, content, keep_days)
  where exists (select from chassis.data_keys k where k.id = given.data_key)
  returning reference`;

export function createPayloads(dataKeys: DataKeys, policy: { keepDays: number }): Payloads {
  async function sealed({ body, mediaType, purpose, compress = true, reference = randomUUID() }: NewPayload): Promise<Sealed> {
    const plain = typeof body === 'string' ? Buffer.from(body) : body;
    if (plain.length > MOST_BYTES) throw new ApiError('too-large', 'The body is larger than what can be kept.', { code: 'payload-too-large' });
    const { encoding, bytes } = compress ? await compressed(plain) : { encoding: 'plain' as const, bytes: plain };
    return encrypt({ reference, purpose, mediaType, encoding }, bytes, await dataKeys.next(bytes.length));
  }

  async function putAll(on: Queries, payloads: readonly NewPayload[]): Promise<string[]> {
    if (payloads.length === 0) return [];
    const rows = await Promise.all(payloads.map(sealed));
    const days = payloads.map(({ keepDays = policy.keepDays }) => (Number.isFinite(keepDays) ? keepDays : null));
    const put = await on.query(PUT, [
      rows.map((row) => row.reference), rows.map((row) => row.purpose), rows.map((row) => row.mediaType), rows.map((row) => row.encoding),
      rows.map((row) => row.dataKey), rows.map((row) => row.nonce), rows.map((row) => row.content), days,
    ]);
    if (put.length < rows.length) {
      for (const { dataKey } of rows) dataKeys.giveUp(dataKey);
      throw new ApiError('unavailable', 'The key that encrypts bodies was lost; another takes its place.', { code: 'data-key-lost', retryAfterMs: 100 });
    }
    return rows.map((row) => row.reference);
  }

  async function getAll(on: Queries, references: readonly string[]): Promise<Map<string, KeptPayload>> {
    const rows = await on.query<PayloadRow>(
      `select p.reference, p.purpose, p.media_type, p.encoding, p.data_key, p.nonce, p.content, k.master_key, k.wrapped
       from chassis.payloads p left join chassis.data_keys k on k.id = p.data_key where p.reference = any($1)`, [references]);
    return new Map(await Promise.all(rows.map(async (row) => [row.reference, await kept(row)] as const)));
  }

  async function kept({ data_key: dataKey, media_type: mediaType, master_key: masterKey, wrapped, ...row }: PayloadRow): Promise<KeptPayload> {
    // The key is gone and with it the body, as when somebody cleared the table of keys.
    if (!masterKey) throw new ApiError('internal', 'The key of a body that was kept is gone.', { code: 'data-key-gone' });
    const key = await dataKeys.unwrapped({ id: dataKey, masterKey, wrapped });
    return { body: await opened({ ...row, mediaType, dataKey }, key), mediaType, purpose: row.purpose };
  }

  return {
    putAll,
    getAll,
    async put(on, payload) {
      const [reference] = await putAll(on, [payload]);
      return reference!;
    },
    async get(on, reference) {
      const found = (await getAll(on, [reference])).get(reference);
      if (!found) throw new ApiError('not-found', 'The body is not kept any more.', { code: 'payload-gone' });
      return found;
    },
    async remove(on, references) {
      if (references.length > 0) await on.query('delete from chassis.payloads where reference = any($1)', [references]);
    },
  };
}

/** Where no master key is configured nothing is kept, rather than kept in the clear. */
export const unconfiguredPayloads: Payloads = {
  put: notConfigured, putAll: notConfigured, get: notConfigured, getAll: notConfigured, remove: notConfigured,
};

async function notConfigured(): Promise<never> {
  throw new ApiError('internal', 'No master key is configured, so that no body can be kept.', { code: 'payloads-not-configured' });
}
