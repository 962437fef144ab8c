import { setTimeout as wait } from 'node:timers/promises';
import { machineToken } from './identity/sign-in.ts';
import type { Acknowledgement, AcknowledgementLine, Invoice, ShipNotice } from './network/suppliers/documents.ts';
import { PortalRefusal, type PartnerPortal, type PortalOrder } from './network/suppliers/partner-portal.ts';

export interface PartnerPortalOptions {
  /** Address of the platform's door. */
  baseUrl: string;
  issuer: string;
  clientId: string;
  secret: string;
}

interface DispatchedOrder {
  orderNumber: string;
  requisitionReference: string;
  facility: string;
  currency: string;
  revision: number;
  status: 'sent' | 'withdrawn';
  sentAt: string;
  lines: { line: number; itemNumber: string; description?: string; unit: string; quantity: number; unitPrice: string; neededBy?: string }[];
}

/** A supplier's own program, written against the platform's partner API as any outside developer would write it. */
export function createPartnerPortal({ baseUrl, issuer, clientId, secret }: PartnerPortalOptions): PartnerPortal {
  let token: { value: Promise<string>; until: number } | undefined;

  function bearer(): Promise<string> {
    if (!token || token.until < Date.now()) {
      const value = machineToken({ issuer, clientId, scope: 'partner', secret }).then((tokens) => tokens.accessToken);
      token = { value, until: Date.now() + 8 * 60_000 };
      value.catch(() => { token = undefined; });
    }
    return token.value;
  }

  async function call(method: string, path: string, body?: object, idempotencyKey?: string): Promise<unknown> {
    const response = await fetch(`${baseUrl}/partner/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${await bearer()}`, ...(body ? { 'content-type': 'application/json' } : {}), ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(10_000),
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    if (response.status === 401) token = undefined;
    if (response.status === 429) await wait(Number(response.headers.get('retry-after') ?? 1) * 1_000);
    const problem = answer as { type?: string; detail?: string };
    const isFinal = response.status >= 400 && response.status < 500 && ![401, 408, 409, 429].includes(response.status);
    if (isFinal) throw new PortalRefusal(`${response.status} ${problem.type ?? ''} ${problem.detail ?? ''}`);
    throw new Error(`the platform answered ${response.status}`);
  }

  return {
    async listOrders(_supplier, cursor) {
      const orders: DispatchedOrder[] = [];
      let next: string | undefined;
      do {
        const query = new URLSearchParams({ limit: '100', ...(cursor ? { sentAfter: cursor } : {}), ...(next ? { cursor: next } : {}) });
        const page = await call('GET', `/orders?${query}`) as { items: DispatchedOrder[]; next?: string };
        orders.push(...page.items);
        next = page.next;
      } while (next);
      return { orders: orders.map(portalOrder), cursor: orders.at(-1)?.sentAt ?? cursor };
    },
    async acknowledge(_supplier, acknowledgement, key) {
      await call('POST', `/orders/${acknowledgement.order.poNumber}/acknowledgements`, acknowledgementBody(acknowledgement), key);
    },
    async sendShipNotice(_supplier, notice, key) {
      await call('POST', `/orders/${notice.order.poNumber}/ship-notices`, shipNoticeBody(notice), key);
    },
    async sendInvoice(_supplier, invoice, key) {
      await call('POST', `/orders/${invoice.order.poNumber}/invoices`, invoiceBody(invoice), key);
    },
  };
}

function portalOrder(order: DispatchedOrder): PortalOrder {
  return {
    poNumber: order.orderNumber, revision: order.revision + 1, status: order.status === 'sent' ? 'issued' : 'cancelled', reference: order.requisitionReference, facility: order.facility, currency: order.currency,
    lines: order.lines.map((line) => ({
      lineNumber: line.line, itemNumber: line.itemNumber, description: line.description ?? '', uom: line.unit, quantity: String(line.quantity), price: line.unitPrice, needBy: line.neededBy ?? null,
    })),
  };
}

function acknowledgementBody(acknowledgement: Acknowledgement): object {
  return { number: `ACK-${acknowledgement.id}`, acknowledgedAt: `${acknowledgement.date}T12:00:00Z`, lines: acknowledgement.lines.map(acknowledgementLine) };
}

function acknowledgementLine(line: AcknowledgementLine): object {
  const promised = line.promisedOn ? { promisedOn: line.promisedOn } : {};
  const reason = line.reason ? { reason: line.reason } : {};
  const { decision } = line;
  if (decision === 'change-price') return { line: line.lineNumber, outcome: 'changed', unitPrice: line.price, ...promised, ...reason };
  if (decision === 'substitute') return { line: line.lineNumber, outcome: 'substituted', substituteItemNumber: line.itemNumber, unitPrice: line.price, ...promised, ...reason };
  if (decision === 'reject') return { line: line.lineNumber, outcome: 'rejected', ...reason };
  if (decision === 'backorder') return { line: line.lineNumber, outcome: 'backordered', ...promised, ...reason };
  return { line: line.lineNumber, outcome: 'accepted', ...promised };
}

function shipNoticeBody(notice: ShipNotice): object {
  return {
    number: notice.number, shippedAt: `${notice.shippedOn}T12:00:00Z`, expectedOn: notice.expectedOn,
    lines: notice.lines.map((line) => ({ line: line.orderLineNumber, itemNumber: line.itemNumber, quantity: Number(line.quantity), unit: line.uom, tracking: tracking(line) })),
  };
}

function tracking(line: ShipNotice['lines'][number]): object {
  return { ...(line.lot ? { lot: line.lot } : {}), ...(line.serial ? { serial: line.serial } : {}), ...(line.expiresOn ? { expiresOn: line.expiresOn } : {}), ...(line.gtin ? { deviceIdentifier: line.gtin } : {}) };
}

function invoiceBody(invoice: Invoice): object {
  return {
    number: invoice.number.trim(), invoicedOn: invoice.date, currency: invoice.order.currency, total: invoice.total,
    lines: invoice.lines.map((line) => ({ line: line.orderLineNumber, itemNumber: line.itemNumber, quantity: Number(line.quantity), unit: line.uom, unitPrice: line.price, amount: line.amount })),
  };
}
