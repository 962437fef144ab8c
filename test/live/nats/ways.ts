import { eventually } from '../../support/eventually.ts';
import type { Probe } from '../../support/probe.ts';
import type { House } from '../../chassis/events/conformance/house.ts';

/** How many events of a group came by the stream so far, and how many from the log. */
export async function waysOf(probe: Probe, group: string): Promise<{ stream: number; log: number }> {
  const figures = (await (await fetch(`${probe.url}/metrics`)).text()).split('\n');
  const figure = (way: string) => Number(figures.find((line) => line.startsWith('callosum_events_taken_total{') && line.includes(`group="${group}"`) && line.includes(`way="${way}"`))?.split(' ').at(-1) ?? 0);
  return { stream: figure('stream'), log: figure('log') };
}

/** Tells events until the group takes one of them from the stream. */
export async function isOnStream(house: House, probe: Probe, group: string): Promise<void> {
  const subject = `on stream ${performance.now()}`;
  let n = 0;
  await eventually(async () => {
    const before = await waysOf(probe, group);
    await house.tell(subject, n += 1);
    await house.heardAll(group, subject, n);
    return (await waysOf(probe, group)).stream > before.stream;
  });
}
