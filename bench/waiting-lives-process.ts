import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformConfig } from '#chassis/config/config.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { startDeployable, type Deployable } from '#chassis/deployable/deployable.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { consumptionToReplenishmentApi } from '../process-apis/consumption-to-replenishment/api.ts';
import { procureToPayApi } from '../process-apis/procure-to-pay/api.ts';
import type { Policy } from '../process-apis/procure-to-pay/policy.ts';
import { submitDemand, type SubmitDeps } from '../process-apis/procure-to-pay/submit.ts';
import type { Calls } from '../test/process-apis/hospital/calls.ts';
import { newEhrBooks } from '../test/process-apis/hospital/ehr.ts';
import { newBooks } from '../test/process-apis/hospital/erp-books.ts';
import { newNetworkBooks } from '../test/process-apis/hospital/network.ts';
import { systemsInMemory } from '../test/process-apis/hospital/systems.ts';
import { carryOut } from './child.ts';
import { cpuMs, figures, type Answer } from './waiting.ts';

/** What the benchmark asks of this process. */
export type Task = { task: 'fill'; config: PlatformConfig; lives: number } | { task: 'wait'; config: PlatformConfig } | { task: 'figures' };

const BATCH = 100;
const processes = [consumptionToReplenishmentApi, procureToPayApi];
let deployable: Deployable | undefined;

carryOut<Task, Answer>(async (task) => {
  if (task.task === 'fill') return { said: 'filled', seconds: await fill(task.config, task.lives) };
  if (task.task === 'wait') return { said: 'ready', startMs: await wait(task.config), startCpuMs: cpuMs() };
  return figures();
}, async () => { await deployable?.stop(); });

/** Starts lives as the processes start them and lets their moves run, until every one of them waits for somebody. */
async function fill(config: PlatformConfig, lives: number): Promise<number> {
  const started = performance.now();
  const deaf: Calls = { made: [], of: () => [] };
  const books = { erp: newBooks(), network: newNetworkBooks(), ehr: newEhrBooks() };
  let given: Platform<EventData> | undefined;
  const modules = [...processes, ...systemsInMemory(books, deaf, (platform) => { given = platform; })];
  deployable = await startDeployable({ name: 'processes', config, modules, eventSchemas });
  const platform = given!;
  const deps = { lives: platform.lives, clock: platform.clock, policy: config.apis['procure-to-pay'] as Policy } as SubmitDeps;
  for (let first = 0; first < lives; first += BATCH) {
    await platform.database.transaction(async (tx) => {
      for (let number = first; number < Math.min(first + BATCH, lives); number += 1) await submitDemand(tx, deps, needOf(number));
    });
  }
  await until(platform, lives, (state) => state === 'approving' || state.includes('supplier.'));
  await acknowledge(platform);
  await until(platform, lives, (state, number) => state === 'approving' || number % 3 === 1 || state.includes('supplier.agreed'));
  return (performance.now() - started) / 1_000;
}

/** A third is above what needs no approval, a third is never answered by the supplier, a third waits for its goods. */
function needOf(number: number) {
  return {
    reference: `bench-${number}`, facility: 'MAIN', costCenter: '7010', location: 'CATHLAB', urgency: 'standard' as const, requester: 'replenishment', origin: 'demand' as const,
    lines: [{ itemNumber: 'IMP-1', quantity: number % 3 === 0 ? 250 : 1, unit: 'EA' }],
  };
}

async function acknowledge({ database, events }: Platform<EventData>): Promise<void> {
  const orders = await database.query<{ number: string }>(
    `select snapshot->'context'->>'orderNumber' as number from chassis.lives where state like 'open.%' and split_part(snapshot->'context'->>'reference', '-', 2)::int % 3 = 2`);
  for (let first = 0; first < orders.length; first += BATCH) {
    await database.transaction(async (tx) => {
      for (const { number } of orders.slice(first, first + BATCH)) {
        const data = { orderNumber: number, supplierNumber: 'SUP-1', number: `ACK-${number}`, acknowledgedAt: new Date().toISOString(), lines: [{ line: 1, outcome: 'accepted' as const }] };
        await events.publish(tx, { type: 'order.acknowledged.v1', subject: number, data });
      }
    });
  }
}

async function until({ database }: Platform<EventData>, lives: number, isThere: (state: string, number: number) => boolean): Promise<void> {
  for (;;) {
    const rows = await database.query<{ state: string; number: number }>(
      `select state, split_part(snapshot->'context'->>'reference', '-', 2)::int % 3 as number from chassis.lives`);
    const there = rows.filter((row) => isThere(row.state, row.number)).length;
    console.error(`${there} of ${lives} orders wait`);
    if (there === lives) return;
    await sleep(5_000);
  }
}

async function wait(config: PlatformConfig): Promise<number> {
  const started = performance.now();
  deployable = await startDeployable({ name: 'processes', config, modules: processes, eventSchemas });
  return Math.round(performance.now() - started);
}
