import type { PlatformConfig } from '#chassis/config/config.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { stopOnSignal } from '#chassis/deployable/stop-on-signal.ts';
import { depotApi, newShelves, sampleEventSchemas } from './sample-apis.ts';

/** A depot in a process of its own, whose reads take a moment. */
const { config, readMs } = JSON.parse(process.argv[2]!) as { config: PlatformConfig; readMs: number };
const shelves = newShelves();
shelves.boxes.set('known', 1);
shelves.beforeRead = () => new Promise((resolve) => { setTimeout(resolve, readMs); });
stopOnSignal(await startDeployable({ name: 'lower', config, modules: [depotApi(shelves)], eventSchemas: sampleEventSchemas }));
process.send?.({ ready: true });
