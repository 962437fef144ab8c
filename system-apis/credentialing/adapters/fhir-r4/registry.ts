import type { WireDeps } from '#chassis/adapters/adapter.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, type VendorAnswer } from '#chassis/http/vendor-http.ts';
import type { CredentialingOperations } from '#contracts/generated/system/credentialing/v1.ts';
import { fitting, json, RegistryShape } from './shapes.ts';

type Provider = CredentialingOperations['getProvider']['output'];

export interface Registry {
  provider(npi: string): Promise<Provider>;
  close(): Promise<void>;
}

/** The national registry, which answers 200 whatever it has to say. @source https://npiregistry.cms.hhs.gov/api-page, version 2.1 */
export function createRegistry(baseUrl: string, timeoutMs: number, wire: WireDeps): Registry {
  const http = createVendorHttp({ adapter: 'nppes', baseUrl, timeoutMs, connections: 2, ...wire });
  return {
    provider: (npi) => http.exchange({ method: 'GET', path: `/api/?version=2.1&number=${npi}`, operation: 'look up a provider' }, (answer) => providerIn(answer, npi)),
    close: () => http.close(),
  };
}

function providerIn({ status, text }: VendorAnswer, npi: string): Provider {
  if (status >= 500) throw new ApiError('unavailable', 'The registry of providers failed.', { code: 'vendor-failed' });
  if (status !== 200) throw refusedRequest();
  const answer = fitting(RegistryShape, json(text));
  if ('Errors' in answer) {
    if (answer.Errors.some((each) => /deactivated/i.test(each.description))) return { npi, status: 'deactivated' };
    throw refusedRequest();
  }
  const found = answer.results.find((each) => each.number === npi);
  if (!found) throw new ApiError('not-found', 'The registry knows no provider with this number.', { code: 'unknown-provider' });
  const { first_name: given, last_name: family, status: state } = found.basic;
  const taxonomy = found.taxonomies?.find((each) => each.primary)?.code?.slice(0, 20);
  return {
    npi, status: state === 'A' ? 'active' : 'deactivated',
    ...(given && family ? { name: { given: given.slice(0, 120), family: family.slice(0, 120) } } : {}), ...(taxonomy ? { taxonomy } : {}),
  };
}

function refusedRequest(): ApiError {
  return new ApiError('upstream-broken', 'The registry of providers did not take our question.', { code: 'vendor-refused-request' });
}
