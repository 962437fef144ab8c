import { runDeployable } from '#chassis/deployable/run.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { operationsApi } from './operations/api.ts';
import { partnerApi } from './partner/api.ts';
import { portalApi } from './portal/api.ts';

await runDeployable('experience-apis', [portalApi, partnerApi, operationsApi], eventSchemas);
