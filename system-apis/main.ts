import { runDeployable } from '#chassis/deployable/run.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { ehrApi } from './ehr/api.ts';
import { erpApi } from './erp/api.ts';
import { procurementNetworkApi } from './procurement-network/api.ts';

await runDeployable('system-apis', [erpApi, ehrApi, procurementNetworkApi], eventSchemas);
