import { runDeployable } from '#chassis/deployable/run.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { consumptionToReplenishmentApi } from './consumption-to-replenishment/api.ts';
import { hireToRetireApi } from './hire-to-retire/api.ts';
import { procureToPayApi } from './procure-to-pay/api.ts';

await runDeployable('process-apis', [consumptionToReplenishmentApi, procureToPayApi, hireToRetireApi], eventSchemas);
