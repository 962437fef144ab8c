import { runDeployable } from '#chassis/deployable/run.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { credentialingApi } from './credentialing/api.ts';
import { ehrApi } from './ehr/api.ts';
import { erpApi } from './erp/api.ts';
import { hcmApi } from './hcm/api.ts';
import { identityApi } from './identity/api.ts';
import { procurementNetworkApi } from './procurement-network/api.ts';
import { schedulingApi } from './scheduling/api.ts';

await runDeployable('system-apis', [erpApi, ehrApi, procurementNetworkApi, hcmApi, identityApi, credentialingApi, schedulingApi], eventSchemas);
