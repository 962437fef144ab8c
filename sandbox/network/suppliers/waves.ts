import Big from 'big.js';
import { hoursUntil } from './delays.ts';
import type { SupplierOrder, SupplierOrderLine } from './order.ts';
import { between } from './seeded.ts';
import type { ShippingLine } from './tasks.ts';

export interface Wave {
  hours: number;
  lines: ShippingLine[];
}

const MOST_SURPLUS = 3;

/** When the lines that a supplier has accepted leave its warehouse, and how much of each. Pure. */
export function planWaves(order: SupplierOrder, lines: readonly SupplierOrderLine[], seed: number): Wave[] {
  const waves = new Map<'ship' | 'remainder' | 'backorder', ShippingLine[]>();
  const add = (wave: 'ship' | 'remainder' | 'backorder', lineNumber: number, quantity: string, surplus = 0) => {
    waves.set(wave, [...(waves.get(wave) ?? []), { lineNumber, quantity, surplus }]);
  };

  const surplusOf = ({ itemNumber }: SupplierOrderLine) => between(1, MOST_SURPLUS, seed, 'surplus', order.reference, itemNumber);
  for (const line of lines) {
    const open = new Big(line.quantity).minus(line.shippedQuantity);
    if (open.lte(0)) continue;
    const quantity = open.toFixed();
    if (line.state === 'backordered') {
      add('backorder', line.lineNumber, quantity);
    } else if (line.settled) {
      add('ship', line.lineNumber, quantity);
    } else if (line.behaviour.startsWith('short-shipment')) {
      const first = open.times(between(30, 80, seed, 'part', order.reference, line.itemNumber)).div(100).round(0, Big.roundDown);
      const part = first.lt(1) ? new Big(1) : first;
      add('ship', line.lineNumber, part.toFixed());
      if (line.behaviour !== 'short-shipment-only') add('remainder', line.lineNumber, open.minus(part).toFixed());
    } else if (line.behaviour === 'two-invoices-alike') {
      add('ship', line.lineNumber, open.div(2).toFixed());
      add('remainder', line.lineNumber, open.div(2).toFixed());
    } else if (line.behaviour === 'bill-then-reject') {
      continue;
    } else if (line.behaviour === 'over-delivery-apart') {
      add('ship', line.lineNumber, quantity);
      add('remainder', line.lineNumber, '0', surplusOf(line));
    } else if (line.behaviour.startsWith('over-delivery')) {
      add('ship', line.lineNumber, quantity, surplusOf(line));
    } else {
      add('ship', line.lineNumber, quantity);
    }
  }

  return [...waves].map(([name, shipping]) => ({
    hours: hoursUntil(name, seed, order.reference, order.supplierNumber),
    lines: shipping,
  }));
}
