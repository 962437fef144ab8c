import express from 'express';
import type { Response, Router } from 'express';
import { masterData } from '../hospital/master-data.ts';
import type { FaultMode, FaultScope, Faults } from '../faults.ts';
import { pendingWork } from './books.ts';
import { inTransaction, type Database } from './database.ts';
import type { Settings } from './settings.ts';
import { BEHAVIOURS, isBehaviour } from './suppliers/behaviour.ts';
import type { Behaviour } from './suppliers/behaviour.ts';
import type { Desk } from './suppliers/desk.ts';
import { takeBackWord } from './suppliers/take-order.ts';

/** What may be made to fail on its own. */
export type FaultTarget = 'coupa' | 'van';

/** The hands of whoever runs the sandbox. The router below offers the same over HTTP. */
export interface Control {
  setFaults(target: FaultTarget, mode: FaultMode, scope?: FaultScope): void;
  setBehaviour(reference: string, behaviour: Behaviour, itemNumber?: string): Promise<void>;
  clearBehaviour(reference: string): Promise<void>;
  /** Milliseconds that an hour of supplier time takes; holds for what is planned from now on. */
  setMsPerHour(msPerHour: number): Promise<void>;
  pauseSupplier(supplierNumber: string): Promise<void>;
  resumeSupplier(supplierNumber: string): Promise<void>;
  /** Its supplier rejects what it has accepted and not shipped yet. False when no supplier has the order. */
  rejectOrder(poNumber: string): Promise<boolean>;
}

interface ControlDeps {
  database: Database;
  desk: Desk;
  faults: Readonly<Record<FaultTarget, Faults>>;
  /** There is more to do for suppliers. */
  wake(): void;
}

export function createControl({ database, desk, faults, wake }: ControlDeps): Control {
  const { settings } = desk;
  return {
    setFaults: (target, mode, scope) => faults[target].set(mode, scope),
    setBehaviour: (reference, behaviour, itemNumber) => settings.setBehaviour({ reference, behaviour, itemNumber }),
    clearBehaviour: (reference) => settings.clearBehaviour(reference),
    setMsPerHour: (msPerHour) => settings.setMsPerHour(msPerHour),
    pauseSupplier: (supplierNumber) => settings.pause(supplierNumber),
    async resumeSupplier(supplierNumber) {
      await settings.resume(supplierNumber);
      wake();
    },
    async rejectOrder(poNumber) {
      const isKnown = await inTransaction(database, (tx) => takeBackWord(tx, desk, poNumber));
      wake();
      return isKnown;
    },
  };
}

/** Loopback only and without sign-on: it belongs to the sandbox, not to any vendor. */
export function controlRoutes(
  database: Database,
  control: Control,
  settings: Settings,
  faults: Readonly<Record<FaultTarget, Faults>>,
): Router {
  const router = express.Router();
  router.use('/control', express.json());

  router.get('/control', (_request, response) => {
    response.json({
      msPerHour: settings.msPerHour,
      pausedSuppliers: settings.pausedSuppliers,
      overrides: settings.overrides,
      behaviours: BEHAVIOURS,
      faults: { coupa: { mode: faults.coupa.mode, done: faults.coupa.done }, van: { mode: faults.van.mode, done: faults.van.done } },
    });
  });

  router.get('/control/pending', async (_request, response) => {
    response.json(await pendingWork(database));
  });

  router.get('/control/orders/:poNumber', async (request, response) => {
    response.json(await pendingWork(database, request.params.poNumber));
  });

  router.put('/control/orders/:poNumber/rejection', async (request, response) => {
    const { poNumber } = request.params;
    if (await control.rejectOrder(poNumber)) response.json({ poNumber });
    else response.status(404).json({ error: 'No supplier has this order' });
  });

  router.put('/control/faults/:target', (request, response) => {
    const { target } = request.params;
    const mode: unknown = request.body?.mode;
    if ((target !== 'coupa' && target !== 'van') || !isFaultMode(mode)) return refuse(response, 'faults need a target (coupa, van) and a mode');
    control.setFaults(target, mode, request.body.scope);
    response.json({ target, mode });
  });

  router.put('/control/behaviours/:reference', async (request, response) => {
    const { reference } = request.params;
    const { behaviour, itemNumber } = request.body ?? {};
    if (!isBehaviour(behaviour)) return refuse(response, `behaviour is one of ${Object.keys(BEHAVIOURS).join(', ')}`);
    await control.setBehaviour(reference, behaviour, typeof itemNumber === 'string' ? itemNumber : undefined);
    response.json({ reference, behaviour, itemNumber });
  });

  router.delete('/control/behaviours/:reference', async (request, response) => {
    await control.clearBehaviour(request.params.reference);
    response.status(204).end();
  });

  router.put('/control/delays', async (request, response) => {
    const msPerHour: unknown = request.body?.msPerHour;
    if (typeof msPerHour !== 'number' || !(msPerHour >= 0)) return refuse(response, 'msPerHour is a number, 0 or more');
    await control.setMsPerHour(msPerHour);
    response.json({ msPerHour });
  });

  router.put('/control/suppliers/:number', async (request, response) => {
    const { number } = request.params;
    const paused: unknown = request.body?.paused;
    const known = masterData.suppliers.some((supplier) => supplier.number === number);
    if (!known || typeof paused !== 'boolean') return refuse(response, 'needs a known supplier and paused true or false');
    await (paused ? control.pauseSupplier(number) : control.resumeSupplier(number));
    response.json({ number, paused });
  });

  return router;
}

function refuse(response: Response, error: string): void {
  response.status(400).json({ error });
}

const MODE_NUMBERS: Record<FaultMode['kind'], readonly string[]> = {
  none: [],
  slow: ['delayMs'],
  failing: ['status', 'rate'],
  throttled: ['perSecond'],
  down: [],
  answerLost: ['rate'],
};

function isFaultMode(value: unknown): value is FaultMode {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  const mode = value as Record<string, unknown>;
  const numbers = Object.hasOwn(MODE_NUMBERS, String(mode['kind'])) ? MODE_NUMBERS[mode['kind'] as FaultMode['kind']] : undefined;
  return numbers !== undefined && numbers.every((name) => typeof mode[name] === 'number');
}
