import { setTimeout as sleep } from 'node:timers/promises';
import { startProbe } from './probe.ts';

/** A process that hosts a consumer group and takes its time over each event, so that it can be killed in the middle. */
const { url, pauseMs } = JSON.parse(process.argv[2]!) as { url: string; pauseMs: number };

await startProbe(url, (platform) => platform.subscribe({
  group: 'mended', types: ['thing.happened.v1'],
  async handle(tx, event) {
    await tx.query('insert into handled (event_id, subject, n) values ($1, $2, $3)', [event.id, event.subject, (event.data as { n: number }).n]);
    await sleep(pauseMs);
  },
}), { name: 'replayer' });
process.send!('ready');
