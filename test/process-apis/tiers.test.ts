import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import { TIERS } from '#chassis/resilience/tiers.ts';
import type { Database } from '#chassis/storage/database.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { partner } from '#contracts/generated/experience/partner/v1.ts';
import { portal } from '#contracts/generated/experience/portal/v1.ts';
import { consumptionToReplenishment } from '#contracts/generated/process/consumption-to-replenishment/v1.ts';
import { procureToPay } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { definitionOf as consumptionDefinition } from '../../process-apis/consumption-to-replenishment/definition.ts';
import { definitionOf as procureDefinition } from '../../process-apis/procure-to-pay/definition.ts';
import { sampleSettings } from './consumption-to-replenishment/samples.ts';
import { samplePolicy } from './procure-to-pay/samples.ts';

const outside = { systems: {} as never, database: {} as Database, clock: systemClock };
const compiled = (contract: object) => compileContract(contract as Contract);
const stated = (contract: object) => (contract as { document: { 'x-tier'?: string } }).document['x-tier'];

describe('the tier of a process', () => {
  test('is critical where it moves orders and money', () => assert.equal(stated(procureToPay), 'critical'));
  test('is critical where it moves stock and its cost', () => assert.equal(stated(consumptionToReplenishment), 'critical'));

  test('is one for its contract and for its lives, so that what was asked for is worked off as it was taken', () => {
    assert.equal(procureDefinition({ ...outside, policy: samplePolicy() }).tier, compiled(procureToPay).tier);
    assert.equal(consumptionDefinition({ ...outside, settings: sampleSettings() }).tier, compiled(consumptionToReplenishment).tier);
  });
});

describe('the tier of an experience', () => {
  test('is critical where suppliers answer orders and bill them, standard where people look things up', () => {
    assert.deepEqual([stated(partner), stated(portal)], ['critical', 'standard']);
  });

  test('gives the portal more time than the processes below it take', () => {
    assert.ok(TIERS[compiled(portal).tier].timeoutMs > TIERS[compiled(procureToPay).tier].timeoutMs);
  });
});
