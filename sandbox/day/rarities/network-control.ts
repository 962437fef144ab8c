import { masterData } from '../../hospital/master-data.ts';
import { patiently } from '../patience.ts';
import { pause } from '../pause.ts';

/** Turns a switch of the simulated network. */
export async function toNetwork(networkUrl: string, what: string, value: object): Promise<void> {
  const response = await fetch(`${networkUrl}/control/${what}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the network refused ${what}: ${response.status}`);
}

export const QUICK_MS_PER_HOUR = 20;
const SLOW_MS_PER_HOUR = 300;
const TURN_MS = 9_000;

/** Suppliers are quick for a while, slow for a while, and one after the other says nothing at all for longer than the limits. */
export async function moodsOfSuppliers(networkUrl: string, silenceMs: number, signal: AbortSignal): Promise<void> {
  const say = (what: string, value: object) => patiently(new AbortController().signal, () => toNetwork(networkUrl, what, value));
  for (let turn = 0; !signal.aborted; turn += 1) {
    const { number } = masterData.suppliers[turn % masterData.suppliers.length]!;
    await say('delays', { msPerHour: turn % 2 === 0 ? QUICK_MS_PER_HOUR : SLOW_MS_PER_HOUR });
    await say(`suppliers/${number}`, { paused: true });
    await pause(silenceMs, signal);
    await say(`suppliers/${number}`, { paused: false });
    await pause(TURN_MS, signal);
  }
  await say('delays', { msPerHour: QUICK_MS_PER_HOUR });
}
