import { derivedId } from '#chassis/contract/derived-id.ts';
import { asApiError } from '#chassis/errors/failures.ts';
import type { EventLog } from '#chassis/events/event-log.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { ChangeFound } from '../port.ts';

const NAMESPACE = 'b1a1c3f0-52a7-4c1e-8f0e-6f4f1d0a9c37';

/**
 * Tells the platform of a change, in the transaction that moves the poll on. One that cannot be told is kept with its
 * problem, so that it does not stand in the way of all others.
 *
 * @returns whether it was told
 */
export async function announce(tx: Transaction, events: EventLog<EventData>, found: ChangeFound): Promise<boolean> {
  if (found.state === 'troubled') {
    await keepTrouble(tx, found);
    return false;
  }
  const { change } = found;
  try {
    await events.publish(tx, {
      type: 'worker.changed.v1', id: derivedId(NAMESPACE, change.changeId), subject: change.personId, data: change,
      ...(change.facility === undefined ? {} : { facility: change.facility }),
    });
    return true;
  } catch (error) {
    const failure = asApiError(error);
    if (failure.code !== 'event-breaks-schema') throw error;
    const places = (failure.errors ?? []).map((each) => `${each.pointer} ${each.detail}`).join('; ');
    await keepTrouble(tx, { changeId: change.changeId, code: failure.code, detail: `the change does not fit its contract: ${places}` });
    return false;
  }
}

async function keepTrouble(tx: Transaction, { changeId, code, detail }: { changeId: string; code: string; detail: string }): Promise<void> {
  await tx.query('insert into hcm.troubled_changes (change_id, code, problem) values ($1, $2, $3) on conflict do nothing', [changeId, code, detail.slice(0, 500)]);
}
