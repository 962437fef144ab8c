import type { Implementation } from '#chassis/contract/serve.ts';
import { pageOf } from '#chassis/contract/page.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { ProcurementNetworkOperations } from '#contracts/generated/system/procurement-network/v1.ts';
import { filters, placeIn } from '../paging.ts';
import { asStored, DOCUMENT_COLUMNS, type DocumentRow } from './document-store.ts';

export type StoredDocumentOperations = Pick<Implementation<ProcurementNetworkOperations>, 'listDocuments' | 'getDocument'>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What suppliers sent, newest first, the rejected included. */
export function storedDocumentOperations(database: Database): StoredDocumentOperations {
  return {
    async listDocuments({ orderNumber, supplierNumber, kind, status, cursor, limit = 50 }) {
      const place = placeIn(cursor, (key) => UUID.test(key));
      const { where, values, bind } = filters({ order_number: orderNumber, supplier_number: supplierNumber, kind, status });
      if (place) where.push(`(received_at, id) < (${bind(place.at)}::timestamptz, ${bind(place.key)}::uuid)`);
      const rows = await database.query<DocumentRow & { at: string }>(
        `select ${DOCUMENT_COLUMNS}, to_char(received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
         from procurement_network.documents where ${where.join(' and ')} order by received_at desc, id desc limit ${bind(limit + 1)}`, values);
      return pageOf(rows, limit, (row) => [row.at, row.id], asStored);
    },
    async getDocument({ documentId }) {
      const [row] = await database.query<DocumentRow>(`select ${DOCUMENT_COLUMNS} from procurement_network.documents where id = $1`, [documentId]);
      if (!row) throw new ApiError('not-found', 'There is no such document.', { code: 'unknown-document' });
      return asStored(row);
    },
  };
}
