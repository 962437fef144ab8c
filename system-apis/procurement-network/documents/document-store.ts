import type { Queries, Transaction } from '#chassis/storage/database.ts';
import type { StoredDocument } from '#contracts/generated/system/procurement-network/v1.ts';
import { asCode } from '../values.ts';
import type { DocumentKind, Inbound, SupplierDocument } from './inbound.ts';

export interface DocumentRow extends Record<string, unknown> {
  id: string;
  kind: DocumentKind;
  channel: string;
  supplier_number: string | null;
  order_number: string | null;
  number: string | null;
  status: 'announced' | 'rejected';
  duplicate_of: string | null;
  problem: string | null;
  content: unknown;
  /** Reference of what came. */
  body: string;
  received_at: Date;
}

export const DOCUMENT_COLUMNS = 'id, kind, channel, supplier_number, order_number, number, status, duplicate_of, problem, content, body, received_at';

export async function findBySource(on: Queries, channel: string, source: string): Promise<DocumentRow | undefined> {
  const [row] = await on.query<DocumentRow>(`select ${DOCUMENT_COLUMNS} from procurement_network.documents where channel = $1 and source = $2`, [channel, source]);
  return row;
}

/** The first of several documents of the same number and content. */
export async function findOriginal(on: Queries, channel: string, { kind, content }: SupplierDocument, hash: string): Promise<string | undefined> {
  const [row] = await on.query<{ id: string }>(
    `select id from procurement_network.documents
     where channel = $1 and supplier_number = $2 and kind = $3 and number = $4 and content_hash = $5 and status = 'announced' and duplicate_of is null`,
    [channel, content.supplierNumber, kind, content.number, hash]);
  return row?.id;
}

/** @returns undefined when the same sending, or an original of the same content, is there already */
export async function insertAnnounced(
  tx: Transaction,
  channel: string,
  source: string,
  { kind, content }: SupplierDocument,
  as: { id: string; hash: string; body: string; duplicateOf?: string | undefined },
): Promise<DocumentRow | undefined> {
  const [row] = await tx.query<DocumentRow>(
    `insert into procurement_network.documents (id, kind, channel, source, supplier_number, order_number, number, status, duplicate_of, content, content_hash, body)
     values ($1, $2, $3, $4, $5, $6, $7, 'announced', $8, $9, $10, $11) on conflict do nothing returning ${DOCUMENT_COLUMNS}`,
    [as.id, kind, channel, source, content.supplierNumber, content.orderNumber, content.number, as.duplicateOf ?? null, JSON.stringify(content), as.hash, as.body]);
  return row;
}

/** Kept with what is wrong with it. Tried again, it keeps its id and what came at first, with the newest reason. */
export async function insertRejected(tx: Transaction, channel: string, inbound: Inbound, as: { id: string; body: string }, problem: string): Promise<DocumentRow> {
  const [row] = await tx.query<DocumentRow>(
    `insert into procurement_network.documents (id, kind, channel, source, supplier_number, order_number, number, status, problem, body)
     values ($1, $2, $3, $4, $5, $6, $7, 'rejected', $8, $9)
     on conflict (channel, source) do update set problem = excluded.problem
     returning ${DOCUMENT_COLUMNS}`,
    [
      as.id, inbound.kind, channel, inbound.source, asCode(inbound.supplierNumber) ?? null, asCode(inbound.orderNumber) ?? null, asCode(inbound.number) ?? null,
      problem.slice(0, 500), as.body,
    ]);
  return row!;
}

export async function deleteDocument(tx: Transaction, id: string): Promise<void> {
  await tx.query('delete from procurement_network.documents where id = $1', [id]);
}

const FIELDS = { acknowledgement: 'acknowledgement', 'ship-notice': 'shipNotice', invoice: 'invoice', interchange: undefined } as const;

export function asStored(row: DocumentRow): StoredDocument {
  const field = FIELDS[row.kind];
  return {
    documentId: row.id, kind: row.kind, channel: row.channel,
    ...(row.supplier_number === null ? {} : { supplierNumber: row.supplier_number }),
    ...(row.order_number === null ? {} : { orderNumber: row.order_number }),
    ...(row.number === null ? {} : { number: row.number }),
    receivedAt: row.received_at.toISOString(), status: row.status, duplicate: row.duplicate_of !== null,
    ...(row.problem === null ? {} : { problem: row.problem }),
    ...(field === undefined || row.content === null ? {} : { [field]: row.content }),
  };
}
