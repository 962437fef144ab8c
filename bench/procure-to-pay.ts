import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform, type RunningPlatform } from '../commands/platform/platform.ts';
import { signIn } from '../sandbox/identity/sign-in.ts';
import { openIdentityState } from '../sandbox/identity/state.ts';
import { hop } from './hop.ts';
import { round, type BenchReport, type Subject } from './report.ts';
import { cpuSeconds, memoryMb } from './usage.ts';

const ORDERS = Number(process.env['BENCH_ORDERS'] ?? 1_000);
const LIMIT_MS = 240_000;
const LOOK_MS = 200;
/** Orders under way at once: as many more as were closed are begun, as on a day that goes on. */
const UNDER_WAY = 250;

/**
 * Whole orders without approvals, so that the figure is the platform's and not that of people, from a person's request at the door to the paid invoice and the cleared ledger, on one machine with
 * database, suppliers, ERP and staff beside the platform: how many a second, how many moves and steps, at what cost.
 */
export async function procureToPay(): Promise<BenchReport> {
  const home = await mkdtemp(path.join(tmpdir(), 'callosum-bench-'));
  const platform = await startPlatform({ home, ports: 'free', env: { LOG_LEVEL: 'warn', MS_PER_HOUR: '2', NETWORK_QUOTA: '2000', NETWORK_BURST: '2000', APP_RATE: '2000', APP_BURST: '2000', PARTNER_RATE: '2000', PARTNER_BURST: '2000', ERP_JOB_DELAY_MS: '50', PERSON_NEEDS_NO_APPROVAL_UP_TO: '1000000' } });
  try {
    const requesters = await Promise.all(REQUESTERS.map(async ({ username, costCenter }) => ({ graph: await person(platform, username), costCenter })));
    const clerk = await person(platform, 'dora.ivanova');
    await warmUp(platform, requesters, clerk);
    const before = { closed: await closedOrders(platform), moves: await movesAndSteps(platform), cpu: await cpuSeconds(platform) };
    const started = performance.now();
    let over = false;
    const dock = workAtDock(platform, clerk, () => over);
    let closed = 0;
    const looks: Look[] = [];
    const submitting = submitAll(platform, requesters, 'bench', ORDERS, () => closed);
    while (closed < ORDERS) {
      if (performance.now() - started > LIMIT_MS) throw new Error(`${ORDERS - closed} of ${ORDERS} orders were not completed within ${LIMIT_MS / 1_000} s`);
      // Looking costs the platform something too.
      await Promise.race([dock, submitting.then(() => sleep(LOOK_MS)), sleep(LOOK_MS)]);
      closed = await closedOrders(platform) - before.closed;
      looks.push({ seconds: (performance.now() - started) / 1_000, closed });
    }
    await submitting;
    const seconds = (performance.now() - started) / 1_000;
    over = true;
    await dock;
    const moves = await movesAndSteps(platform);
    const cpu = await cpuSeconds(platform);
    const ours: Subject = {
      name: 'callosum', orders: ORDERS, seconds: round(seconds), ordersPerSecond: round(ORDERS / seconds), sustained: round(sustained(looks)),
      movesPerSecond: round((moves.moves - before.moves.moves) / seconds), stepsPerSecond: round((moves.steps - before.moves.steps) / seconds),
    };
    const share = Object.fromEntries(Object.entries(cpu).map(([name, used]) => [name, round((used - (before.cpu[name] ?? 0)) * 1_000 / ORDERS, 1)]));
    const boundary = await hop();
    return { bench: 'procure-to-pay', subjects: [ours, ...boundary.subjects], ratios: boundary.ratios, cpuMsPerOrder: share, rssMb: await memoryMb(platform) };
  } finally {
    await platform.stop();
    if (platform.postgres) await rm(platform.postgres.directory, { recursive: true, force: true });
    await rm(home, { recursive: true, force: true });
  }
}

interface Look {
  seconds: number;
  closed: number;
}

/** Orders a second while as many are begun as are closed: between a fifth and four fifths of all. */
function sustained(looks: readonly Look[]): number {
  const steady = looks.filter(({ closed }) => closed >= ORDERS / 5 && closed <= ORDERS * 4 / 5);
  const [first, last] = [steady[0]!, steady.at(-1)!];
  return (last.closed - first.closed) / (last.seconds - first.seconds);
}

type Graph = (query: string, variables: object) => Promise<Record<string, never>>;

async function person(platform: RunningPlatform, username: string): Promise<Graph> {
  const state = openIdentityState(path.join(platform.home, 'identity'));
  const { accessToken } = await signIn({
    issuer: platform.urls.identity, clientId: 'portal', redirectUri: `${platform.urls.control}/signed-in`, username, password: state.passwordOf(username), scope: 'openid portal',
  });
  return async (query, variables) => {
    const response = await fetch(`${platform.urls.gateway}/portal/v1/graphql`, {
      method: 'POST', headers: { 'authorization': `Bearer ${accessToken}`, 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }),
    });
    const answer = await response.json() as { data?: Record<string, never>; errors?: { message: string }[]; detail?: string };
    if (!answer.data || answer.errors) throw new Error(JSON.stringify(answer.errors?.[0] ?? answer));
    return answer.data;
  };
}

/** People of one facility who may ask for things, each for a cost centre of theirs. */
const REQUESTERS = [
  { username: 'nina.alvarez', costCenter: '7010' }, { username: 'omar.reyes', costCenter: '7020' }, { username: 'omar.reyes', costCenter: '7030' }, { username: 'june.park', costCenter: '7060' },
];

interface Requester {
  graph: Graph;
  costCenter: string;
}

/** One item of each channel: network, X12, partner REST. */
const LINES = [
  { itemNumber: 'IMP-1301', unit: 'EA', location: 'CATHLAB' },
  { itemNumber: 'CON-3002', unit: 'BX', location: 'STORES' },
  { itemNumber: 'CON-3005', unit: 'BX', location: 'STORES' },
];

const SUBMIT = 'mutation($input: RequisitionInput!) { submitRequisition(input: $input) { number } }';

async function submitAll(platform: RunningPlatform, requesters: readonly Requester[], prefix: string, count: number, closed: () => number): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: 24 }, async () => {
    while (next < count) {
      if (next - closed() >= UNDER_WAY) {
        await sleep(LOOK_MS / 4);
        continue;
      }
      const reference = `${prefix}-${String(next += 1).padStart(5, '0')}`;
      await fetch(`${platform.urls.network}/control/behaviours/${reference}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ behaviour: 'deliver-in-full' }) });
      const line = LINES[next % LINES.length]!;
      const { graph, costCenter } = requesters[next % requesters.length]!;
      await graph(SUBMIT, { input: { reference, facility: 'MAIN', costCenter, location: line.location, lines: [{ itemNumber: line.itemNumber, quantity: 1, unit: line.unit }] } });
    }
  }));
}

interface ArrivedDelivery { id: number; poNumber: string; shipmentNumber: string; lines: { orderLineNumber: number; quantity: string; lot: string | null; serial: string | null; expiresOn: string | null }[] }

/** The dock clerk: books in what has arrived, as fast as it comes. */
async function workAtDock(platform: RunningPlatform, clerk: Graph, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const response = await fetch(`${platform.urls.network}/dock/deliveries?status=arrived`);
    const { deliveries } = await response.json() as { deliveries: ArrivedDelivery[] };
    await Promise.all(deliveries.slice(0, 48).map((delivery) => bookIn(platform, clerk, delivery)));
    if (deliveries.length < 4) await sleep(100);
  }
}

/** A delivery whose order is still being placed stays on the dock until the next round. */
async function bookIn(platform: RunningPlatform, clerk: Graph, delivery: ArrivedDelivery): Promise<void> {
  const found = await clerk('query($number: ID!) { orders(orderNumber: $number) { items { id } } }', { number: delivery.poNumber }) as unknown as { orders: { items: { id: string }[] } };
  const order = found.orders.items[0]?.id;
  if (!order) return;
  await clerk('mutation($order: ID!, $input: GoodsReceivedInput!) { receiveGoods(orderId: $order, input: $input) { id } }', {
    order,
    input: {
      reference: `${delivery.shipmentNumber}/${delivery.id}`, receivedOn: new Date().toISOString().slice(0, 10),
      lines: delivery.lines.map((line) => ({ line: line.orderLineNumber, quantity: Number(line.quantity), ...(line.lot ? { lot: line.lot } : {}), ...(line.serial ? { serial: line.serial } : {}), ...(line.expiresOn ? { expiresOn: line.expiresOn } : {}) })),
    },
  });
  await fetch(`${platform.urls.network}/dock/deliveries/${delivery.id}/received`, { method: 'PUT' });
}

async function warmUp(platform: RunningPlatform, requesters: readonly Requester[], clerk: Graph): Promise<void> {
  let over = false;
  const dock = workAtDock(platform, clerk, () => over);
  await submitAll(platform, requesters, 'warm', 20, () => 0);
  const end = Date.now() + LIMIT_MS;
  while (await closedOrders(platform) < 20 && Date.now() < end) await sleep(100);
  over = true;
  await dock;
}

async function closedOrders(platform: RunningPlatform): Promise<number> {
  const text = await metricsOf(platform);
  return sumOf(text, /^callosum_transitions_total\{[^}]*event="settled"[^}]*\} (\S+)$/gm);
}

async function movesAndSteps(platform: RunningPlatform): Promise<{ moves: number; steps: number }> {
  const text = await metricsOf(platform);
  return { moves: sumOf(text, /^callosum_move_seconds_count\{[^}]*\} (\S+)$/gm), steps: sumOf(text, /^callosum_steps_total\{[^}]*\} (\S+)$/gm) };
}

async function metricsOf(platform: RunningPlatform): Promise<string> {
  return (await fetch(`http://127.0.0.1:${platform.ports.PROCESS_APIS_PORT}/metrics`)).text();
}

function sumOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
}
