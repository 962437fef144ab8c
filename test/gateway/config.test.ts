import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { checkGateway } from '../../gateway/config.ts';

const issuer = { issuer: 'https://id.example', audience: 'https://api.example' };

function configWith(gateway: object, environment: PlatformConfig['environment'] = 'production'): PlatformConfig {
  return {
    environment, log: { level: 'info' }, database: { url: 'postgresql://nowhere' }, keys: { directory: '/nowhere' }, apis: {},
    deployables: { 'experience-apis': { port: 7110, apis: ['portal', 'partner'] } }, gateway,
  };
}

describe('the gateway section of the configuration', () => {
  test('needs an issuer and has a working default for the rest', () => {
    const { settings, mistakes } = checkGateway(configWith({ issuers: [issuer] }));
    assert.deepEqual(mistakes, []);
    assert.equal(settings.port, 7100);
    assert.deepEqual(settings.admin, { port: 7101, host: '127.0.0.1' });
    assert.deepEqual(settings.routes, [{ api: 'portal', entrance: 'app' }, { api: 'partner', entrance: 'partner' }]);
    assert.deepEqual(settings.limits.rates.open, { perSecond: 20, burst: 40 });
    assert.deepEqual(settings.issuers[0]!.claims, { name: 'name', roles: 'roles', facilities: 'facilities', bindings: {} });
    assert.equal(settings.issuers[0]!.withoutFacilities, 'refuse');
  });

  test('is told everything that is wrong with it at once', () => {
    const { mistakes } = checkGateway(configWith({ issuers: [{ issuer: 'not an address' }], limits: { bodyBytes: 'many' }, prot: 1 }));
    assert.deepEqual(mistakes.map((mistake) => mistake.split(':')[0]).sort(), ['/gateway/issuers/0/audience', '/gateway/issuers/0/issuer', '/gateway/limits/bodyBytes', '/gateway/prot']);
  });

  test('exposes only APIs that have an experience contract and are hosted somewhere', () => {
    const { mistakes } = checkGateway({ ...configWith({ issuers: [issuer], routes: [{ api: 'erp', entrance: 'app' }, { api: 'partner', entrance: 'partner' }, { api: 'partner', entrance: 'app' }] }), deployables: {} });
    assert.deepEqual(mistakes, [
      '/gateway/routes/0/api: there is no contract of an experience API with this name', '/gateway/routes/1/api: no deployable hosts this API',
      '/gateway/routes/2/api: no deployable hosts this API', '/gateway/routes/2/api: is given twice',
    ]);
  });

  test('keeps the people of two issuers apart, and asks for https in production', () => {
    const two = [{ ...issuer, issuer: 'http://id.example' }, { ...issuer, issuer: 'http://clinic.example' }];
    assert.deepEqual(checkGateway(configWith({ issuers: two })).mistakes, [
      '/gateway/issuers/0: must be https in production',
      '/gateway/issuers/1/subjectPrefix: must differ, or a person of one issuer could be taken for one of another', '/gateway/issuers/1: must be https in production',
    ]);
    assert.deepEqual(checkGateway(configWith({ issuers: [two[0], { ...two[1], subjectPrefix: 'clinic/' }] }, 'sandbox')).mistakes, []);
  });
});
