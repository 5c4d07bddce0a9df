import { describe, expect, it } from 'vitest';
import { failureText, killEverywhere } from './crash.ts';
import { againStories } from './stories-again.ts';
import { outageStories } from './stories-outage.ts';

/** Each takes a few seconds where nobody else is on the machine. */
const TIMEOUT_MS = 180_000;

describe('killed before and after each of its effects, it ends as it should', () => {
  it.each([...outageStories, ...againStories])(
    '$name',
    async (story) => {
      const { failures, points } = await killEverywhere([story], { kills: 'one', isWhole: false });
      expect(failures.map(failureText)).toEqual([]);
      expect(points).toBeGreaterThan(2);
    },
    TIMEOUT_MS,
  );

  it.each([...outageStories.slice(-1), ...againStories.slice(0, 1)])(
    '$name, and what was in the queues is lost',
    async (story) => {
      const purged = { kills: 'one', isWhole: false, isPurged: true } as const;
      const { failures } = await killEverywhere([story], purged);
      expect(failures.map(failureText)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
