import { defineAdapter } from '#chassis/adapters/adapter.ts';
import type { Channel } from '../../port.ts';
import { NetworkClient } from './client.ts';
import { x12Interchanges } from './interchanges.ts';
import { x12Orders } from './orders.ts';
import { X12Settings } from './settings.ts';

/** Suppliers that trade X12 through a value-added network: 850 out, 855, 856 and 810 in, acknowledged both ways. */
export const x12 = defineAdapter<Channel>()({
  settings: X12Settings,
  create(settings, deps) {
    const client = new NetworkClient(settings, deps);
    return {
      capabilities: () => [
        { name: 'send-order', supported: true },
        { name: 'revise-order', supported: true },
        { name: 'add-lines', supported: true },
        { name: 'withdraw-order', supported: true },
        { name: 'acknowledgements', supported: true },
        { name: 'ship-notices', supported: true },
        { name: 'invoices', supported: true },
        { name: 'contract-prices', supported: false, reason: 'X12 partners send no price lists here; name the channel that keeps the catalogue as `catalog`.' },
        { name: 'interchanges', supported: true },
      ],
      ...x12Orders(client, settings, deps.clock),
      interchanges: x12Interchanges(settings, deps.clock),
      close: () => client.close(),
    };
  },
});
