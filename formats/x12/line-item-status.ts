/** What a line status means for the buyer's plan. */
export type LineOutcome = 'accepted' | 'changed' | 'substituted' | 'backordered' | 'held' | 'rejected';

/**
 * ACK01 and SN108, line item status.
 *
 * @source ASC X12 data element 668, release 004030
 */
export const LINE_ITEM_STATUSES = {
  AA: { outcome: 'accepted', text: 'Item accepted, order forwarded to alternate supplier location' },
  AC: { outcome: 'accepted', text: 'Item accepted and shipped' },
  AR: { outcome: 'accepted', text: 'Item accepted and released for shipment' },
  BP: { outcome: 'backordered', text: 'Item accepted, partial shipment, balance backordered' },
  DR: { outcome: 'changed', text: 'Item accepted, date rescheduled' },
  IA: { outcome: 'accepted', text: 'Item accepted' },
  IB: { outcome: 'backordered', text: 'Item backordered' },
  IC: { outcome: 'changed', text: 'Item accepted, changes made' },
  ID: { outcome: 'rejected', text: 'Item deleted' },
  IE: { outcome: 'changed', text: 'Item accepted, price pending' },
  IF: { outcome: 'held', text: 'Item on hold, incomplete description' },
  IH: { outcome: 'held', text: 'Item on hold' },
  IP: { outcome: 'changed', text: 'Item accepted, price changed' },
  IQ: { outcome: 'changed', text: 'Item accepted, quantity changed' },
  IR: { outcome: 'rejected', text: 'Item rejected' },
  IS: { outcome: 'substituted', text: 'Item accepted, substitution made' },
  IW: { outcome: 'held', text: 'Item on hold, waiver required' },
  R1: { outcome: 'rejected', text: 'Item rejected, not a contract item' },
  R2: { outcome: 'rejected', text: 'Item rejected, invalid item product number' },
  R3: { outcome: 'rejected', text: 'Item rejected, invalid unit of issue' },
  R4: { outcome: 'rejected', text: 'Item rejected, contract item not available' },
  R5: { outcome: 'rejected', text: 'Item rejected, reorder as just in time order' },
  R6: { outcome: 'rejected', text: 'Item rejected, reorder as extended delivery order' },
  R7: { outcome: 'rejected', text: 'Item rejected, reorder as drop shipment' },
  R8: { outcome: 'rejected', text: 'Item rejected, reorder as surge order' },
  SP: { outcome: 'changed', text: 'Item accepted, schedule date pending' },
} as const satisfies Record<string, { outcome: LineOutcome; text: string }>;

export type LineItemStatus = keyof typeof LINE_ITEM_STATUSES;

export function isLineItemStatus(code: string): code is LineItemStatus {
  return Object.hasOwn(LINE_ITEM_STATUSES, code);
}

export function outcomeOf(code: LineItemStatus): LineOutcome {
  return LINE_ITEM_STATUSES[code].outcome;
}
