import { ApiError } from '#chassis/errors/failures.ts';
import type { ErpRequisition, NewErpRequisition } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { mustFind } from './directory.ts';
import { refused } from './failures.ts';
import { requisitionOf, requisitionStatus } from './mapping/requisitions.ts';
import { pageById } from './pages.ts';
import { Requisition } from './records.ts';
import type { Row } from './record.ts';
import { leaveStamp, stampsOf } from './stamp.ts';
import type { Tryton } from './tryton.ts';
import { date, decimal } from './wire.ts';

type Operations = Pick<ErpPort, 'createRequisition' | 'listRequisitions' | 'getRequisition' | 'cancelRequisition'>;

const MODEL = 'purchase.requisition';

export function requisitionOperations({ client, directory, settings, deps }: Tryton): Operations {
  async function present(rows: Row<typeof Requisition>[]): Promise<ErpRequisition[]> {
    const stamps = await stampsOf(client, MODEL, rows.map((row) => row.id));
    return rows.map((row) => requisitionOf(row, stamps.get(row.id) ?? {}, settings.unitCodes));
  }

  async function presentOne(id: number): Promise<ErpRequisition> {
    const [requisition] = await present(await client.read(Requisition, [id]));
    return requisition!;
  }

  const find = (number: string) => mustFind(client, Requisition, [['number', '=', number]], 'unknown-requisition', 'There is no such requisition.');

  async function enter(body: NewErpRequisition): Promise<number> {
    const [facility, currency, items, { employee }] = await Promise.all([
      directory.facility(body.facility), directory.currency(body.currency), directory.items(body.lines.map((line) => line.itemNumber)), client.context(),
      directory.openCostCenters([body.costCenter]), directory.accounts(body.lines.flatMap((line) => (line.account ? [line.account] : []))),
    ]);
    if (body.location !== undefined) await directory.storageLocation(facility, body.location);
    const suppliers = new Map(await Promise.all([...new Set(body.lines.flatMap((line) => (line.supplierNumber ? [line.supplierNumber] : [])))].map(async (number) => [number, (await directory.supplier(number)).id] as const)));
    const lines = body.lines.map((line, index) => {
      const item = items.get(line.itemNumber)!;
      return {
        sequence: index + 1, product: item.id, quantity: line.quantity, unit: directory.unitOf(item, line.unit).id, unit_price: decimal(line.unitPrice),
        description: line.description ?? null, supplier: line.supplierNumber ? suppliers.get(line.supplierNumber) : null,
      };
    });
    const [id] = await client.create(MODEL, [{
      description: body.reference, employee, warehouse: facility.id, currency, supply_date: date(body.neededBy ?? deps.clock.now().toISOString().slice(0, 10)), lines: [['create', lines]],
    }]);
    return id!;
  }

  return {
    async createRequisition({ body }, { repeated }) {
      const known = repeated ? await client.first(Requisition, [['description', '=', body.reference]]) : undefined;
      const id = known?.id ?? await enter(body);
      const { costCenter, requester, description, neededBy, location } = body;
      await leaveStamp(client, MODEL, id, { costCenter, requester, description, neededBy, location, accounts: body.lines.map((line) => line.account ?? null) });
      if (!known || known.state === 'draft') await client.press(MODEL, 'wait', [id]);
      return presentOne(id);
    },

    async listRequisitions({ reference, ...page }) {
      return pageById(client, Requisition, reference === undefined ? [] : [['description', '=', reference]], page, present);
    },

    async getRequisition({ requisitionNumber }) {
      const [requisition] = await present([await find(requisitionNumber)]);
      return requisition!;
    },

    async cancelRequisition({ requisitionNumber }) {
      const found = await find(requisitionNumber);
      const status = requisitionStatus(found);
      if (status === 'ordered') throw refused('requisition-ordered', 'The requisition was ordered.');
      if (status !== 'cancelled') {
        await client.press(MODEL, 'draft', [found.id]);
        await client.press(MODEL, 'cancel', [found.id]);
      }
      const cancelled = await presentOne(found.id);
      // Buttons are silent when the state does not allow them: a person in Tryton has approved it there.
      if (cancelled.status !== 'cancelled') throw new ApiError('refused', 'The requisition is with the buyers of the ERP.', { code: 'requisition-in-purchasing' });
      return cancelled;
    },
  };
}
