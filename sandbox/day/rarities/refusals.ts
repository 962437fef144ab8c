import type { FaultMode, FaultScope } from '../../faults.ts';
import { patiently } from '../patience.ts';
import { pause } from '../pause.ts';

/** A vendor that refuses one kind of request for good, as it does when its master data or its rights are wrong. */
export interface Refusal {
  /** Fault points to which nothing else leads. */
  leadsTo: RegExp;
  vendor: 'erp' | 'coupa' | 'van' | 'ehr';
  scope: FaultScope;
  mode?: FaultMode;
}

const REFUSED: FaultMode = { kind: 'failing', status: 400, rate: 1 };
const WRITING = ['POST', 'PATCH', 'PUT'];

export const REFUSALS: readonly Refusal[] = [
  { leadsTo: /ordering on place-order\.failed|notPlaced|undo create requisition/, vendor: 'erp', scope: { methods: WRITING, pathIncludes: 'draftPurchaseOrders' } },
  { leadsTo: /undo create order/, vendor: 'coupa', scope: { methods: ['POST'], pathIncludes: '/api/purchase_orders' } },
  { leadsTo: /change-order\.failed|notChanged/, vendor: 'erp', scope: { methods: WRITING, pathIncludes: 'draftPurchaseOrders/' } },
  { leadsTo: /receive-goods\.failed|notReceived/, vendor: 'erp', scope: { methods: WRITING, pathIncludes: 'receivingReceiptRequests' } },
  { leadsTo: /enter-invoice\.failed|notEntered/, vendor: 'erp', scope: { methods: WRITING, pathIncludes: '/invoices' } },
  { leadsTo: /cancel-order\.failed|cancellation\.failed/, vendor: 'coupa', scope: { methods: ['PUT'], pathIncludes: '/cancel' } },
  { leadsTo: /undo take from stock/, vendor: 'erp', scope: { methods: WRITING, pathIncludes: 'erpintegrations' } },
];

const FOR_MS = 4_000;
const PAUSE_MS = 3_000;

/** Something that a vendor does for a while. Of each vendor one thing at a time. */
export interface Turn {
  leadsTo: RegExp;
  take(): Promise<void>;
}

export function refusing(controlUrl: string, signal: AbortSignal): Turn[] {
  return REFUSALS.map(({ leadsTo, vendor, mode = REFUSED, scope }) => ({
    leadsTo,
    async take() {
      await setFault(controlUrl, vendor, mode, scope, signal);
      await pause(FOR_MS, signal);
      await setFault(controlUrl, vendor, { kind: 'none' }, {}, signal);
    },
  }));
}

/** One after the other, as long as it leads to where nobody has been. */
export async function takeTurns(turns: readonly Turn[], open: () => readonly string[], signal: AbortSignal): Promise<void> {
  for (let turn = 0; !signal.aborted; turn += 1) {
    const missing = open();
    const wanted = turns.filter(({ leadsTo }) => missing.some((name) => leadsTo.test(name)));
    await wanted[turn % Math.max(1, wanted.length)]?.take();
    await pause(PAUSE_MS, signal);
  }
}

export function setFault(controlUrl: string, vendor: string, mode: FaultMode, scope: FaultScope, signal: AbortSignal): Promise<void> {
  return patiently(signal.aborted ? new AbortController().signal : signal, async () => {
    const response = await fetch(`${controlUrl}/faults/${vendor}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ mode, scope }) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the sandbox refused to make ${vendor} fail: ${response.status}`);
  });
}
