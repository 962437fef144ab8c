import { Type } from '@sinclair/typebox';
import { assign, setup } from 'xstate';
import { defineApi, type AnyApiModule } from '#chassis/deployable/api-module.ts';
import type { Contract } from '#chassis/contract/contract.ts';
import type { Call } from '#chassis/contract/serve.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { bind, effects } from '#chassis/lifecycle/life.ts';
import { workItemsOf } from '#chassis/lifecycle/work-items.ts';
import { move } from '#chassis/moves/move.ts';
import { currentContext, type WorkContext } from '#chassis/telemetry/context.ts';

/** Two small APIs of no particular trade: a shop whose parcels are lives, above a depot that keeps boxes. */

export interface DepotOperations {
  /** Stores a box. */
  storeBox: { input: { body: { label: string; weight: number } }; output: { label: string; shelf: number } };
  readBox: { input: { label: string; verbose?: boolean; copies?: number }; output: { label: string; shelf: number; note?: string } };
  /** Takes a box away again. */
  removeBox: { input: { label: string }; output: { label: string } };
  /** Reads a slip of paper, which is no JSON. */
  readSlip: { input: { body: string }; output: { lines: number } };
}

interface ShopOperations {
  openParcel: { input: { body: { label: string; weight: number } }; output: { id: string } };
  readParcel: { input: { id: string }; output: { state: string } };
  listWork: { input: { mine?: boolean }; output: { items: { id: string; kind: string; title: string }[] } };
  decide: { input: { id: string; body: { resolution: string; note?: string } }; output: { status: string } };
  /** Looks into the depot on behalf of whoever asks. */
  peek: { input: { label: string }; output: { label: string; shelf: number } };
}

const problem = { description: 'problem', content: { 'application/problem+json': { schema: { type: 'object' } } } };
const key = { name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string' } };
const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const label = { type: 'string', pattern: '^[a-z0-9-]{1,30}$' };
const box = { type: 'object', required: ['label', 'shelf'], properties: { label, shelf: { type: 'integer' }, note: { type: 'string' } }, additionalProperties: false };
const newBox = { type: 'object', required: ['label', 'weight'], properties: { label, weight: { type: 'number', exclusiveMinimum: 0 } }, additionalProperties: false };

export const depot: Contract<DepotOperations> = {
  name: 'depot', layer: 'system', version: 'v1',
  document: {
    openapi: '3.1.0', servers: [{ url: '/depot/v1' }], security: [{ token: ['depot:slips'] }],
    paths: {
      '/boxes': { post: { operationId: 'storeBox', security: [{ token: ['depot:write'] }], parameters: [key], requestBody: json(newBox), responses: { 201: { description: 'stored', ...json(box) }, default: problem } } },
      '/boxes/{label}': { get: { operationId: 'readBox', security: [{ token: ['depot:read'] }], parameters: [{ name: 'label', in: 'path', required: true, schema: label }, { name: 'verbose', in: 'query', schema: { type: 'boolean', default: false } }, { name: 'copies', in: 'query', schema: { type: 'integer', minimum: 1, default: 1 } }], responses: { 200: { description: 'found', ...json(box) }, default: problem } },
        delete: { operationId: 'removeBox', security: [{ token: ['depot:write'] }], parameters: [{ name: 'label', in: 'path', required: true, schema: label }, key], responses: { 200: { description: 'removed', ...json({ type: 'object', required: ['label'], properties: { label } }) }, default: problem } },
      },
      '/slips': { post: { operationId: 'readSlip', requestBody: { content: { 'application/x-slip': { schema: { type: 'string', maxLength: 100 } } } }, responses: { 200: { description: 'read', ...json({ type: 'object', required: ['lines'], properties: { lines: { type: 'integer' } } }) }, default: problem } } },
    },
  },
};

export const shop: Contract<ShopOperations> = {
  name: 'shop', layer: 'process', version: 'v1',
  document: {
    openapi: '3.1.0', servers: [{ url: '/shop/v1' }],
    paths: {
      '/parcels': { post: { operationId: 'openParcel', security: [{ token: ['shop:write'] }], parameters: [key], requestBody: json(newBox), responses: { 201: { description: 'opened', ...json({ type: 'object', required: ['id'], properties: { id: { type: 'string' } } }) }, default: problem } } },
      '/parcels/{id}': { get: { operationId: 'readParcel', security: [{ token: ['shop:read'] }], parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }], responses: { 200: { description: 'found', ...json({ type: 'object', required: ['state'], properties: { state: { type: 'string' } } }) }, default: problem } } },
      '/work': { get: { operationId: 'listWork', security: [{ token: ['shop:read'] }], parameters: [{ name: 'mine', in: 'query', schema: { type: 'boolean' } }], responses: { 200: { description: 'work', ...json({ type: 'object', required: ['items'], properties: { items: { type: 'array', items: { type: 'object' } } } }) }, default: problem } } },
      '/decisions/{id}': { post: { operationId: 'decide', security: [{ token: ['shop:write'] }], parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }, key], requestBody: json({ type: 'object', required: ['resolution'], properties: { resolution: { type: 'string' }, note: { type: 'string' } } }), responses: { 200: { description: 'decided', ...json({ type: 'object', required: ['status'], properties: { status: { type: 'string' } } }) }, default: problem } } },
      '/peeks/{label}': { get: { operationId: 'peek', security: [{ token: ['shop:read'] }], parameters: [{ name: 'label', in: 'path', required: true, schema: { type: 'string' } }], responses: { 200: { description: 'found', ...json(box) }, default: problem } } },
    },
  },
};

export const sampleEventSchemas = {
  messages: { 'parcel.stored.v1': { $ref: '#/components/schemas/Stored' }, 'parcel.collected.v1': { $ref: '#/components/schemas/Collected' } },
  schemas: {
    Stored: { type: 'object', required: ['parcel', 'shelf'], properties: { parcel: { type: 'string' }, shelf: { type: 'integer' } }, additionalProperties: false },
    Collected: { type: 'object', required: ['parcel'], properties: { parcel: { type: 'string' } }, additionalProperties: false },
  },
};

/** The depot's shelves, in memory: what a vendor would keep. Tests look here for effects that happened twice. */
export interface Shelves {
  boxes: Map<string, number>;
  writes: string[];
  removals: string[];
  /** What the operations were told of their calls. */
  calls: { operation: string; input: unknown; call: Call; context: WorkContext | undefined }[];
  /** Called before each write; may throw, wait, or end the process. */
  beforeWrite?: (label: string, repeated: boolean) => Promise<void> | void;
  afterWrite?: (label: string) => Promise<void> | void;
  beforeRead?: (label: string, call: Call) => Promise<void> | void;
  beforeRemoval?: (label: string) => Promise<void> | void;
  /** Answers in the place of the shelves, right or wrong. */
  answerRead?: (label: string) => unknown;
}

export const newShelves = (): Shelves => ({ boxes: new Map(), writes: [], removals: [], calls: [] });

export function depotApi(shelves: Shelves): AnyApiModule {
  return defineApi()({
    contract: depot,
    settings: Type.Object({}, { additionalProperties: false }),
    create: () => ({
      operations: {
        async storeBox({ body }, call) {
          shelves.calls.push({ operation: 'storeBox', input: body, call, context: currentContext() });
          await shelves.beforeWrite?.(body.label, call.repeated);
          if (body.weight > 100) throw new ApiError('refused', 'Too heavy for any shelf.', { code: 'too-heavy' });
          const known = shelves.boxes.get(body.label);
          if (call.repeated && known !== undefined) return { label: body.label, shelf: known };
          const shelf = shelves.writes.push(body.label);
          shelves.boxes.set(body.label, shelf);
          await shelves.afterWrite?.(body.label);
          return { label: body.label, shelf };
        },
        async readBox(input, call) {
          const { label: name } = input;
          shelves.calls.push({ operation: 'readBox', input, call, context: currentContext() });
          await shelves.beforeRead?.(name, call);
          if (shelves.answerRead) return shelves.answerRead(name) as { label: string; shelf: number };
          const shelf = shelves.boxes.get(name);
          if (shelf === undefined) throw new ApiError('not-found', 'There is no such box.');
          return { label: name, shelf };
        },
        async removeBox({ label: name }) {
          await shelves.beforeRemoval?.(name);
          shelves.removals.push(name);
          shelves.boxes.delete(name);
          return { label: name };
        },
        readSlip: async ({ body }) => ({ lines: body.split('\n').length }),
      },
    }),
  });
}

interface Parcel { label: string; weight: number; shelf: number | null; limitMs: number }

const parcelChart = setup({
  types: {
    context: {} as Parcel,
    input: {} as { label: string; weight: number; limitMs: number },
    events: {} as { type: 'stored'; shelf: number } | { type: 'parcel.collected.v1' } | { type: 'store-parcel.failed' } | { type: 'fetch' } | { type: 'give-up' },
    meta: {} as { workItem?: string },
  },
  actions: effects('storeParcel', 'announceStored'),
  delays: { limit: ({ context }) => context.limitMs },
}).createMachine({
  context: ({ input }) => ({ ...input, shelf: null }),
  initial: 'storing',
  states: {
    storing: { entry: 'storeParcel', on: { stored: { target: 'waiting', actions: assign({ shelf: ({ event }) => event.shelf }) } } },
    waiting: { entry: 'announceStored', on: { 'parcel.collected.v1': 'collected' }, after: { limit: 'overdue' } },
    overdue: { meta: { workItem: 'overdue' }, on: { 'fetch': 'waiting', 'give-up': 'lost', 'parcel.collected.v1': 'collected' } },
    collected: { type: 'final' },
    lost: { type: 'final' },
  },
});

export const shopApi = defineApi()({
  contract: shop,
  settings: Type.Object({ limitMs: Type.Integer({ default: 60_000 }) }, { additionalProperties: false }),
  create(platform, { limitMs }) {
    const boxes = platform.connect(depot);
    const storeParcel = move('store-parcel', async (run, parcel: { label: string; weight: number }) => {
      const found = await run.step('look', async () => ({ label: parcel.label }));
      const stored = await run.step('store in depot', (idempotencyKey) => boxes.storeBox({ body: { label: found.label, weight: parcel.weight } }, { idempotencyKey }));
      return { type: 'stored', shelf: stored.shelf };
    });
    platform.lives.register<Parcel>({
      process: 'shop', version: 1, tier: 'standard', machine: parcelChart,
      keys: (parcel) => ({ label: parcel.label }),
      facility: () => undefined,
      moves: { storeParcel: bind(storeParcel, ({ label: name, weight }: Parcel) => ({ label: name, weight })) },
      announcements: { announceStored: (parcel) => ({ type: 'parcel.stored.v1', subject: parcel.label, data: { parcel: parcel.label, shelf: parcel.shelf } }) },
      workItems: { overdue: (parcel) => ({ owner: 'role:clerk', title: `Parcel ${parcel.label} was not collected`, facts: { label: parcel.label }, resolutions: ['fetch', 'give-up'] }) },
      defers: ['parcel.collected.v1'],
    });
    platform.moves.register('shop', 'standard', [storeParcel], async (tx, lifeId, outcome) => { await platform.lives.apply(tx, lifeId, outcome); });
    platform.subscribe({
      group: 'shop', types: ['parcel.collected.v1'],
      async handle(tx, event) {
        for (const id of await platform.lives.find(tx, 'shop', 'label', event.subject)) await platform.lives.apply(tx, id, { type: event.type });
      },
    });
    const work = workItemsOf('shop', platform);
    return {
      operations: {
        openParcel: ({ body }, call) => platform.database.transaction(async (tx) => {
          const { id } = await platform.lives.start(tx, 'shop', { ...body, limitMs }, { identity: body.label, actor: call.principal.subject });
          return { id };
        }),
        async readParcel({ id }) {
          const [row] = await platform.database.query<{ state: string }>('select state from chassis.lives where id = $1', [id]);
          if (!row) throw new ApiError('not-found', 'There is no such parcel.');
          return { state: row.state };
        },
        listWork: ({ mine }, call) => work.list({ mine }, call.principal),
        decide: ({ id, body }, call) => work.resolve(id, body, call.principal),
        peek: ({ label: name }) => boxes.readBox({ label: name }),
      },
    };
  },
});
