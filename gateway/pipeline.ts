import type { ServiceTokens } from '#chassis/security/service-tokens.ts';
import type { GatewaySettings } from './config.ts';
import { pipelineOf, type Pipeline } from './entrances.ts';
import { answerCrossOrigin } from './policies/answer-cross-origin.ts';
import { assignCorrelationId } from './policies/assign-correlation-id.ts';
import { carryHeaders } from './policies/carry-headers.ts';
import { checkParameters } from './policies/check-parameters.ts';
import { exchangeToken } from './policies/exchange-token.ts';
import { forward, type Targets } from './policies/forward.ts';
import { limitBody } from './policies/limit-body.ts';
import { limitAddressRate, limitCallerRate } from './policies/limit-rate.ts';
import { refuseAmbiguity } from './policies/refuse-ambiguity.ts';
import { requireRoute } from './policies/require-route.ts';
import { requireScope } from './policies/require-scope.ts';
import { verifyAccessToken } from './policies/verify-access-token.ts';
import type { AccessTokens } from './tokens/access-tokens.ts';

export interface PipelineParts {
  settings: GatewaySettings;
  accessTokens: AccessTokens;
  serviceTokens: ServiceTokens;
  targets: Targets;
}

/** What a request passes on its way in, from top to bottom. `open` is for whatever is addressed to no API. */
export function createPipeline({ settings: { limits, cors }, accessTokens, serviceTokens, targets }: PipelineParts): Pipeline {
  return pipelineOf(({ use, app, partner, open }) => {
    //                                           app  partner  open
    use(assignCorrelationId,                     app, partner, open);
    use(refuseAmbiguity,                         app, partner, open);
    use(limitAddressRate(limits.rates.open),                   open);
    use(answerCrossOrigin(cors),                 app               );
    use(requireRoute,                            app, partner, open);
    use(verifyAccessToken(accessTokens),         app, partner      );
    use(requireScope,                            app, partner      );
    use(limitCallerRate(limits.rates.app),       app               );
    use(limitCallerRate(limits.rates.partner),        partner      );
    use(checkParameters,                         app, partner      );
    use(limitBody(limits),                       app, partner      );
    use(carryHeaders,                            app, partner      );
    use(exchangeToken(serviceTokens, targets.audiences), app, partner);
    use(forward(targets, limits),                app, partner      );
  });
}
