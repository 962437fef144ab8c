import {
  parseInterchange, printInterchange, printInvoice, printPurchaseOrderAcknowledgment, printShipNotice, readFunctionalAcknowledgment, readTa1,
  type InterchangeInput, type Invoice, type PurchaseOrderAcknowledgment, type ShipNotice, type TransactionInput,
} from '#formats/x12/index.ts';

/** What suppliers of the tests write, as they would. */
export const CASCADE = { supplierNumber: 'SUP-130', senderQualifier: '12', sender: '5550130130' };
export const PRAIRIE = { supplierNumber: 'SUP-140', senderQualifier: 'ZZ', sender: 'PRAIRIESURG' };

const FUNCTIONAL_IDS: Record<string, string> = { '855': 'PR', '856': 'SH', '810': 'IN', '850': 'PO', '999': 'FA' };

let last = 0;

export interface Letter {
  from?: { senderQualifier: string; sender: string };
  header?: Partial<InterchangeInput['header']>;
  controlNumber?: string;
  version?: string;
  functionalId?: string;
  acknowledgments?: InterchangeInput['acknowledgments'];
}

/** An interchange to us; each set in a group of its own. Control numbers never repeat unless they are given. */
export function letter(transactions: readonly TransactionInput[], { from = CASCADE, header = {}, controlNumber, version = '005010', functionalId, acknowledgments }: Letter = {}): string {
  last += 1;
  const number = controlNumber ?? String(700_000_000 + last);
  return printInterchange({
    header: { senderQualifier: from.senderQualifier, sender: from.sender, receiverQualifier: 'ZZ', receiver: 'LAKESIDE', date: '261120', time: '0815', acknowledgmentRequested: true, ...header, controlNumber: number },
    ...(acknowledgments ? { acknowledgments } : {}),
    groups: transactions.map((transaction, index) => ({
      header: { functionalId: functionalId ?? FUNCTIONAL_IDS[transaction.id] ?? 'ZZ', sender: from.sender, receiver: 'LAKESIDE', date: '20261120', time: '0815', controlNumber: String(Number(number) + index), version },
      transactions: [transaction],
    })),
  });
}

export function acknowledgement(orderNumber: string, lines: PurchaseOrderAcknowledgment['lines'], change: Partial<PurchaseOrderAcknowledgment> = {}): TransactionInput {
  return printPurchaseOrderAcknowledgment({ purpose: '00', type: 'AC', purchaseOrderNumber: orderNumber, orderDate: '2026-11-20', acknowledgedOn: '2026-11-20', parties: [], lines, ...change }, '0001');
}

export function shipNotice(orders: ShipNotice['orders'], change: Partial<ShipNotice> = {}): TransactionInput {
  return printShipNotice({ purpose: '00', shipmentNumber: 'SHP-77', date: '2026-11-20', time: '0815', shipped: '2026-11-20', estimatedDelivery: '2026-11-22', parties: [], orders, ...change }, '0001');
}

export function invoice(orderNumber: string | undefined, lines: Invoice['lines'], total: string, change: Partial<Invoice> = {}): TransactionInput {
  return printInvoice({ date: '2026-11-21', number: 'INV-77', ...(orderNumber === undefined ? {} : { purchaseOrderNumber: orderNumber }), parties: [], lines, total, ...change }, '0001');
}

/** What an answer of ours says. */
export function verdict(text: string) {
  const answer = parseInterchange(text);
  const [ta1] = answer.acknowledgments.map(readTa1);
  const groups = answer.groups.flatMap(({ transactions }) => transactions);
  return {
    from: `${answer.header.senderQualifier}:${answer.header.sender}`, to: `${answer.header.receiverQualifier}:${answer.header.receiver}`,
    ta1: ta1 && [ta1.controlNumber, ta1.verdict, ta1.note].join(' '),
    sets: groups.map(({ id }) => id),
    groups: groups.map(readFunctionalAcknowledgment).map((each) => each.verdict),
    functional: groups.map(readFunctionalAcknowledgment),
  };
}
