import express from 'express';
import type { Router } from 'express';
import { inTransaction, type Database } from './database.ts';
import { takeBack } from './suppliers/take-back.ts';

interface DeliveryRow {
  id: number;
  po_number: string;
  supplier_number: string;
  facility: string;
  shipment_number: string;
  arrived_at: Date;
  received: boolean;
  received_at: Date | null;
  returned_at: Date | null;
  lines: unknown[];
}

const PAGE_SIZE = 200;

const SELECT = `select d.*, s.number as shipment_number,
    (select jsonb_agg(jsonb_build_object('lineNumber', l.line_number, 'orderLineNumber', l.order_line_number,
      'itemNumber', l.item_number, 'description', l.description, 'gtin', l.gtin, 'uom', l.uom, 'quantity', l.quantity::text,
      'lot', l.lot, 'serial', l.serial, 'expiresOn', l.expires_on) order by l.line_number)
      from network.delivery_lines l where l.delivery_id = d.id) as lines
  from network.deliveries d join network.shipments s on s.id = d.shipment_id`;

/** What a dock clerk sees and does: boxes that stand there, and a tick once a box is counted and taken in, or sent back. */
export function dockRoutes(database: Database): Router {
  const router = express.Router();

  router.get('/dock/deliveries', async (request, response) => {
    const { status, facility, after } = request.query;
    if (status !== undefined && status !== 'arrived' && status !== 'received') {
      response.status(400).json({ error: 'status is arrived or received' });
      return;
    }
    const { rows } = await database.query<DeliveryRow>(
      `${SELECT} where ${status === undefined ? 'true' : status === 'received' ? 'd.received' : 'not d.received and d.returned_at is null'}
         and ($1::text is null or d.facility = $1) and d.id > $2 order by d.id limit ${PAGE_SIZE}`,
      [typeof facility === 'string' ? facility : null, /^\d{1,9}$/.test(String(after)) ? Number(after) : 0],
    );
    response.json({ deliveries: rows.map(render) });
  });

  router.put('/dock/deliveries/:id/received', async (request, response) => {
    const { id } = request.params;
    if (/^\d{1,9}$/.test(id)) {
      await database.query(
        'update network.deliveries set received = true, received_at = clock_timestamp() where id = $1 and not received',
        [Number(id)],
      );
      const { rows } = await database.query<DeliveryRow>(`${SELECT} where d.id = $1`, [Number(id)]);
      if (rows[0]) {
        response.json(render(rows[0]));
        return;
      }
    }
    response.status(404).json({ error: 'No such delivery' });
  });

  router.put('/dock/deliveries/:id/returned', async (request, response) => {
    const { id } = request.params;
    const isBack = /^\d{1,9}$/.test(id) && await inTransaction(database, (tx) => takeBack(tx, Number(id)));
    const { rows } = isBack ? await database.query<DeliveryRow>(`${SELECT} where d.id = $1`, [Number(id)]) : { rows: [] };
    if (rows[0]) response.json(render(rows[0]));
    else response.status(404).json({ error: 'No such delivery stands there' });
  });

  return router;
}

function render(row: DeliveryRow) {
  return {
    id: row.id,
    poNumber: row.po_number,
    supplierNumber: row.supplier_number,
    shipmentNumber: row.shipment_number,
    facility: row.facility,
    arrivedAt: row.arrived_at.toISOString(),
    received: row.received,
    receivedAt: row.received_at?.toISOString() ?? null,
    returnedAt: row.returned_at?.toISOString() ?? null,
    lines: row.lines,
  };
}
