import { derivedId } from '#chassis/contract/derived-id.ts';
import { loop, type Background } from '#chassis/deployable/background.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { EventLog } from '#chassis/events/event-log.ts';
import { takeLease, watchLeases, type Lease } from '#chassis/storage/lease.ts';
import { positionsIn } from '#chassis/storage/positions.ts';
import type { Database, Transaction } from '#chassis/storage/database.ts';
import type { Log } from '#chassis/telemetry/logger.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { CredentialingPort, FoundStanding } from '../port.ts';
import { takeOver } from './known-standings.ts';

export interface FollowDeps {
  database: Database;
  events: EventLog<EventData>;
  log: Log;
  credentialing: Pick<CredentialingPort, 'pollStandings'>;
  pollMs: number;
}

const NAME = 'standings';
const NAMESPACE = '0b6c1a52-3d0e-4f57-9a44-8c3f0a6f9d21';

/**
 * Follows the standing of people and tells the platform of each change, once. One process polls at a time; what it found,
 * what it told and how far it got are written in one transaction. What holds at the first start is no change: whoever
 * needs it reads it.
 */
export function followChanges(deps: FollowDeps): Background {
  const { database, log } = deps;
  const watch = watchLeases(database);
  let lease: Lease | undefined;
  let patience = 0;

  const polling = loop({
    name: NAME, pollMs: deps.pollMs, log,
    async turn() {
      if (!lease || Date.now() < patience) return false;
      const held = await positionsIn(database, 'credentialing').hold(NAME, lease.id, watch);
      if (!held) return false;
      const { id: holder } = lease;
      try {
        const found = await deps.credentialing.pollStandings(held.position);
        await database.transaction(async (tx) => {
          if (!(await positionsIn(database, 'credentialing').move(tx, NAME, holder, held, found.position))) return;
          for (const each of found.standings) await takeIn(tx, deps.events, each, held.position !== null);
        });
        return false;
      } catch (error) {
        if (error instanceof ApiError && error.retryAfterMs !== undefined) patience = Date.now() + error.retryAfterMs;
        throw error;
      }
    },
  });

  return {
    async start() {
      lease = await takeLease(database.url, log);
      await polling.start();
    },
    async stop() {
      await polling.stop();
      if (!lease) return;
      await positionsIn(database, 'credentialing').letGo(NAME, lease.id);
      await lease.release();
    },
  };
}

async function takeIn(tx: Transaction, events: EventLog<EventData>, { standing, recordedAt }: FoundStanding, isToBeTold: boolean): Promise<void> {
  const { personId } = standing;
  const changes = await takeOver(tx, standing);
  if (!isToBeTold) return;
  for (const { key, ...what } of changes) {
    const changeId = derivedId(NAMESPACE, personId, key);
    await events.publish(tx, { type: 'credential.changed.v1', id: changeId, subject: personId, data: { changeId, personId, ...what, recordedAt } });
  }
}
