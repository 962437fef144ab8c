import { defineApi } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { portal } from '#contracts/generated/experience/portal/v1.ts';
import { consumptionToReplenishment } from '#contracts/generated/process/consumption-to-replenishment/v1.ts';
import { hireToRetire } from '#contracts/generated/process/hire-to-retire/v1.ts';
import { procureToPay } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { hcm } from '#contracts/generated/system/hcm/v1.ts';
import { newContext, type Systems } from './context.ts';
import { startGraph, type GraphAnswer, type GraphRequest } from './graph.ts';
import { PortalSettings } from './settings.ts';

/** One graph for portals and mobile. It is served as the one operation of its contract, so it passes what every operation passes. */
export const portalApi = defineApi()({
  contract: portal,
  settings: PortalSettings,
  async create(platform, settings) {
    const systems: Systems = {
      procureToPay: platform.connect(procureToPay),
      consumptionToReplenishment: platform.connect(consumptionToReplenishment),
      hireToRetire: platform.connect(hireToRetire),
      erp: platform.connect(erp),
      hcm: platform.connect(hcm),
    };
    const graph = await startGraph(settings, platform.log);
    return {
      operations: {
        async queryGraph({ body }, { principal }) {
          // What the contract calls an object of any shape is generated as one without properties.
          return await graph.run(body as GraphRequest, newContext(personIn(principal), systems, settings.processes)) as GraphAnswer & Record<string, never>;
        },
      },
      close: () => graph.stop(),
    };
  },
});

function personIn(principal: Principal): Principal {
  if (principal.kind !== 'user') throw new ApiError('forbidden', 'The portal is for people who are signed in.', { code: 'person-needed' });
  return principal;
}
