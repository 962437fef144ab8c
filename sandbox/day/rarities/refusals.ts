import type { Behaviour } from '../../network/suppliers/behaviour.ts';
import type { FaultMode, FaultScope } from '../../faults.ts';
import { patiently } from '../patience.ts';
import { pause } from '../pause.ts';
import { ask } from '../staff/requesters.ts';
import { hurry, planned, plannedOf } from './requisitions.ts';
import { inTurn, until, type Scene } from './scene.ts';

/** A vendor that refuses one kind of request for good, as it does when its master data or its rights are wrong. */
interface Refusal {
  /** Fault points to which nothing else leads. */
  leadsTo: RegExp;
  vendor: 'erp' | 'coupa';
  scope: FaultScope;
  /** What is asked for meanwhile; of an item of a supplier on the vendor where it has to be one. */
  behaviour: Behaviour;
  item?: string;
  /** Work that is left until the vendor refuses, where it would refuse what comes before as well. */
  left?: string;
  /** Work that people have of it, and what they do about it: once more at first, while it is still refused. */
  kind: string;
  ways: readonly [string, ...string[]];
}

export const REFUSED: FaultMode = { kind: 'failing', status: 400, rate: 1 };
export const WRITING = ['POST', 'PATCH', 'PUT'];
/** Of a supplier that is reached through the procurement network. */
const ON_NETWORK = 'DEV-2001';

const REFUSALS: readonly Refusal[] = [
  {
    leadsTo: /ordering on place-order\.failed|notPlaced|undo create requisition/, vendor: 'erp', scope: { methods: WRITING, pathIncludes: 'draftPurchaseOrders' },
    behaviour: 'deliver-in-full', kind: 'order-not-placed', ways: ['cancel-order', 'retry'],
  },
  {
    leadsTo: /undo create order/, vendor: 'coupa', scope: { methods: ['POST'], pathIncludes: '/api/purchase_orders' },
    behaviour: 'deliver-in-full', item: ON_NETWORK, kind: 'order-not-placed', ways: ['retry'],
  },
  {
    leadsTo: /change-order\.failed|notChanged/, vendor: 'erp', scope: { methods: WRITING, pathIncludes: 'draftPurchaseOrders/' },
    behaviour: 'price-higher-on-acknowledgement', left: 'supplier-proposal', kind: 'order-not-changed', ways: ['hold-to-order', 'retry-change'],
  },
  {
    leadsTo: /receive-goods\.failed|notReceived/, vendor: 'erp', scope: { methods: WRITING, pathIncludes: 'receivingReceiptRequests' },
    behaviour: 'deliver-in-full', kind: 'goods-not-received', ways: ['discard-delivery', 'retry-receipt'],
  },
  {
    leadsTo: /enter-invoice\.failed|notEntered/, vendor: 'erp', scope: { methods: WRITING, pathIncludes: '/invoices' },
    behaviour: 'deliver-in-full', kind: 'invoice-not-entered', ways: ['refuse-invoice', 'retry-invoice'],
  },
  {
    leadsTo: /cancel-order\.failed|cancellation\.failed/, vendor: 'coupa', scope: { methods: ['PUT'], pathIncludes: '/cancel' },
    behaviour: 'reject-order', item: ON_NETWORK, kind: 'order-not-cancelled', ways: ['keep-order', 'retry-cancellation'],
  },
];

const ORDERS = 3;
const AT_MOST_MS = 25_000;
/** Long enough that whoever tries once more is refused once more. */
export const ONCE_MORE_MS = 2_500;

/** Orders that meet a vendor's refusal. Some are tried again and come through, the others are given up. */
function refused({ leadsTo, vendor, scope, behaviour, item, left, kind, ways }: Refusal): Scene {
  return {
    leadsTo,
    async play(stage) {
      const { controlUrl, signal } = stage;
      await hurry(stage);
      const orders = item
        ? [await plannedOf(stage, [[item, behaviour]], 1)]
        : await planned(stage, behaviour, 'small', ORDERS);
      let isRefusing = false;
      for (const [index, { reference }] of orders.entries()) {
        const again = ways.at(-1)!;
        const answers = [inTurn(kind, again, index % 2 === 0 ? ways[0] : again, again), inTurn('supplier-proposal', 'accept-proposal', 'hold-to-order'), inTurn('supplier-rejection', 'cancel-order')];
        stage.tell(reference, (work) => (work.kind === left && !isRefusing ? 'leave' : answers.map((answer) => answer(work)).find((told) => told !== undefined)));
      }
      const comesTo = (what: string) => Promise.race([...orders.map(({ reference }) => stage.seen(what, reference)), pause(AT_MOST_MS, signal)]);
      if (left) {
        await ask(stage.floor, orders);
        await comesTo(left);
      }
      await setFault(controlUrl, vendor, REFUSED, scope, signal);
      isRefusing = true;
      try {
        if (!left) await ask(stage.floor, orders);
        await comesTo(kind);
        await pause(ONCE_MORE_MS, signal);
      } finally {
        await setFault(controlUrl, vendor, { kind: 'none' }, {}, signal);
      }
    },
  };
}

/** Slow enough that somebody else gets in between. */
const SLOW_MS = 3_000;

const DISPUTE = 'Supplier dispute';

/** The accountant holds an invoice up before the ERP has validated it, and lets it go later. */
const HELD: Scene = {
  leadsTo: /see invoice released/,
  async play(stage) {
    const { controlUrl, signal, database, doors } = stage;
    await hurry(stage);
    const orders = await planned(stage, 'deliver-in-full', 'small', ORDERS);
    const references = orders.map(({ reference }) => reference);
    let isLetGo = false;
    for (const reference of references) stage.tell(reference, ({ kind }) => (kind === 'move-failed' && !isLetGo ? 'leave' : undefined));
    const ofThese = `select v.id from erp.invoices v join network.invoices i on i.number = v.number join network.orders o on o.id = i.order_id where o.reference = any($1)`;
    await setFault(controlUrl, 'erp', { kind: 'slow', delayMs: SLOW_MS }, { methods: ['POST'], pathIncludes: 'validateInvoice' }, signal);
    try {
      await ask(stage.floor, orders);
      await Promise.race([pause(AT_MOST_MS, signal), until(stage, async () => {
        const { rowCount } = await database.query(
          `insert into erp.invoice_holds (invoice_id, name, reason) select id, $2, 'Asked the supplier' from erp.invoices
             where id in (${ofThese}) and validation not in ('Validated', 'Canceled') and not exists (select 1 from erp.invoice_holds h where h.invoice_id = invoices.id)`, [references, DISPUTE]);
        return (rowCount ?? 0) > 0;
      })]);
    } finally {
      await setFault(controlUrl, 'erp', { kind: 'none' }, {}, signal);
    }
    await pause(SLOW_MS + ONCE_MORE_MS, signal);
    try {
      // Read anew: the answer to the holding may have been lost.
      const { rows } = await patiently(new AbortController().signal, () => database.query<{ id: string; invoice: string; supplier: string }>(
        `select h.id::text as id, v.number as invoice, s.number as supplier from erp.invoice_holds h join erp.invoices v on v.id = h.invoice_id join erp.suppliers s on s.id = v.supplier_id
           where h.name = $2 and h.released_at is null and v.id in (${ofThese})`, [references, DISPUTE]));
      for (const { id, invoice, supplier } of rows) {
        await doors.atErp('PATCH', `invoiceHolds/${id}`, { ReleaseName: 'Hold released', ReleaseReason: 'Settled' });
        await doors.atErp('POST', 'invoices/action/validateInvoice', { InvoiceNumber: invoice, SupplierNumber: supplier, ProcessAction: 'Validate' });
      }
    } finally {
      isLetGo = true;
    }
  },
};

/** Each makes a vendor fail, so that of them one is played at a time. */
export const REFUSAL_SCENES: readonly Scene[] = [...REFUSALS.map(refused), HELD];

export function setFault(controlUrl: string, vendor: string, mode: FaultMode, scope: FaultScope, signal: AbortSignal): Promise<void> {
  return patiently(signal.aborted ? new AbortController().signal : signal, async () => {
    const response = await fetch(`${controlUrl}/faults/${vendor}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ mode, scope }) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the sandbox refused to make ${vendor} fail: ${response.status}`);
  });
}
