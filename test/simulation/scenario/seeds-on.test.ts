import { expect, it } from 'vitest';
import { blockOf } from '../command/block.ts';

const SEEDS = 12;
const TIMEOUT_MS = 600_000;
/** Where CI moves on: each of its runs may begin with other seeds. */
const FROM = Number(process.env.SIMULATE_FROM ?? 1_001);

it(
  `no guarantee is broken in ${SEEDS} seeds from ${FROM} on (SIMULATE_FROM)`,
  async () => {
    expect(FROM).toBeGreaterThan(0);
    const { failure, tally } = await blockOf(FROM, SEEDS);
    expect(failure, failure).toBeUndefined();
    expect(tally).toMatchObject({ seeds: SEEDS, lost: 0, stuck: 0 });
  },
  TIMEOUT_MS,
);
