import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { FaultMode, FaultScope } from '../faults.ts';
import { createDice } from '../ehr/day/random.ts';
import { patiently } from './patience.ts';

/** What a fault run can lay its hands on. */
export interface Target {
  /** Processes of the platform, the lowest layer first. */
  processes: readonly string[];
  /** Ends a process as a crash does, and settles when it is there again. */
  killProcess(name: string): Promise<void>;
  /** Ends the database server as a crash does, and settles when it is there again. */
  killDatabase?: () => Promise<void>;
  /** Where the simulated vendors are made to fail. */
  controlUrl: string;
  /** The platform's own database, for what an operator could do by mistake. */
  platformDatabaseUrl: string;
}

/** What was done, by name. */
export type FaultCounts = Record<string, number>;

interface Fault {
  name: string;
  strike(target: Target, signal: AbortSignal): Promise<void>;
}

const KILLS_OF_EACH_PROCESS = 3;

/** All faults of a run, in an order that follows from the seed. */
export function planFaults(seed: number, { processes, killDatabase }: Pick<Target, 'processes' | 'killDatabase'>): Fault[] {
  const dice = createDice(seed ^ 0x46_4c_54);
  const kills = processes.map((name): Fault => ({ name: `kill ${name}`, strike: (target) => target.killProcess(name) }));
  return dice.shuffle([
    ...Array.from({ length: KILLS_OF_EACH_PROCESS }, () => kills).flat(),
    ...VENDOR_TROUBLES.map(({ name, vendor, mode, scope, forMs }): Fault => ({ name, strike: (target, signal) => trouble(target, signal, { vendor, mode, scope, forMs }) })),
    { name: 'events delivered again', strike: deliverAgain },
    { name: 'events delivered again', strike: deliverAgain },
    ...(killDatabase ? [{ name: 'kill database', strike: killDatabase }] : []),
  ]);
}

interface VendorTrouble {
  name: string;
  vendor: 'erp' | 'ehr' | 'coupa' | 'van';
  mode: FaultMode;
  scope: FaultScope;
  forMs: number;
}

const VENDOR_TROUBLES: readonly VendorTrouble[] = [
  { name: 'ERP down', vendor: 'erp', mode: { kind: 'down' }, scope: {}, forMs: 1_500 },
  { name: 'ERP down', vendor: 'erp', mode: { kind: 'down' }, scope: {}, forMs: 2_500 },
  { name: 'ERP throttled', vendor: 'erp', mode: { kind: 'throttled', perSecond: 20, retryAfter: false }, scope: {}, forMs: 1_500 },
  { name: 'answers of the ERP lost', vendor: 'erp', mode: { kind: 'answerLost', rate: 0.3 }, scope: { methods: ['POST', 'PATCH'], times: 12 }, forMs: 2_500 },
  { name: 'answers of the ERP lost', vendor: 'erp', mode: { kind: 'answerLost', rate: 0.3 }, scope: { methods: ['POST', 'PATCH'], times: 12 }, forMs: 2_500 },
  { name: 'network throttled', vendor: 'coupa', mode: { kind: 'throttled', perSecond: 5, retryAfter: false }, scope: {}, forMs: 2_000 },
  { name: 'answers of the network lost', vendor: 'coupa', mode: { kind: 'answerLost', rate: 0.4 }, scope: { methods: ['POST', 'PUT'], times: 6 }, forMs: 2_000 },
  { name: 'mailboxes unavailable', vendor: 'van', mode: { kind: 'failing', status: 503, rate: 0.5 }, scope: {}, forMs: 2_000 },
  { name: 'EHR slow', vendor: 'ehr', mode: { kind: 'slow', delayMs: 300 }, scope: {}, forMs: 2_000 },
  { name: 'answers of the EHR lost', vendor: 'ehr', mode: { kind: 'answerLost', rate: 0.3 }, scope: { methods: ['POST', 'PUT'], times: 6 }, forMs: 1_500 },
];

/** One fault after another, a moment apart. */
export async function strikeAll(faults: readonly Fault[], target: Target, counts: FaultCounts, signal: AbortSignal): Promise<void> {
  for (const fault of faults) {
    if (signal.aborted) return;
    await fault.strike(target, signal);
    counts[fault.name] = (counts[fault.name] ?? 0) + 1;
    await wait(250, undefined, { signal });
  }
}

async function trouble({ controlUrl }: Target, signal: AbortSignal, { vendor, mode, scope, forMs }: Omit<VendorTrouble, 'name'>): Promise<void> {
  await patiently(signal, () => setFault(controlUrl, vendor, mode, scope));
  await wait(forMs, undefined, { signal });
  await patiently(signal, () => setFault(controlUrl, vendor, { kind: 'none' }, {}));
}

async function setFault(controlUrl: string, vendor: string, mode: FaultMode, scope: FaultScope): Promise<void> {
  const response = await fetch(`${controlUrl}/faults/${vendor}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ mode, scope }) });
  if (!response.ok) throw new Error(`the sandbox refused to make ${vendor} fail: ${response.status}`);
  await response.arrayBuffer();
}

/** Sets every reader of the event log back to its beginning, as an operator might who restores an old position. */
async function deliverAgain({ platformDatabaseUrl }: Target, signal: AbortSignal): Promise<void> {
  await patiently(signal, async () => {
    const client = new pg.Client({ connectionString: platformDatabaseUrl });
    // A connection that is lost fails the query as well.
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query(`update chassis.consumer_groups set xid = '0', seq = 0`);
    } finally {
      await client.end();
    }
  });
}

/** How often each simulated vendor really failed. */
export async function faultsDone(controlUrl: string): Promise<Record<string, Record<string, number>>> {
  const response = await fetch(`${controlUrl}/faults`);
  const vendors = await response.json() as Record<string, { done: Record<string, number> }>;
  return Object.fromEntries(Object.entries(vendors).map(([vendor, { done }]) => [vendor, Object.fromEntries(Object.entries(done).filter(([, count]) => count > 0))]));
}
