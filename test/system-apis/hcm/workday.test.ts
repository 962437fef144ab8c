import { hcmConformance, type HcmUnderTest } from './conformance.ts';
import { openAdapter, settingsFor, startVendor } from './support.ts';

const fixture: HcmUnderTest['fixture'] = {
  facility: 'MAIN', department: 'ED', otherDepartment: 'THEATRE', job: 'RN', otherFacility: 'EAST', sharedDepartment: 'CLINIC',
  departmentWithoutCostCenter: { code: 'VOLUNTEERS', job: 'VOL' }, closedPosition: 'MAIN-CATHLAB-RN-3', openPosition: 'MAIN-ED-RN-1',
};

function conformanceWith(name: string, needsApproval: boolean): void {
  hcmConformance(`Workday, against the simulated one that ${name},`, async () => {
    const vendor = await startVendor();
    if (needsApproval) for (const kind of ['hire', 'jobChange', 'leaveOfAbsence', 'returnFromLeave', 'terminate', 'rescind'] as const) vendor.conduct.needsApproval.add(kind);
    return {
      port: openAdapter(settingsFor(vendor)), fixture, tearDown: vendor.stop,
      faults: {
        loseNextWriteAnswer: () => vendor.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['POST'], pathIncludes: '/ccx/api/', times: 1 }),
        setDown: (down) => vendor.faults.set({ kind: down ? 'down' : 'none' }),
      },
    };
  });
}

conformanceWith('completes what a call starts', false);
conformanceWith('has everything approved by somebody', true);
