import type { PlatformConfig } from '#chassis/config/config.ts';
import { startProbe } from '../../../support/probe.ts';
import { numberOf, TYPE } from './house.ts';

/** A member of a group in a process of its own, which says when it handles an event of `stopAt` and then does not come back from it. */
export interface ConsumerOptions {
  url: string;
  nats: PlatformConfig['nats'] | null;
  group: string;
  stopAt: string;
}

export interface ConsumerMessage {
  ready?: true;
  handling?: number;
}

const { url, nats, group, stopAt } = JSON.parse(process.argv[2]!) as ConsumerOptions;
await startProbe(url, (platform) => platform.subscribe({
  group, types: [TYPE],
  async handle(tx, event) {
    await tx.query('insert into handled (consumer, subject, n, member) values ($1, $2, $3, $4)', [group, event.subject, numberOf(event), 'process']);
    if (event.subject !== stopAt) return;
    process.send?.({ handling: numberOf(event) } satisfies ConsumerMessage);
    await new Promise(() => undefined);
  },
}), { name: 'process', ...(nats ? { nats } : {}) });
process.send?.({ ready: true } satisfies ConsumerMessage);
