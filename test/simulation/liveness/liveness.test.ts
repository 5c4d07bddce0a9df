import { describe, expect, it } from 'vitest';
import { story } from '../kernel/simulate.ts';
import { STATES, type State } from './states.ts';
import { firstSeen, stopped } from './stopped.ts';

const HOUR_MS = 3_600_000;
const LOOK_EVERY_MS = 20_000;
const SEEDS = [37, 22, 38];
const STOPS_MAX = 10;
/** Of the states that can be found in the middle: some are rare, and over in a moment. */
const STATES_MIN = 14;

async function comesToItsEnd(seed: number, atMs: number): Promise<ReadonlySet<State>> {
  const { report, states } = await stopped(seed, atMs);
  expect(report.failure, `stopped at ${atMs}: ${story(report)}`).toBeUndefined();
  return states;
}

describe('all comes to its end by itself when everything stops and every message is lost', () => {
  it('wherever something has just begun', { timeout: 120_000 }, async () => {
    const seen = new Set<State>();
    let stops = 0;
    for (const seed of SEEDS) {
      if (seen.size === STATES.length) break;
      for (const [state, atMs] of await firstSeen(seed, LOOK_EVERY_MS)) {
        if (seen.has(state) || stops === STOPS_MAX) continue;
        stops += 1;
        for (const one of await comesToItsEnd(seed, atMs)) seen.add(one);
      }
    }
    expect([...seen].length, [...seen].join(', ')).toBeGreaterThanOrEqual(STATES_MIN);
  });

  it.each([6, 8])('at the hour %i', { timeout: 60_000 }, async (hour) => {
    await comesToItsEnd(13, hour * HOUR_MS);
  });
});
