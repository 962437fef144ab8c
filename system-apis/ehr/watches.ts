import type { Watch } from '#chassis/watches/watch.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { EhrSettings } from './config.ts';

/** What clinical systems were told that we have must not lie about. */
export function watchesOf({ processedWithinMs }: EhrSettings['messages']): Watch[] {
  return [{
    name: 'ehr.message-processed', title: 'The HL7 message {key} was acknowledged and is not processed', key: 'message',
    begins: 'clinical-message.received.v1' satisfies keyof EventData, ends: ['clinical-message.processed.v1'] satisfies (keyof EventData)[],
    withinMs: processedWithinMs, owner: 'role:integration-operations', tier: 'critical',
  }];
}
