import { describe, expect, it } from 'vitest';
import { story } from '../kernel/simulate.ts';
import { runVersions } from './seeds.ts';

const TROUBLED_MS = 2 * 86_400_000;
const SEEDS = [4, 6, 8];

/**
 * Who knows no lanes reads a doorbell of the slow one as any other, and today's code sends it there
 * again: that goes round for as long as both run, and costs messages. The checks of what all costs
 * come last, so that this hides none of the others.
 */
const GOES_ROUND = /^a delivery that does not move is rung/;

/**
 * `older`: the version before, which drops what it does not know. `newer`: one to come, which adds
 * to every row, document and message.
 */
describe.each(['older', 'newer', 'all'] as const)('instances of %s code beside today’s', (mix) => {
  it.each(SEEDS)('keep every guarantee, seed %i', async (seed) => {
    const { report, started } = await runVersions(seed, mix, TROUBLED_MS);
    const isCost = mix !== 'newer' && GOES_ROUND.test(report.failure ?? '');
    if (!isCost) expect(report.failure, story(report)).toBeUndefined();
    expect(started.current).toBeGreaterThan(0);
    expect(started.old + started.newer).toBeGreaterThan(5);
  });
});

describe('a way back to code that knows no fallback chain', () => {
  /** It begins at the integration again, which is tried once more, or sooner than it should be. */
  const PLACE_LOST = /^(no more attempts are made than|no attempt is made before)/;

  it.each([4])('costs a place in the chain at most, seed %i', async (seed) => {
    const { report } = await runVersions(seed, 'older with chains', TROUBLED_MS);
    const { failure } = report;
    expect(failure === undefined || PLACE_LOST.test(failure), story(report)).toBe(true);
  });
});
