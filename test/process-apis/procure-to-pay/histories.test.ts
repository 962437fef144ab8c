import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { LifeDefinition } from '#chassis/lifecycle/life.ts';
import type { Order } from '../../../process-apis/procure-to-pay/order.ts';
import { essence, faultsOf, regressionsOf } from './histories/equivalence.ts';
import { answeredHistories, crookedHistories, deliveriesOf, hastyHistories, straightHistories, talkativeHistories, type Happening, type History } from './histories/history.ts';
import { live, type End, type Lived, type Luck, type Mutant } from './histories/rig.ts';

/** More of them: HISTORIES=20000. Each event of each is delivered ten times. */
const RUNS = Number(process.env['HISTORIES'] ?? 300);

const luck: fc.Arbitrary<Luck> = fc.array(fc.nat({ max: 11 }), { minLength: 40, maxLength: 60 });
const shuffled = <Of extends History>(histories: fc.Arbitrary<Of>) => histories.chain((history) => fc.record({ history: fc.constant(history), deliveries: deliveriesOf(history), luck }));
const isOver = (state: string) => state === 'closed.quiet' || state === 'cancelled';
const invoicesIn = (happenings: readonly Happening[]) => new Set(happenings.filter(({ type }) => type === 'invoice.received.v1').map(({ id }) => id)).size;

/** What has to hold, of the real process and of no mutant. */
const properties = {
  endsAlike: (mutant?: Mutant) => fc.asyncProperty(shuffled(straightHistories), async (lived) => {
    assert.deepEqual(essence(await live(lived, mutant)), essence(await live({ history: lived.history, deliveries: lived.history.happenings })));
  }),
  endsWell: (mutant?: Mutant) => fc.asyncProperty(shuffled(crookedHistories), async (lived) => {
    assert.deepEqual(faultsIn(await live(lived, mutant), lived), []);
  }),
  hearsTheNewest: (mutant?: Mutant) => fc.asyncProperty(shuffled(talkativeHistories), async (lived) => {
    const newest = lived.history.happenings.at(-1)!;
    assert.equal((await live(lived, mutant)).order.answeredAt, newest.type === 'order.acknowledged.v1' && newest.document.acknowledgedAt);
  }),
  booksAsChanged: (mutant?: Mutant) => fc.asyncProperty(shuffled(hastyHistories), async (lived) => {
    const end = await live(lived, mutant);
    assert.deepEqual([...faultsIn(end, lived), ...end.decided.filter((kind) => kind === 'clearing-not-zero')], []);
  }),
};

function faultsIn(end: End, { deliveries }: Lived): string[] {
  return [...faultsOf(end, { invoices: invoicesIn(deliveries), isOver }), ...regressionsOf(end)];
}

describe('every event delivered ten times, in any order', () => {
  test('leaves an order of which everything comes in the same end as each delivered once and in its time', () => fc.assert(properties.endsAlike(), { numRuns: RUNS }));

  /**
   * An answer that changes the order competes with goods and invoices: whoever delivers as ordered before anybody has
   * decided has agreed, and the order stays as it was. Which of them comes first is therefore no accident of delivery but
   * the business itself; so here the answer is settled before what follows from it is delivered, in any order again.
   */
  test('leaves an order that the supplier has changed in the same end, once that is settled', () => fc.assert(fc.asyncProperty(shuffled(answeredHistories), async (lived) => {
    const { first, happenings } = lived.history;
    const end = await live({ ...lived, first });
    assert.deepEqual(faultsIn(end, lived), []);
    assert.deepEqual(essence(end), essence(await live({ history: lived.history, first, deliveries: happenings })));
  }), { numRuns: RUNS }));

  test('loses nothing, books nothing twice and lets no figure fall, also where the order of events decides which way it goes', () => fc.assert(properties.endsWell(), { numRuns: RUNS }));

  test('has the newest answer of a supplier heard, also what it says while an earlier one is carried out', () => fc.assert(properties.hearsTheNewest(), { numRuns: RUNS }));

  test('books goods in as their order stands, also when they come while it is being changed', () => fc.assert(properties.booksAsChanged(), { numRuns: RUNS }));

  test('of which some never come, brings no order back to where it was', () => fc.assert(fc.asyncProperty(crookedHistories.chain((history) => fc.record({
    history: fc.constant(history), deliveries: fc.subarray(history.happenings).chain((happenings) => deliveriesOf({ ...history, happenings }, 3)), luck,
  })), async (lived) => {
    assert.deepEqual(regressionsOf(await live(lived)), []);
  }), { numRuns: RUNS }));
});

describe('the histories miss', () => {
  const without = (type: string) => (definition: LifeDefinition<Order>): LifeDefinition<Order> => ({ ...definition, defers: (definition.defers ?? []).filter((each) => each !== type) });
  const withGuards = (guards: Record<string, () => boolean>) => (definition: LifeDefinition<Order>): LifeDefinition<Order> => ({ ...definition, machine: definition.machine.provide({ guards } as never) });
  const mutants: Record<string, [mutant: Mutant, seenBy: keyof typeof properties]> = {
    'the inbox': [{ inbox: false }, 'endsAlike'],
    'that answers wait': [{ definition: without('order.acknowledged.v1') }, 'hearsTheNewest'],
    'that invoices wait': [{ definition: without('invoice.received.v1') }, 'endsAlike'],
    'that deliveries wait': [{ definition: without('delivered') }, 'endsAlike'],
    'that the same invoice is refused the second time': [{ definition: withGuards({ invoiceIsDuplicate: () => false, lateInvoiceIsDuplicate: () => false }) }, 'endsAlike'],
    'that an invoice waits for its goods': [{ definition: withGuards({ invoiceWaitsForGoods: () => false }) }, 'endsAlike'],
    'that goods wait while their lines are being changed': [{ definition: withGuards({ linesStand: () => true }) }, 'booksAsChanged'],
    'that lines wait while their goods are booked in': [{ definition: withGuards({ nothingIsBooked: () => true }) }, 'booksAsChanged'],
    'that an older answer is let pass': [{ definition: withGuards({ answerIsStale: () => false }) }, 'hearsTheNewest'],
  };

  for (const [what, [mutant, seenBy]] of Object.entries(mutants)) {
    test(what, async () => {
      const { failed } = await fc.check(properties[seenBy](mutant), { numRuns: RUNS, endOnFailure: true });
      assert.ok(failed, 'nothing in them shows that it is gone');
    });
  }
});
