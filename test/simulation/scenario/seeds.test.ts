import { describe, expect, it } from 'vitest';
import { blockOf } from '../command/block.ts';

const SEEDS = 12;
const TIMEOUT_MS = 600_000;

describe('a week of faults and 30 days of calm', () => {
  it(
    `break no guarantee in seeds 1 to ${SEEDS}, and much went wrong in them`,
    async () => {
      const { failure, tally } = await blockOf(1, SEEDS);
      expect(failure, failure).toBeUndefined();
      expect(tally).toMatchObject({ seeds: SEEDS, lost: 0, stuck: 0 });
      const kills = (tally.faults['kill-before'] ?? 0) + (tally.faults['kill-after'] ?? 0);
      expect(kills).toBeGreaterThan(10 * SEEDS);
      expect(tally.events).toBeGreaterThan(10 * SEEDS);
      expect(tally.delivered).toBeGreaterThan(20 * SEEDS);
      expect(tally.requests).toBeGreaterThan(tally.delivered);
      expect(tally.kinds.filter((kinds) => kinds >= 6).length).toBeGreaterThan(0.9 * SEEDS);
      expect(Object.keys(tally.faults).length).toBeGreaterThan(30);
    },
    TIMEOUT_MS,
  );
});
