import { channelConformance } from '../channel-conformance.ts';

channelConformance('x12', {
  supplierNumber: 'SUP-130',
  item: { itemNumber: 'CON-3002', unit: 'BX', unitPrice: '18.00' },
  substitutable: { itemNumber: 'CON-3002', unit: 'BX', unitPrice: '18.00', substitute: 'CON-3007' },
});
