import DataLoader from 'dataloader';
import type { CostCenter, Item, Supplier } from '#contracts/generated/system/erp/v1.ts';
import type { Order, TimelineEntry } from '#contracts/generated/process/procure-to-pay/v1.ts';
import type { PersonDetail } from '#contracts/generated/process/hire-to-retire/v1.ts';
import type { Systems } from './context.ts';

/** Calls below that one request has under way at once. */
const CALLS_AT_ONCE = 8;

/** Each thing is read once per request, however often the graph meets it. */
export interface Loaders {
  items: DataLoader<string, Item>;
  suppliers: DataLoader<string, Supplier>;
  costCenters: DataLoader<string, CostCenter>;
  orders: DataLoader<string, Order>;
  timelines: DataLoader<string, TimelineEntry[]>;
  people: DataLoader<string, PersonDetail>;
  /** By worker. */
  names: DataLoader<string, string>;
}

export function newLoaders({ erp, hcm, procureToPay, hireToRetire }: Systems): Loaders {
  const inTurn = atMost(CALLS_AT_ONCE);

  /** The contracts below have no reads of many, so a batch is single reads, side by side. */
  function loader<T>(read: (key: string) => Promise<T>): DataLoader<string, T> {
    return new DataLoader(async (keys) => Promise.all(keys.map((key) => inTurn(() => read(key)).catch(asError))));
  }

  return {
    items: loader((itemNumber) => erp.getItem({ itemNumber })),
    suppliers: loader((supplierNumber) => erp.getSupplier({ supplierNumber })),
    costCenters: loader((costCenter) => erp.getCostCenter({ costCenter })),
    orders: loader((orderId) => procureToPay.getOrder({ orderId })),
    timelines: loader(async (orderId) => (await procureToPay.getOrderTimeline({ orderId })).entries),
    people: loader((personId) => hireToRetire.getPerson({ personId })),
    names: loader(async (workerId) => {
      const { name } = await hcm.getWorker({ workerId });
      return `${name.given} ${name.family}`;
    }),
  };
}

/** One failed key must not fail its whole batch. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('failed without an error', { cause: thrown });
}

/** Runs what it is given, so many at once, the rest in line. */
export function atMost(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  const line: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= count) await new Promise<void>((resolve) => line.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place goes to the next in line without becoming free in between.
      const next = line.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
