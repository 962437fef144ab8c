import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allPoints } from '../../../commands/chaos/coverage.ts';
import { stepsIn } from '../../../commands/chaos/steps-of-moves.ts';

describe('the steps at which a process can die', () => {
  it('are read from the source of a move, wherever in its file it carries them out, with what varies left open', () => {
    const text = `
      export const pack = (depot) => {
        const seal = (run, box) => run.step(\`seal \${box} of \${depot.name}\`, () => depot.seal(box));
        return move('pack', async (run, order) => {
          const box = await run.step('fetch box', (key) => depot.fetch(key), { undo: (box) => depot.putBack(box) });
          await seal(run, box);
          await other.step('not one of ours', () => undefined);
          return { type: 'packed' };
        });
      };`;
    assert.deepEqual(stepsIn('shipping', text), ['shipping: step pack / seal * of *', 'shipping: step pack / fetch box', 'shipping: step pack / undo fetch box']);
  });

  it('are none in a file without a move', () => {
    assert.deepEqual(stepsIn('shipping', 'export const run = { step: () => 1 }; run.step();'), []);
  });

  it('must have a name that can be read', () => {
    assert.throws(() => stepsIn('shipping', `move('pack', (run) => run.step(name, work))`), /name is no name/);
  });
});

describe('the table of a chaos run', () => {
  it('has every process, and every point once', async () => {
    const points = await allPoints();
    assert.equal(new Set(points).size, points.length);
    for (const name of ['procure-to-pay: begins', 'consumption-to-replenishment: begins', 'procure-to-pay: step place-order / undo create order in ERP', 'procure-to-pay: approving after approvalLimit if canEscalate', 'consumption-to-replenishment: step replenish / refill *']) {
      assert.ok(points.includes(name), name);
    }
  });
});
