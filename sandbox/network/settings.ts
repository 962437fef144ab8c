import type { Database } from './database.ts';
import { isBehaviour } from './suppliers/behaviour.ts';
import type { Behaviour } from './suppliers/behaviour.ts';

export interface BehaviourOverride {
  reference: string;
  /** Every item of the order when absent. */
  itemNumber?: string;
  behaviour: Behaviour;
}

/** What the operator of the sandbox may turn while it runs. Kept in the database, so that a restart changes nothing. */
export interface Settings {
  readonly msPerHour: number;
  readonly pausedSuppliers: readonly string[];
  readonly overrides: readonly BehaviourOverride[];
  overrideFor(reference: string, itemNumber: string): Behaviour | undefined;
  setMsPerHour(msPerHour: number): Promise<void>;
  pause(supplierNumber: string): Promise<void>;
  resume(supplierNumber: string): Promise<void>;
  setBehaviour(override: BehaviourOverride): Promise<void>;
  clearBehaviour(reference: string): Promise<void>;
}

export async function loadSettings(database: Database, defaultMsPerHour: number): Promise<Settings> {
  const stored = await database.query<{ name: string; value: unknown }>('select name, value from network.settings');
  const values = new Map(stored.rows.map(({ name, value }) => [name, value]));
  const saved = values.get('msPerHour');
  let msPerHour = typeof saved === 'number' ? saved : defaultMsPerHour;
  const savedPaused = values.get('pausedSuppliers');
  const paused = new Set<string>(Array.isArray(savedPaused) ? savedPaused : []);
  const overrides = new Map<string, BehaviourOverride>();
  const key = (reference: string, itemNumber = '') => JSON.stringify([reference, itemNumber]);

  const rows = await database.query<{ reference: string; item_number: string; behaviour: string }>(
    'select reference, item_number, behaviour from network.behaviour_overrides',
  );
  for (const { reference, item_number: itemNumber, behaviour } of rows.rows) {
    if (!isBehaviour(behaviour)) throw new RangeError(`Stored behaviour ${behaviour} for ${reference} is unknown`);
    overrides.set(key(reference, itemNumber), { reference, itemNumber: itemNumber || undefined, behaviour });
  }

  const save = (name: string, value: unknown) =>
    database.query(
      'insert into network.settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
      [name, JSON.stringify(value)],
    );

  return {
    get msPerHour() { return msPerHour; },
    get pausedSuppliers() { return [...paused]; },
    get overrides() { return [...overrides.values()]; },
    overrideFor: (reference, itemNumber) =>
      (overrides.get(key(reference, itemNumber)) ?? overrides.get(key(reference)))?.behaviour,
    async setMsPerHour(value) {
      msPerHour = value;
      await save('msPerHour', value);
    },
    async pause(supplierNumber) {
      paused.add(supplierNumber);
      await save('pausedSuppliers', [...paused]);
    },
    async resume(supplierNumber) {
      paused.delete(supplierNumber);
      await save('pausedSuppliers', [...paused]);
    },
    async setBehaviour({ reference, itemNumber, behaviour }) {
      overrides.set(key(reference, itemNumber), { reference, itemNumber, behaviour });
      await database.query(
        `insert into network.behaviour_overrides (reference, item_number, behaviour) values ($1, $2, $3)
         on conflict (reference, item_number) do update set behaviour = excluded.behaviour`,
        [reference, itemNumber ?? '', behaviour],
      );
    },
    async clearBehaviour(reference) {
      for (const [name, override] of overrides) if (override.reference === reference) overrides.delete(name);
      await database.query('delete from network.behaviour_overrides where reference = $1', [reference]);
    },
  };
}
