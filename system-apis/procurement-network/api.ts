import { compileContract } from '#chassis/contract/contract.ts';
import { defineApi } from '#chassis/deployable/api-module.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { procurementNetwork } from '#contracts/generated/system/procurement-network/v1.ts';
import { catalogOperations } from './catalog.ts';
import { openChannels } from './channels.ts';
import { Settings } from './config.ts';
import { handInOperations } from './documents/handed-in.ts';
import { inboxPoller } from './documents/inbox-poller.ts';
import { createIntake } from './documents/intake.ts';
import { receiveInterchange } from './documents/interchanges.ts';
import { requireExchange } from './documents/senders.ts';
import { storedDocumentOperations } from './documents/stored-documents.ts';
import { dispatchOperations } from './orders/dispatch.ts';
import { sentOrderOperations } from './orders/sent-orders.ts';
import { migrations } from './schema.ts';

/** Orders out to suppliers and their answers in, whatever way each of them is reached. */
export const procurementNetworkApi = defineApi<EventData>()({
  contract: procurementNetwork,
  settings: Settings,
  migrations,
  keepsPayloads: true,
  create({ database, events, payloads, dependencies, evidence, calls, log, metrics, clock }, settings) {
    const channels = openChannels(settings, { log, metrics, clock, dependencies, evidence, calls, tier: compileContract(procurementNetwork).tier });
    const intake = createIntake({ events, payloads });
    const takeInterchange = receiveInterchange({ database, channels, intake, payloads });
    return {
      operations: {
        ...catalogOperations(channels, clock),
        ...dispatchOperations({ database, payloads, channels }),
        ...sentOrderOperations(database),
        ...handInOperations({ database, channels, intake }),
        ...storedDocumentOperations(database),
        async receiveInterchange({ body }, { principal }) {
          requireExchange(principal);
          return takeInterchange(body);
        },
      },
      background: channels.all.flatMap(({ name, port: { inbox } }) => (inbox ? [inboxPoller({ channel: name, inbox, intake, database, pollMs: settings.pollMs, log })] : [])),
      close: () => channels.close(),
    };
  },
});
