import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import type { AnyStateNode } from 'xstate';
import type { Database } from '#chassis/storage/database.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { definitionOf as consumptionToReplenishment } from '../../process-apis/consumption-to-replenishment/definition.ts';
import { orders, uses } from '../../process-apis/consumption-to-replenishment/messages.ts';
import { definitionOf as procureToPay } from '../../process-apis/procure-to-pay/definition.ts';
import { demands, supplierDocuments } from '../../process-apis/procure-to-pay/messages.ts';
import { sampleSettings } from './consumption-to-replenishment/samples.ts';
import { samplePolicy } from './procure-to-pay/samples.ts';

const outside = { systems: {} as never, database: {} as Database, clock: systemClock };
const [policy, settings] = [samplePolicy(), sampleSettings()];
const nothing = {} as never;

const processes = [
  { folder: 'procure-to-pay', machine: procureToPay({ ...outside, policy }).machine, subscriptions: [supplierDocuments(nothing, nothing), demands(nothing)], settings: policy },
  { folder: 'consumption-to-replenishment', machine: consumptionToReplenishment({ ...outside, settings }).machine, subscriptions: [uses(nothing), orders()], settings },
];

for (const { folder, machine, subscriptions, settings: given } of processes) {
  const text = readFileSync(resolve(import.meta.dirname, `../../process-apis/${folder}/README.md`), 'utf8');
  const mentions = (words: Iterable<string>) => assert.deepEqual([...words].filter((word) => !text.includes(`\`${word}\``)), []);

  describe(`the README of ${folder}`, () => {
    test('names every work item and every way out of it', () => {
      const waiting = nodesOf(machine.root).filter((node) => workItemOf(node) !== undefined);
      assert.ok(waiting.length > 4);
      mentions(waiting.map((node) => workItemOf(node)!));
      mentions(new Set(waiting.flatMap((node) => [...node.transitions.keys()].filter((type) => /^[a-z-]+$/.test(type) && type !== 'delivered' && type !== 'withdraw'))));
    });

    test('names every event that is listened to', () => mentions(subscriptions.flatMap((subscription) => subscription.types)));

    test('names every limit', () => assert.deepEqual(Object.keys(given.limits).filter((limit) => !new RegExp(`\`(limits\\.)?${limit}\``).test(text)), []));
  });
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...(Object.values(node.states) as AnyStateNode[]).flatMap(nodesOf)];
}

function workItemOf(node: AnyStateNode): string | undefined {
  return (node.meta as { workItem?: string } | undefined)?.workItem;
}
