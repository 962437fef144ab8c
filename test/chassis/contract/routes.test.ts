import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileContract } from '#chassis/contract/contract.ts';
import { compileRoutes } from '#chassis/contract/routes.ts';

const operation = (operationId: string) => ({ operationId, responses: { 204: { description: 'done' } } });
const routes = compileRoutes(compileContract({
  name: 'ward', layer: 'system', version: 'v1',
  document: {
    openapi: '3.1.0', servers: [{ url: '/ward/v1' }],
    paths: {
      '/beds/{bed}': { get: operation('readBed'), delete: operation('removeBed') },
      '/beds/free': { get: operation('listFree') },
      '/beds/{bed}/stays/{stay}': { get: operation('readStay') },
      '/beds/{bed}.csv': { put: operation('printBed') },
      '/a+b(c)': { get: operation('odd') },
      '/notes': { post: operation('writeNote') },
    },
  },
}));
const at = (method: string, target: string) => routes.find(method, target)?.operation.id;

test('an address without parameters goes before one that would fit too, whatever stands first in the contract', () => {
  assert.equal(at('GET', '/ward/v1/beds/free'), 'listFree');
  assert.equal(at('GET', '/ward/v1/beds/12'), 'readBed');
  assert.equal(at('DELETE', '/ward/v1/beds/free'), 'removeBed');
});

test('a parameter is one part of the path, as it was written', () => {
  const match = routes.find('GET', '/ward/v1/beds/a%2Fb/stays/7?from=x?y#z');
  assert.deepEqual([match?.operation.id, match?.names, match?.values, match?.query], ['readStay', ['bed', 'stay'], ['a%2Fb', '7'], 'from=x?y']);
  assert.equal(at('GET', '/ward/v1/beds//stays/7'), undefined);
});

test('signs in a path of the contract stand for themselves', () => {
  assert.equal(at('PUT', '/ward/v1/beds/12.csv'), 'printBed');
  assert.equal(at('PUT', '/ward/v1/beds/12xcsv'), undefined);
  assert.equal(at('GET', '/ward/v1/a+b(c)'), 'odd');
  assert.equal(at('GET', '/ward/v1/aab'), undefined);
});

test('a method that no operation has, whatever it is called, finds nothing', () => {
  for (const method of ['', 'get', 'TRACE', '__proto__', 'constructor']) assert.equal(at(method, '/ward/v1/beds/12'), undefined, method);
});

test('methods of an address are named in the order in which contracts write them', () => {
  assert.deepEqual(routes.methodsAt('/ward/v1/beds/12'), ['GET', 'DELETE']);
  assert.deepEqual(routes.methodsAt('/ward/v1/nothing'), []);
});
