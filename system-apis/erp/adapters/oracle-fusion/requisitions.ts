import type { NewErpRequisition } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { placeOf } from './destination.ts';
import { hasCode, notFound, refused, tidied } from './errors.ts';
import { facilityNamed } from './facilities.ts';
import { checkCurrency, type Fusion } from './fusion.ts';
import { requisitionBody, requisitionOf, type RequisitionRow } from './mapping/requisitions.ts';
import { pageById } from './pages.ts';
import { equals } from './query.ts';
import { Requisition } from './records.ts';

type Operations = Pick<ErpPort, 'createRequisition' | 'listRequisitions' | 'getRequisition' | 'cancelRequisition'>;

const PATH = 'purchaseRequisitions';

export function requisitions(fusion: Fusion): Operations {
  const { client, settings, requisitionRows, repeats } = fusion;

  /** An earlier attempt's document: the newest that is not cancelled. */
  async function stampedWith(reference: string): Promise<RequisitionRow | undefined> {
    const found = await client.all(Requisition, PATH, { where: [equals('InterfaceSourceCode', reference)], expand: 'lines', orderBy: 'RequisitionHeaderId:desc' });
    return found.find((row) => row.DocumentStatus.toUpperCase() !== 'CANCELED');
  }

  async function bodyOf(body: NewErpRequisition): Promise<object> {
    checkCurrency(fusion, body.currency);
    const facility = facilityNamed(settings, body.facility);
    const { costCenter, location } = body;
    const lines = await Promise.all(body.lines.map(async (line) => ({ ...line, place: await placeOf(fusion, { facility, costCenter, location, account: line.account, itemNumber: line.itemNumber }) })));
    return requisitionBody(body, lines, settings);
  }

  /** Submits what is incomplete. What is refused does not stay: a later attempt would not know it. */
  async function submitted(row: RequisitionRow): Promise<RequisitionRow> {
    if (!isIncomplete(row)) return row;
    const path = `${PATH}/${row.RequisitionHeaderId}`;
    try {
      await client.act(`${path}/action/submitRequisition`);
    } catch (failure) {
      // An attempt that was given up may have been faster.
      if (!hasCode(failure, 'requisition-not-submittable') || isIncomplete(await again(row))) await tidied(failure, () => client.remove(path));
    }
    return again(row);
  }

  const again = ({ RequisitionHeaderId }: RequisitionRow) => client.item(Requisition, `${PATH}/${RequisitionHeaderId}`, { expand: 'lines' });

  async function read(requisitionNumber: string): Promise<RequisitionRow> {
    const { items: [row] } = await client.page(Requisition, PATH, { where: [equals('Requisition', requisitionNumber)], expand: 'lines', limit: 1 });
    if (!row) throw notFound('unknown-requisition', 'The ERP has no such requisition.');
    return row;
  }

  return {
    async createRequisition({ body }, { repeated }) {
      const created = await repeats.once(`requisition ${body.reference}`, repeated, () => stampedWith(body.reference), async () => client.create(Requisition, PATH, await bodyOf(body)));
      const row = await submitted(created);
      requisitionRows.know(row.Requisition, row);
      return requisitionOf(row, settings);
    },

    async listRequisitions({ reference, ...page }) {
      return pageById(client, {
        shape: Requisition, path: PATH, key: 'RequisitionHeaderId', search: { where: reference === undefined ? [] : [equals('InterfaceSourceCode', reference)], expand: 'lines' },
        present: (rows) => rows.map((row) => requisitionOf(row, settings)),
      }, page);
    },

    async getRequisition({ requisitionNumber }) {
      return requisitionOf(await read(requisitionNumber), settings);
    },

    async cancelRequisition({ requisitionNumber }) {
      const row = await read(requisitionNumber);
      const requisition = requisitionOf(row, settings);
      if (requisition.status === 'cancelled') return requisition;
      if (requisition.status === 'ordered') throw refused('requisition-ordered', 'The requisition is on an order.');
      await client.act(`${PATH}/${row.RequisitionHeaderId}/action/cancelRequisition`, { reason: 'Cancelled by the requester' }).catch(async (failure: unknown) => {
        if (!hasCode(failure, 'requisition-ordered') || requisitionOf(await read(requisitionNumber), settings).status !== 'cancelled') throw failure;
      });
      return { ...requisition, status: 'cancelled' };
    },
  };
}

const isIncomplete = (row: RequisitionRow) => row.DocumentStatus.toUpperCase() === 'INCOMPLETE';
