import { defineAdapter } from '#chassis/adapters/adapter.ts';
import type { Channel } from '../../port.ts';
import { coupaCatalogue } from './catalogue.ts';
import { CoupaClient } from './client.ts';
import { coupaInbox } from './inbox.ts';
import { coupaOrders, NO_NEW_LINES } from './orders.ts';
import { CoupaSettings } from './settings.ts';

/** Suppliers on a Coupa instance: orders and answers as records that both sides write and read. */
export const coupa = defineAdapter<Channel>()({
  settings: CoupaSettings,
  create(settings, deps) {
    const client = new CoupaClient(settings, deps);
    return {
      capabilities: () => [
        { name: 'send-order', supported: true },
        { name: 'revise-order', supported: true },
        { name: 'add-lines', supported: false, reason: NO_NEW_LINES },
        { name: 'withdraw-order', supported: true },
        { name: 'acknowledgements', supported: true },
        { name: 'ship-notices', supported: true },
        { name: 'invoices', supported: true },
        { name: 'contract-prices', supported: true },
        { name: 'interchanges', supported: false, reason: 'Documents are fetched from Coupa; it sends no interchanges.' },
      ],
      ...coupaOrders(client),
      catalog: coupaCatalogue(client, settings.priceCacheMs),
      inbox: coupaInbox(client),
      close: () => client.close(),
    };
  },
});
