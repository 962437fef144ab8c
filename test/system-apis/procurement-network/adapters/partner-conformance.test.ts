import { channelConformance } from '../channel-conformance.ts';

// No item of the sandbox's REST supplier has a substitute; a stranger's would be proposed the same way as a price is.
channelConformance('partner', { supplierNumber: 'SUP-150', item: { itemNumber: 'CON-3006', unit: 'BX', unitPrice: '9.00' } });
