import type { Watch } from '#chassis/watches/watch.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { Settings } from './settings.ts';

/** What a security officer would ask about if nobody told them. */
export function watchesOf({ revokedWithinMs }: Settings['limits']): Watch[] {
  return [{
    name: 'hire-to-retire.rights-revoked', title: 'Somebody who left may still hold rights: departure {key}', key: 'departure',
    begins: 'rights.ending.v1' satisfies keyof EventData, ends: ['rights.revoked.v1'] satisfies (keyof EventData)[], callsOff: ['departure.withdrawn.v1'] satisfies (keyof EventData)[],
    withinMs: revokedWithinMs, owner: 'role:security-officer', tier: 'critical',
  }];
}
