import type { PlatformConfig } from '#chassis/config/config.ts';
import { startProbe } from './probe.ts';
import { defineLoans } from './sample-loans.ts';

/** A process with loans on a machine whose clock can be set. */
export interface ClockedOptions {
  url: string;
  keys: string;
  neighbours: PlatformConfig['deployables'];
  timeZone: string;
}

export type ClockedOrder = { jumpMs: number } | { begin: string; patienceMs: number };
export type ClockedMessage = { done: string };

const options = JSON.parse(process.argv[2]!) as ClockedOptions;
process.env['TZ'] = options.timeZone;

// As the machine's clock is: whatever asks for the time gets what it was set to.
const RealDate = Date;
let aheadMs = 0;
globalThis.Date = class extends RealDate {
  constructor(...given: unknown[]) {
    super(...(given.length === 0 ? [RealDate.now() + aheadMs] : given) as [number]);
  }

  static override now(): number {
    return RealDate.now() + aheadMs;
  }
} as DateConstructor;

const probe = await startProbe(options.url, (platform) => defineLoans(platform), { name: 'clocked', keys: options.keys, neighbours: options.neighbours });
process.on('SIGTERM', () => { void probe.stop().then(() => process.exit(0)); });
process.on('message', (order: ClockedOrder) => {
  void (async () => {
    if ('jumpMs' in order) aheadMs += order.jumpMs;
    else await probe.tx((tx) => probe.platform.lives.start(tx, 'loans', { patienceMs: order.patienceMs }, { identity: order.begin }));
    process.send?.({ done: 'begin' in order ? order.begin : 'jump' } satisfies ClockedMessage);
  })();
});
process.send?.({ done: 'start' } satisfies ClockedMessage);
