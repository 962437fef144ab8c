import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Order } from '../../../process-apis/procure-to-pay/order.ts';
import { eventually } from '../../support/eventually.ts';
import { startHospital, type Hospital } from '../hospital/hospital.ts';
import { newcomer, type PersonName } from '../hospital/people.ts';
import { newStory } from '../hospital/story.ts';
import { deliveriesOf, documentOf, straightHistories, type Happening, type History } from './histories/history.ts';
import { answerTo } from './histories/people.ts';
import { live } from './histories/rig.ts';

const GROUP = 'procure-to-pay.supplier-documents';
const TIMES = 10;
const DECIDES: Record<string, PersonName> = { 'role:buyer': 'ben', 'role:accounts-payable-clerk': 'carla', 'role:accounts-payable-manager': 'arthur', 'role:department-manager/7010': 'maya' };

/** What the rig in memory says of an order, as far as the platform says it too. */
interface Seen {
  state: string;
  lines: [quantity: number, received: number, invoiced: number, unitPrice: string][];
  invoices: string[];
  deliveries: string[];
  told: string[];
  made: string[];
}

const seen = (state: string, { lines, invoices, deliveries }: Order, told: string[], made: string[]): Seen => ({
  state, lines: lines.map(({ quantity, receivedQuantity, invoicedQuantity, unitPrice }) => [quantity, receivedQuantity, invoicedQuantity, unitPrice]),
  invoices: invoices.map(({ number, total, state: end }) => `${number} ${total} ${end}`).toSorted(), deliveries: deliveries.map(({ reference }) => reference).toSorted(), told: told.toSorted(), made: made.toSorted(),
});

describe('the same histories, lived on the platform', () => {
  let hospital: Hospital;
  before(async () => { hospital = await startHospital({ policy: { personNeedsNoApprovalUpTo: '1000000' } }); });
  after(() => hospital.stop());

  /** Limits are weeks here: of histories in which people refuse nothing none has to pass. */
  const histories = fc.sample(straightHistories.filter(({ minds }) => minds.paysMore).chain((history) => deliveriesOf(history, 2).map((deliveries) => ({ history, deliveries }))), { numRuns: 8, seed: 20_261_120 });

  for (const [index, lived] of histories.entries()) {
    test(`end as in memory: ${index + 1}`, async () => {
      const { history, deliveries } = ofOneOrder(lived, index + 1);
      const order = await liveThrough(history, deliveries);
      const end = await live({ history, deliveries: history.happenings });
      assert.deepEqual(order, seen(end.state, end.order, end.told.map(({ type }) => type), end.made.map(({ name }) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`))));
    });
  }

  async function liveThrough(history: History, deliveries: readonly Happening[]): Promise<Seen> {
    const story = newStory(hospital);
    const { reference } = await beforeItIsPlaced(story.run, history, deliveries, () => story.ask(newcomer(), {
      urgency: history.urgency, justification: 'A patient waits.', lines: history.lines.map(({ quantity }) => ({ itemNumber: 'IMP-1', quantity, unit: 'EA' })),
    }));
    const { id } = await story.orderFor(reference);
    for (const happening of deliveries) if (happening.type === 'delivered') await atDock(id, happening);
    for (let time = 1; time < TIMES; time += 1) await deliverAllAgain();
    await decideUntil(id, (state) => state === 'closed.quiet');
    await deliverAllAgain();
    const [life] = await hospital.database.query<{ state: string; snapshot: { context: Order } }>('select state, snapshot from chassis.lives where id = $1', [id]);
    const told = await hospital.database.query<{ type: string }>('select type from chassis.events where subject = $1', [id]);
    const made = await hospital.database.query<{ name: string }>('select name from chassis.moves where life_id = $1', [id]);
    return seen(life!.state, life!.snapshot.context, told.map(({ type }) => type), made.map(({ name }) => name));
  }

  /** The supplier is faster than the answer to whoever sends it the order: all of its documents are there before its number is known to anybody. */
  async function beforeItIsPlaced<T>(run: string, history: History, deliveries: readonly Happening[], ask: () => Promise<T>): Promise<T> {
    const sent = new Promise<void>((resolve, reject) => {
      hospital.network.onOrder = async ({ orderNumber }) => {
        await sendAll(run, { ...history, orderNumber }, deliveries).then(resolve, reject);
      };
    });
    const asked = await ask();
    await sent;
    delete hospital.network.onOrder;
    return asked;
  }

  async function sendAll(run: string, history: History, deliveries: readonly Happening[]): Promise<void> {
    for (const happening of deliveries) {
      if (happening.type === 'delivered') continue;
      await hospital.inRun(run, () => hospital.tell(happening.type, history.orderNumber, documentOf(history, happening) as never, eventId(run, happening.id)));
    }
  }

  function atDock(orderId: string, { delivery: { by: _by, ...body } }: Extract<Happening, { type: 'delivered' }>): Promise<unknown> {
    return eventually(async () => {
      await hospital.as('dora', () => hospital.procure.receiveGoods({ orderId, body })).catch((error: unknown) => {
        // Its order is not placed yet: it stands on the dock for a moment. What is here already needs not be reported once more.
        if (!(error instanceof ApiError && ['nothing-expected', 'order-not-open'].includes(error.code ?? ''))) throw error;
      });
      return true;
    });
  }

  /** The group is sent back to the beginning of the log, and has nothing left to read a moment later. */
  async function deliverAllAgain(): Promise<void> {
    await hospital.database.query(`update chassis.consumer_groups set xid = '0', seq = 0 where name = $1`, [GROUP]);
    await hospital.database.query(`select pg_notify('callosum', 'events:invoice.received.v1')`);
    await eventually(async () => (await hospital.database.query(
      `select 1 from chassis.consumer_groups g where name = $1 and not exists (select 1 from chassis.events e where (e.xid, e.seq) > (g.xid, g.seq) and e.type = 'invoice.received.v1')
         and not exists (select 1 from chassis.troubled_events where consumer = $1 and status <> 'dead')`, [GROUP])).length === 1);
  }

  async function decideUntil(id: string, isOver: (state: string) => boolean): Promise<void> {
    await eventually(async () => {
      const [life] = await hospital.database.query<{ state: string }>('select state from chassis.lives where id = $1', [id]);
      if (isOver(life!.state)) return true;
      const items = await hospital.database.query<{ id: string; kind: string; owner: string; resolutions: string[] }>(`select id, kind, owner, resolutions from chassis.work_items where life_id = $1 and status = 'open'`, [id]);
      for (const { id: workItemId, kind, owner, resolutions } of items) {
        const resolution = answerTo(kind, resolutions, { acceptsProposal: true, keepsSurplus: false, believesTwins: false, paysMore: true });
        await hospital.as(DECIDES[owner]!, () => hospital.procure.resolveWorkItem({ workItemId, body: { resolution } }));
      }
      return false;
    });
  }
});

/** Of one supplier every invoice has a number of its own, whichever order it bills. */
function ofOneOrder<Lived>(lived: Lived, order: number): Lived {
  return JSON.parse(JSON.stringify(lived).replaceAll('"number":"', `"number":"${order}/`)) as Lived;
}

/** The same identity whenever the event is delivered. */
function eventId(run: string, id: string): string {
  const digest = createHash('sha256').update(`${run} ${id}`).digest('hex');
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
