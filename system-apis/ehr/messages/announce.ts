import { ApiError } from '#chassis/errors/failures.ts';
import type { EventLog } from '#chassis/events/event-log.ts';
import type { InboundMessage } from '#chassis/history/inbound-messages.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import { contextFrom, runInContext } from '#chassis/telemetry/context.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { eventIdOf } from '../event-id.ts';
import type { Judgement } from '../port.ts';

type Events = EventLog<EventData>;

/**
 * An accepted message is stored: told in the transaction that stores it, so that whoever waits for more knows since when.
 * What a message says of itself never keeps it from being stored: where that does not fit the event, it is left out.
 */
export async function announceReceived(tx: Transaction, events: Events, message: { id: string; receivedAt: Date }, judgement: Judgement): Promise<void> {
  const { messageType = 'unknown', sender, controlId } = judgement;
  const least = { messageId: message.id, messageType: 'unknown', receivedAt: message.receivedAt.toISOString() };
  const tellReceived = (data: EventData['clinical-message.received.v1']) => tell(tx, events, 'clinical-message.received.v1', message.id, judgement, data);
  try {
    await tellReceived({ ...least, messageType, sender, ...(controlId === undefined ? {} : { controlId }), ...encounterOf(judgement) });
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'event-breaks-schema')) throw error;
    await tellReceived(least);
  }
}

/** A stored message was understood. */
export function announceProcessed(tx: Transaction, events: Events, messageId: string, judgement: Judgement): Promise<void> {
  return tell(tx, events, 'clinical-message.processed.v1', messageId, judgement, { messageId, ...encounterOf(judgement) });
}

/** A message of which no event tells, with what it is about as far as that could be read. */
export function inboundMessage({ messageType = 'unknown', encounterId, facility, problem }: Judgement, id: string, outcome: InboundMessage['outcome']): InboundMessage {
  return { api: 'ehr', id, kind: messageType, outcome, problem, keys: [`message:${id}`, ...(encounterId === undefined ? [] : [`encounter:${encounterId}`])], facility, correlationId: id };
}

function tell<Type extends 'clinical-message.received.v1' | 'clinical-message.processed.v1'>(
  tx: Transaction, events: Events, type: Type, messageId: string, { encounterId, facility }: Judgement, data: EventData[Type],
): Promise<void> {
  return runInContext(contextFrom(messageId, undefined), () => events.publish(tx, { type, id: eventIdOf(type, messageId), subject: encounterId ?? messageId, facility, data }));
}

function encounterOf({ encounterId }: Judgement): { encounterId?: string } {
  return encounterId === undefined ? {} : { encounterId };
}
