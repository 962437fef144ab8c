import { messageOperations } from '../../../../system-apis/ehr/messages/operations.ts';
import { createIntake } from '../../../../system-apis/ehr/messages/intake.ts';
import { processMessages } from '../../../../system-apis/ehr/messages/processing.ts';
import { hl7v2 } from '../../../../system-apis/ehr/adapters/hl7-v2/adapter.ts';
import type { MllpSettings } from '../../../../system-apis/ehr/adapters/hl7-v2/settings.ts';
import { checkSection } from '#chassis/config/config.ts';
import { systemClock } from '#chassis/time/clock.ts';
import type { EhrOperations } from '#contracts/generated/system/ehr/v1.ts';
import { standOnDatabase, type Ground } from '../support.ts';

type Message = EhrOperations['getMessage']['output'];

/** Listener, intake and processing as they stand together in the API. */
export interface House extends Ground {
  port: number;
  operations: ReturnType<typeof messageOperations>;
  /** All messages, oldest first. */
  messages(): Promise<Message[]>;
  stopListening(): Promise<void>;
}

export async function openHouse(settings: Partial<MllpSettings> = {}): Promise<House> {
  const ground = await standOnDatabase();
  const mistakes: string[] = [];
  const checked = checkSection(hl7v2.settings, { port: 0, facilities: { NORTH: 'MAIN' }, ...settings }, '/mllp', mistakes) as MllpSettings;
  if (mistakes.length > 0) throw new Error(mistakes.join());
  const messages = hl7v2.create(checked, { ...ground, clock: systemClock });
  const processing = processMessages({ ...ground, messages });
  const intake = createIntake({ ...ground, onStored: processing.wake });
  const listener = messages.listen(intake.take);
  await processing.start();
  await listener.start();
  const operations = messageOperations({ ...ground, messages });
  return {
    ...ground,
    port: listener.port,
    operations,
    async messages() {
      const { items } = await operations.listMessages({ limit: 200 }, undefined as never);
      return items.toReversed();
    },
    stopListening: () => listener.stop(),
    async leave() {
      await listener.stop();
      await processing.stop();
      await ground.leave();
    },
  };
}
