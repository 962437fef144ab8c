import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { LifeDefinition, LifeEvent } from '#chassis/lifecycle/life.ts';
import { begin, stateOf, take, type Step } from '#chassis/lifecycle/transition.ts';
import type { Consumption } from '../../../process-apis/consumption-to-replenishment/consumption.ts';
import { definitionOf } from '../../../process-apis/consumption-to-replenishment/definition.ts';
import { place, sampleConsumption, sampleSettings, sampleUse, usedItem } from './samples.ts';

const RUNS = Number(process.env['HISTORIES'] ?? 1_000);
const WITHDRAWN = 'supply.use-withdrawn.v1';
const real = definitionOf({ systems: {} as never, database: {} as never, clock: { now: () => new Date('2026-11-20T10:00:00Z') }, settings: sampleSettings() });

/** What goes wrong with a use before it is settled, each once at most. */
interface History {
  isUnmapped: boolean;
  isShort: boolean;
  ranOut: boolean;
  isWithdrawn: boolean;
}

interface End {
  state: string;
  made: Record<string, number>;
  told: number;
  kept: LifeEvent[];
}

/** A move's report, as the real one would give it in this history. */
function reportOf(name: string, made: number, { isUnmapped, isShort, ranOut }: History): LifeEvent {
  const failure = { failure: { kind: 'refused', code: 'negative-stock', detail: 'The books hold less.' }, moveId: '11111111-1111-4111-8111-111111111111' };
  const reports: Record<string, LifeEvent> = {
    identifyUse: isUnmapped && made === 1 ? { type: 'unmapped', problem: 'The item master knows it not.' } : { type: 'identified', use: sampleUse(), item: usedItem, place },
    depleteStock: isShort && made === 1 ? { type: 'deplete-stock.failed', ...failure } : { type: 'depleted', movementNumber: 'M-1', cost: '200.00' },
    adjustStock: { type: 'stock adjusted' },
    replenish: ranOut && made === 1 ? { type: 'stores ran out', replenishment: null, problem: 'There is too little.' } : { type: 'replenished', replenishment: null },
    returnToStock: { type: 'returned' },
  };
  return reports[name]!;
}

const DECISIONS: Record<string, LifeEvent> = { unmapped: { type: 'map-item', by: 'somebody', values: { itemNumber: 'IMP-1' } }, notDepleted: { type: 'adjust-stock', by: 'somebody' }, awaitingStores: { type: 'retry', by: 'somebody' } };

/** Leads a use to its end; the withdrawal is delivered ten times, the first of them after so many things have happened, and taken once. */
function live(history: History, withdrawnAfter: number, definition: LifeDefinition<Consumption>): End {
  const end: End = { state: '', made: {}, told: 0, kept: [] };
  const running: string[] = [];
  let snapshot = note(begin(definition.machine, sampleConsumption()));

  function note(step: Step): Step['snapshot'] {
    for (const effect of step.effects) {
      if (effect.type !== 'action') continue;
      if (definition.moves[effect.name]) running.push(effect.name);
      else end.told += 1;
    }
    return step.snapshot;
  }
  function apply(event: LifeEvent): void {
    const step = take(definition.machine, snapshot, event);
    if (!step) {
      if (snapshot.status === 'active' && definition.defers?.includes(event.type)) end.kept.push(event);
      return;
    }
    snapshot = note(step);
    const [waiting, ...rest] = end.kept;
    if (!waiting || !take(definition.machine, snapshot, waiting)) return;
    end.kept = rest;
    apply(waiting);
  }
  let isDelivered = !history.isWithdrawn;
  for (let happened = 0; happened < 40; happened += 1) {
    if (!isDelivered && happened >= withdrawnAfter) {
      isDelivered = true;
      apply({ type: WITHDRAWN });
    }
    const name = running.shift();
    const decision = DECISIONS[stateOf(snapshot)];
    if (name) {
      end.made[name] = (end.made[name] ?? 0) + 1;
      apply(reportOf(name, end.made[name], history));
    } else if (decision) {
      apply(decision);
    }
  }
  end.state = stateOf(snapshot);
  return end;
}

const histories = fc.record({ isUnmapped: fc.boolean(), isShort: fc.boolean(), ranOut: fc.boolean(), isWithdrawn: fc.boolean() });

/** What was taken from stock is there again, whenever the EHR took its word back; and nothing is given back that was not taken. */
const endsEven = (definition = real) => fc.property(histories, fc.nat({ max: 20 }), (history, withdrawnAfter) => {
  const { state, made, kept, told } = live(history, withdrawnAfter, definition);
  const depleted = (made['depleteStock'] ?? 0) - (history.isShort && made['depleteStock'] ? 1 : 0);
  assert.deepEqual(kept, []);
  assert.equal(state, history.isWithdrawn ? 'withdrawn' : 'done');
  assert.ok(depleted <= 1 && told === depleted, `taken ${depleted} times, told ${told} times`);
  assert.equal(made['returnToStock'] ?? 0, history.isWithdrawn ? depleted : 0);
});

describe('a use that is taken back at any moment', () => {
  test('leaves the stock as it was', () => fc.assert(endsEven(), { numRuns: RUNS }));

  test('would not when nobody kept that it is taken back', () => {
    assert.ok(fc.check(endsEven({ ...real, defers: [] }), { numRuns: RUNS }).failed);
  });
});
