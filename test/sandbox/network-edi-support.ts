import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  build999, buildTa1, checkGroup, parseInterchange, printInterchange, printPurchaseOrder, readFunctionalAcknowledgment,
  readInvoice, readPurchaseOrderAcknowledgment, readShipNotice, readTa1, SCHEMAS,
} from '#formats/x12/index.ts';
import type { Interchange, PurchaseOrder } from '#formats/x12/index.ts';

export const HOSPITAL = { qualifier: 'ZZ', id: 'LAKESIDE' };
export const CASCADE = { number: 'SUP-130', qualifier: '12', id: '5550130130' };

export function order850(number: string, reference: string, change: Partial<PurchaseOrder> = {}): PurchaseOrder {
  return {
    purpose: '00',
    type: 'SA',
    number,
    date: '2026-11-20',
    currency: 'USD',
    references: [{ qualifier: 'RQ', id: reference }],
    parties: [{ role: 'ST', idQualifier: '92', id: 'MAIN' }],
    lines: [{ lineNumber: '1', quantity: '8', unit: 'BX', unitPrice: '18.00', buyerItemNumber: 'CON-3002', requestedDelivery: '2026-12-01' }],
    ...change,
  };
}

/** An interchange from the hospital to Cascade. */
export function interchange850(controlNumber: string, orders: readonly PurchaseOrder[], receiver = CASCADE.id): string {
  return printInterchange({
    header: {
      senderQualifier: HOSPITAL.qualifier, sender: HOSPITAL.id, receiverQualifier: CASCADE.qualifier, receiver,
      date: '261120', time: '0815', controlNumber, acknowledgmentRequested: true,
    },
    groups: [{
      header: { functionalId: 'PO', sender: HOSPITAL.id, receiver, date: '20261120', time: '0815', controlNumber: String(Number(controlNumber)), version: '005010' },
      transactions: orders.map((order, index) => printPurchaseOrder(order, String(index + 1).padStart(4, '0'))),
    }],
  });
}

/** The hospital's acknowledgement of one interchange, sent by itself instead of in the answer. */
export function interchangeTa1(controlNumber: string, about: string): string {
  return printInterchange({
    header: {
      senderQualifier: HOSPITAL.qualifier, sender: HOSPITAL.id, receiverQualifier: CASCADE.qualifier, receiver: CASCADE.id,
      date: '261120', time: '0815', controlNumber,
    },
    acknowledgments: [['TA1', about, '261120', '0815', 'A', '000']],
    groups: [],
  });
}

export interface EdiAnswer {
  status: number;
  text: string;
  ta1?: ReturnType<typeof readTa1>;
  functional: ReturnType<typeof readFunctionalAcknowledgment>[];
}

export async function post(url: string, supplierNumber: string, body: string, headers: Record<string, string> = {}): Promise<EdiAnswer> {
  const response = await fetch(`${url}/edi/${supplierNumber}`, { method: 'POST', body, headers: { 'content-type': 'application/edi-x12', ...headers } });
  const text = await response.text();
  if (!text.startsWith('ISA')) return { status: response.status, text, functional: [] };
  const answer = parseInterchange(text);
  const [ta1] = answer.acknowledgments;
  const sets = answer.groups.flatMap(({ transactions }) => transactions);
  return { status: response.status, text, ta1: ta1 && readTa1(ta1), functional: sets.map(readFunctionalAcknowledgment) };
}

/** How the platform's inbound EDI address treats the next interchange. */
export type Mood = 'silent' | 'unavailable' | 'reject';

/** The platform's inbound EDI address: keeps what it accepts, once, and acknowledges it. */
export async function startPlatform(authorization: string) {
  const kept = new Map<string, Interchange>();
  const seen: string[] = [];
  const refused: string[] = [];
  const moods: Mood[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.headers.authorization !== authorization) return response.writeHead(401).end();
      const interchange = parseInterchange(Buffer.concat(chunks).toString('utf8'));
      const { header } = interchange;
      const key = `${header.sender} ${header.controlNumber}`;
      seen.push(key);
      const mood = moods.shift();
      if (mood === 'unavailable') return response.writeHead(503).end();
      const isDuplicate = kept.has(key);
      const groups = interchange.groups.map((group) => checkGroup(group, SCHEMAS));
      if (mood === 'reject') {
        refused.push(key);
        for (const set of groups.flatMap(({ transactions }) => transactions)) {
          set.violations.push({ level: 'transaction', code: '5', segmentId: 'ST', position: 3 });
        }
      } else {
        kept.set(key, interchange);
      }
      if (mood === 'silent') return response.writeHead(200).end();
      const { senderQualifier, sender, receiverQualifier, receiver, date, time, controlNumber } = header;
      const day = `20${date}`;
      return response.writeHead(200, { 'content-type': 'application/edi-x12' }).end(printInterchange({
        header: { senderQualifier: receiverQualifier, sender: receiver, receiverQualifier: senderQualifier, receiver: sender, date, time, controlNumber },
        acknowledgments: [buildTa1(interchange, isDuplicate ? '025' : undefined)],
        groups: isDuplicate ? [] : groups.map((group) => ({
          header: { functionalId: 'FA', sender: receiver, receiver: sender, date: day, time, controlNumber: '1', version: '005010X231A1' },
          transactions: [build999(group, '0001')],
        })),
      }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sets = () => [...kept.values()].flatMap(({ groups }) => groups.flatMap((group) => checkGroup(group, SCHEMAS).transactions));
  const read = <Document>(id: string, reader: (set: ReturnType<typeof sets>[number]) => Document) =>
    sets().filter((set) => set.id === id).map((set) => {
      if (set.violations.length > 0) throw new Error(`A supplier sent a faulty ${id}: ${JSON.stringify(set.violations)}`);
      return reader(set);
    });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/edi/inbound`,
    moods,
    seen,
    refused,
    acknowledgements: (po: string) => read('855', readPurchaseOrderAcknowledgment).filter((each) => each.purchaseOrderNumber === po),
    shipNotices: (po: string) => read('856', readShipNotice).filter((each) => each.orders[0]?.purchaseOrderNumber === po),
    invoices: (po: string) => read('810', readInvoice).filter((each) => each.purchaseOrderNumber === po),
    close: () => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }),
  };
}
