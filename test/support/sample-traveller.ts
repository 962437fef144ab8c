import type { PlatformConfig } from '#chassis/config/config.ts';
import { startProbe } from './probe.ts';
import { defineTrips, setOut } from './sample-trips.ts';

/** A process that carries boxes, and that ends itself or waits at the point it is told. */
export interface TravellerOptions {
  url: string;
  keys: string;
  neighbours: PlatformConfig['deployables'];
  process: string;
  trips: string[];
  failing?: boolean;
  /** Ends itself there, as if somebody had pulled the plug. */
  dieAt?: string;
  /** Says so when it gets there for the first time, and goes on when it is told to. */
  waitAt?: string;
}

export type TravellerMessage = { reached: string } | { ready: true };

const options = JSON.parse(process.argv[2]!) as TravellerOptions;

let waited = false;

async function at(point: string): Promise<void> {
  if (point === options.dieAt) {
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => undefined);
  }
  if (point === options.waitAt && !waited) {
    waited = true;
    process.send?.({ reached: point } satisfies TravellerMessage);
    await new Promise((resolve) => { process.once('message', resolve); });
  }
}

const probe = await startProbe(options.url, (platform) => defineTrips(platform, { process: options.process, failing: options.failing ?? false, at }), {
  name: 'traveller', keys: options.keys, neighbours: options.neighbours,
});
process.on('SIGTERM', () => { void probe.stop().then(() => process.exit(0)); });
for (const name of options.trips) await setOut(probe.platform, options.process, name);
process.send?.({ ready: true } satisfies TravellerMessage);
