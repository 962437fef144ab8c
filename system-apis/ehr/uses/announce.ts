import { asApiError } from '#chassis/errors/failures.ts';
import type { EventLog } from '#chassis/events/event-log.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { eventIdOf } from '../event-id.ts';
import type { UseChange } from '../port.ts';
import { forgetTrouble, keepTrouble } from './troubled-uses.ts';

/** What became of a change: told, not worth telling yet, or kept as trouble. */
export type Outcome = 'told' | 'not-a-use' | 'troubled';

/**
 * Tells the platform of a use, in the transaction that moves the poll on. A use that is planned or was broken off is not
 * told: nothing left the shelf.
 */
export async function announce(tx: Transaction, events: EventLog<EventData>, change: UseChange): Promise<Outcome> {
  if (change.state === 'troubled') {
    await keepTrouble(tx, change, change);
    return 'troubled';
  }
  if (change.state === 'understood' && change.use.status !== 'completed') {
    await forgetTrouble(tx, change.useId);
    return 'not-a-use';
  }
  try {
    await publish(tx, events, change);
  } catch (error) {
    const failure = asApiError(error);
    if (failure.code !== 'event-breaks-schema') throw error;
    const places = (failure.errors ?? []).map((each) => `${each.pointer} ${each.detail}`).join('; ');
    await keepTrouble(tx, change, { code: failure.code, detail: `the use does not fit its contract: ${places}` });
    return 'troubled';
  }
  await forgetTrouble(tx, change.useId);
  return 'told';
}

function publish(tx: Transaction, events: EventLog<EventData>, change: Exclude<UseChange, { state: 'troubled' }>): Promise<void> {
  const { useId, version } = change;
  if (change.state === 'withdrawn') {
    return events.publish(tx, {
      type: 'supply.use-withdrawn.v1', id: eventIdOf('supply.use-withdrawn.v1', useId, version), subject: useId, data: { useId, withdrawnAt: change.withdrawnAt },
    });
  }
  return events.publish(tx, {
    type: 'supply.used.v1', id: eventIdOf('supply.used.v1', useId, version), subject: useId, facility: change.use.facility, data: { use: change.use },
  });
}
