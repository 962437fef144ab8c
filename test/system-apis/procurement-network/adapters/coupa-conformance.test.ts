import { channelConformance } from '../channel-conformance.ts';

channelConformance('coupa', {
  supplierNumber: 'SUP-100',
  item: { itemNumber: 'IMP-1001', unit: 'EA', unitPrice: '1450.00' },
  substitutable: { itemNumber: 'IMP-1002', unit: 'EA', unitPrice: '1390.00', substitute: 'IMP-1001' },
});
