import { SYSTEMS } from '../../ehr/hospital-record.ts';
import type { JsonObject } from '../../ehr/json.ts';
import type { SentRequisition } from '../../reconciliation/sent.ts';
import { patiently } from '../patience.ts';
import { pause } from '../pause.ts';
import { setFault } from './refusals.ts';
import { until, type Scene, type Stage } from './scene.ts';

/** Longer than anybody remembers what the ERP has said of an item. */
const SLOW_MS = 6_500;
const UNTIL_ANSWERED_MS = 3_000;

/**
 * A piece that is replaced one for one is taken out of the item master between its use and the order for the next one.
 * The buyer has it checked again, and then gives up or has it put back.
 */
export const UNFIT_SCENE: Scene = {
  leadsTo: /checking on refused if isDemand|unfit/,
  async play(stage) {
    const { happenings, number, controlUrl, signal, database, floor, clinician } = stage;
    const like = happenings.find((each) => each.kind === 'device-used' && each.use?.isReplacedOneForOne)!;
    const use = like.use!;
    const [device, statement] = like.resources as [JsonObject, JsonObject];
    const id = `unfit-${number}`;
    const subject = `DeviceUseStatement/${id}`;
    const need = `use:${subject}`;
    const givesUp = number % 2 === 0;
    const setStatus = (status: string) => patiently(new AbortController().signal, () => database.query('update erp.items set status = $2 where number = $1', [use.item, status]));
    const looked = new Set<string>();
    let isBack = false;
    stage.tell(need, (item) => {
      if (item.kind !== 'demand-refused') return undefined;
      looked.add(item.id);
      if (looked.size < 2) return { resolution: 'check-again' };
      return givesUp ? { resolution: 'give-up' } : isBack ? { resolution: 'check-again' } : 'leave';
    });
    stage.tell(subject, ({ kind }) => (kind === 'stock-does-not-suffice' ? { resolution: 'adjust-stock' } : undefined));
    floor.sent.use({ id: subject, item: use.item, quantity: 1, facility: use.facility, location: use.location, costCentre: use.costCentre, isMapped: true });
    await setFault(controlUrl, 'erp', { kind: 'slow', delayMs: SLOW_MS }, { methods: ['GET'], pathIncludes: 'itemSubinventories' }, signal);
    try {
      await clinician.record({ kind: 'device-used', id, resources: [
        { ...device, id: `${id}-device` },
        { ...statement, id, identifier: [{ system: SYSTEMS.use, value: id }], device: { reference: `Device/${id}-device` } },
      ] });
      const isIssued = await until(stage, async () => (await database.query(`select 1 from erp.stock_movements where type = 'Miscellaneous Issue' and reference like $1`, [`${subject}%`])).rows.length > 0);
      if (isIssued) await setStatus('inactive');
      await until(stage, () => looked.size >= 2);
    } finally {
      await setFault(controlUrl, 'erp', { kind: 'none' }, {}, signal);
      await setStatus('active');
      isBack = true;
      await expectRefusals(stage, use.item);
    }
  },
};

/** Whoever asked for it meanwhile was told so, and that was right. */
async function expectRefusals({ database, floor, signal }: Stage, item: string): Promise<void> {
  await pause(UNTIL_ANSWERED_MS, signal);
  const { rows } = await patiently(new AbortController().signal, () => database.query<{ body: SentRequisition }>(
    `select body from day.sent where kind = 'requisition' and body->'answer'->>'code' = 'item-inactive' and body->'lines' @> jsonb_build_array(jsonb_build_object('item', $1::text))`, [item]));
  for (const { body } of rows) floor.sent.requisition({ ...body, expected: { answer: 'refused', code: 'item-inactive' } });
}
