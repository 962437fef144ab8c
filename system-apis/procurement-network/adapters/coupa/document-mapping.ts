import type { AcknowledgementLine, OrderAcknowledgement, ShipNotice, SupplierInvoice } from '#contracts/generated/system/procurement-network/v1.ts';
import { UnusableDocument } from '../../documents/unusable-document.ts';
import { lineMeant, type KnownOrder } from '../../orders/known-order.ts';
import { asCode, decimal, quantity } from '../../values.ts';
import type { AdvanceShipNotice, Confirmation, Invoice } from './records.ts';

type Answer = Confirmation['order-line-confirmations'][number];

/** `action` of a line confirmation. The values are the sandbox's: Coupa's public page names the element and not its values. */
const OUTCOMES: Record<string, AcknowledgementLine['outcome']> = {
  accept: 'accepted', change_price: 'changed', change_item: 'substituted', backorder: 'backordered', reject: 'rejected', cancel: 'rejected',
};

export function acknowledgementOf(record: Confirmation, { order }: KnownOrder): OrderAcknowledgement {
  return {
    supplierNumber: order.supplierNumber, orderNumber: order.orderNumber, number: String(record.id), acknowledgedAt: record['created-at'],
    lines: record['order-line-confirmations'].map((line, index) => answerOf(line, `/order-line-confirmations/${index}`)),
  };
}

function answerOf(line: Answer, place: string): AcknowledgementLine {
  const outcome = OUTCOMES[line.action];
  if (!outcome) throw new UnusableDocument(`${place}/action: is not known`);
  const reason = line['reason-insight-events']?.map(({ comment }) => comment ?? '').filter((comment) => comment !== '').join('; ').slice(0, 240);
  const promisedOn = line['promised-date']?.slice(0, 10);
  const substitute = asCode(line.item?.['item-number']);
  if (outcome === 'substituted' && substitute === undefined) throw new UnusableDocument(`${place}/item: the substitute is not named`);
  return {
    line: Number(line['line-num']), outcome,
    ...(outcome === 'rejected' ? {} : { quantity: quantity(line.quantity, `${place}/quantity`), unitPrice: decimal(line.price, `${place}/price`) }),
    ...(outcome === 'substituted' && substitute !== undefined ? { substituteItemNumber: substitute } : {}),
    ...(promisedOn ? { promisedOn } : {}),
    ...(reason ? { reason } : {}),
  };
}

/** Of a notice that is for several orders, the lines of one. */
export function shipNoticeOf(record: AdvanceShipNotice, known: KnownOrder): ShipNotice {
  const { order } = known;
  const lines = record.lines.flatMap((line, index) => {
    if (line['order-line']['order-header-number'].trim() !== order.orderNumber) return [];
    const place = `/lines/${index}`;
    const deviceIdentifier = line.gtin ?? undefined;
    const meant = lineMeant(known, { line: Number(line['order-line']['line-num']), itemNumber: line.item?.['item-number'], deviceIdentifier }, place);
    const tracking = {
      ...(line['lot-number'] ? { lot: line['lot-number'] } : {}),
      ...(line['serial-number'] ? { serial: line['serial-number'] } : {}),
      ...(line['expiration-date'] ? { expiresOn: line['expiration-date'].slice(0, 10) } : {}),
      ...(deviceIdentifier ? { deviceIdentifier } : {}),
    };
    return [{ ...meant, quantity: quantity(line.quantity, `${place}/quantity`), unit: line.uom.code, ...(Object.keys(tracking).length > 0 ? { tracking } : {}) }];
  });
  const expectedOn = record['delivery-date']?.slice(0, 10);
  return {
    supplierNumber: order.supplierNumber, orderNumber: order.orderNumber, number: record['asn-number'].trim(), shippedAt: record['ship-date'], ...(expectedOn ? { expectedOn } : {}), lines,
  };
}

/** Tax and freight have no lines of their own in the platform's words: they show as the difference to the total. */
export function invoiceOf(record: Invoice, known: KnownOrder): SupplierInvoice {
  const { order } = known;
  return {
    supplierNumber: order.supplierNumber, orderNumber: order.orderNumber, number: record['invoice-number'].trim(), invoicedOn: record['invoice-date'].slice(0, 10),
    currency: record.currency.code, total: decimal(record['gross-total'], '/gross-total'),
    lines: record['invoice-lines'].map((line, index) => {
      const place = `/invoice-lines/${index}`;
      const number = line['order-line-num'] ?? undefined;
      return {
        ...lineMeant(known, { line: number === undefined ? undefined : Number(number), itemNumber: line.item?.['item-number'] }, place),
        quantity: quantity(line.quantity, `${place}/quantity`), unit: line.uom.code, unitPrice: decimal(line.price, `${place}/price`), amount: decimal(line.total, `${place}/total`),
      };
    }),
  };
}
