import Big from 'big.js';
import type { IncomingLine, SupplierOrderLine } from './order.ts';

/**
 * What the buyer's new version of a line does to it. A proposal of the supplier is answered by it: the proposed item or
 * price agrees, the old price insists (and the supplier gives in), the old item cannot be had and is rejected.
 *
 * @param wanted the line in the new version; cancelled when it is missing or its quantity is zero
 * @returns the line as it is now, or undefined when nothing changes
 */
export function changeLine(line: SupplierOrderLine, wanted: IncomingLine | undefined): SupplierOrderLine | undefined {
  if (line.state === 'shipped' || line.state === 'cancelled') return undefined;
  if (wanted === undefined || new Big(wanted.quantity).eq(0)) {
    return line.state === 'rejected' ? undefined : { ...line, state: 'cancelled', toAcknowledge: true };
  }
  const answersProposal = line.state === 'awaiting-buyer';
  const same = sameOrder(line, wanted);
  // What was billed already it cannot keep back when the buyer holds to the order.
  if (line.state === 'rejected' && line.behaviour === 'bill-then-reject') return { ...line, ...wanted, state: 'received', settled: true, toAcknowledge: true };
  if (same && !answersProposal) return undefined;
  if (line.state === 'rejected' && new Big(line.shippedQuantity).gt(0) && new Big(wanted.quantity).lte(line.shippedQuantity)) {
    return { ...line, ...wanted, state: 'shipped', settled: true, toAcknowledge: true };
  }
  // A rejected line stays so until the buyer asks for something else.
  if (line.state === 'rejected' && wanted.itemNumber === line.itemNumber) return undefined;
  if (answersProposal && line.proposedItem !== null && wanted.itemNumber === line.itemNumber) {
    return { ...line, ...wanted, state: 'rejected', toAcknowledge: true };
  }
  if (new Big(wanted.quantity).lte(line.shippedQuantity)) {
    return { ...line, ...wanted, state: 'shipped', settled: true, toAcknowledge: true };
  }
  return { ...line, ...wanted, state: 'received', settled: true, toAcknowledge: true, proposedItem: null, proposedPrice: null };
}

function sameOrder(line: IncomingLine, wanted: IncomingLine): boolean {
  return (
    line.itemNumber === wanted.itemNumber
    && line.uom === wanted.uom
    && new Big(line.quantity).eq(wanted.quantity)
    && new Big(line.price).eq(wanted.price)
    && line.needBy === wanted.needBy
  );
}
