import { defineAdapter, type Capability } from '#chassis/adapters/adapter.ts';
import type { HcmPort } from '../../port.ts';
import { createChangesPoll } from './changes.ts';
import { WorkdayClient } from './client.ts';
import { organisation } from './organisation.ts';
import { payroll } from './payroll.ts';
import { WorkdaySettings } from './settings.ts';
import { workers } from './workers.ts';

const CAPABILITIES: Capability[] = [
  { name: 'workers', supported: true },
  { name: 'hires', supported: true },
  { name: 'worker-changes', supported: true },
  { name: 'organisation', supported: true },
  { name: 'time-entries', supported: true },
  { name: 'payroll-inputs', supported: true },
];

/** Workday HCM by its REST services. */
export const workday = defineAdapter<HcmPort>()({
  settings: WorkdaySettings,
  create(settings, deps) {
    const client = new WorkdayClient(settings, deps);
    return {
      ...workers(client, settings, deps.clock), ...organisation(client, settings), ...payroll(client, settings, deps.clock),
      getCapabilities: () => Promise.resolve({ adapter: 'workday', capabilities: [...CAPABILITIES] }),
      pollChanges: createChangesPoll(client, settings, deps.clock),
      close: () => client.close(),
    };
  },
});
