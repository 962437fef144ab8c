import { Type } from '@sinclair/typebox';
import { defineAdapter } from '#chassis/adapters/adapter.ts';
import type { Channel } from '../../port.ts';

const CATALOG_REASON = 'Suppliers that use the partner API keep no catalogue here; name the channel that does as `catalog`.';
const NETWORK_REASON = 'Suppliers of the partner API hand their documents in as JSON.';

/**
 * Suppliers that come to us: they fetch orders from the partner API and hand their documents in there. Sending is
 * storing, and a changed or withdrawn order is one more that they find.
 */
export const partner = defineAdapter<Channel>()({
  settings: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    capabilities: () => [
      { name: 'send-order', supported: true },
      { name: 'revise-order', supported: true },
      { name: 'add-lines', supported: true },
      { name: 'withdraw-order', supported: true },
      { name: 'acknowledgements', supported: true },
      { name: 'ship-notices', supported: true },
      { name: 'invoices', supported: true },
      { name: 'contract-prices', supported: false, reason: CATALOG_REASON },
      { name: 'interchanges', supported: false, reason: NETWORK_REASON },
    ],
    async sendOrder() {},
    async reviseOrder() {},
    async withdrawOrder() {},
    async close() {},
  }),
});
