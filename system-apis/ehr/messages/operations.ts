import { pageOf, positionOf } from '#chassis/contract/page.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Row } from '#chassis/storage/database.ts';
import type { EhrOperations } from '#contracts/generated/system/ehr/v1.ts';
import { processOne, type KeptMessage, type ProcessingDeps } from './processing.ts';

type MessageOperations = Implementation<Pick<EhrOperations, 'listMessages' | 'getMessage' | 'reprocessMessage'>>;
type ReceivedMessage = EhrOperations['getMessage']['output'];

interface MessageRow extends Row {
  id: string;
  seq: number;
  sender: string;
  control_id: string;
  message_type: string | null;
  version: string | null;
  received_at: Date;
  status: ReceivedMessage['status'];
  acknowledgement: ReceivedMessage['acknowledgement'];
  problem: string | null;
  duplicates: number;
}

/** Everything but the content, which no operation shows. */
const COLUMNS = 'id, seq, sender, control_id, message_type, version, received_at, status, acknowledgement, problem, duplicates';

/** What became of messages, newest first, and another try at one. */
export function messageOperations(deps: ProcessingDeps): MessageOperations {
  const { database } = deps;
  return {
    async listMessages({ status, messageType, cursor, limit = 50 }) {
      const before = sequenceIn(cursor);
      const values: unknown[] = [limit + 1];
      const wanted = ([['status = ', status], ['message_type = ', messageType], ['seq < ', before]] as const)
        .flatMap(([condition, value]) => (value === undefined ? [] : [`${condition}$${values.push(value)}`]));
      const rows = await database.query<MessageRow>(`select ${COLUMNS} from ehr.messages ${wanted.length > 0 ? `where ${wanted.join(' and ')}` : ''} order by seq desc limit $1`, values);
      return pageOf(rows, limit, (row) => [String(row.seq)], present);
    },

    async getMessage({ messageId }) {
      const [row] = await database.query<MessageRow>(`select ${COLUMNS} from ehr.messages where id = $1`, [messageId]);
      return present(found(row));
    },

    async reprocessMessage({ messageId }) {
      return database.transaction(async (tx) => {
        // Not locked: whoever processes writes the event first and the row second, and so must this, or each waits for the other.
        const [kept] = await tx.query<KeptMessage>('select id, body, received_at from ehr.messages where id = $1', [messageId]);
        await processOne(tx, found(kept), deps);
        const [row] = await tx.query<MessageRow>(`select ${COLUMNS} from ehr.messages where id = $1`, [messageId]);
        return present(found(row));
      });
    },
  };
}

function present(row: MessageRow): ReceivedMessage {
  return {
    messageId: row.id,
    receivedAt: row.received_at.toISOString(),
    status: row.status,
    acknowledgement: row.acknowledgement,
    duplicates: row.duplicates,
    ...(row.control_id === '' ? {} : { controlId: row.control_id }),
    ...(row.message_type === null ? {} : { messageType: row.message_type }),
    ...(row.version === null ? {} : { version: row.version }),
    ...(row.sender === '' ? {} : { sender: row.sender }),
    ...(row.problem === null ? {} : { problem: row.problem }),
  };
}

function found<T>(row: T | undefined): T {
  if (row === undefined) throw new ApiError('not-found', 'There is no such message.', { code: 'unknown-message' });
  return row;
}

function sequenceIn(cursor: string | undefined): string | undefined {
  const position = positionOf(cursor, [/^\d{1,18}$/]);
  if (position && position.length !== 1) throw new ApiError('invalid-request', 'The cursor is not one of ours.', { errors: [{ pointer: 'parameter:cursor', detail: 'is not a cursor of this list' }] });
  return position?.[0];
}
