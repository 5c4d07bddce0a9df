import { describe, expect, it } from 'vitest';
import { failureText, killEverywhere } from './crash.ts';
import { againStories } from './stories-again.ts';
import { outageStories } from './stories-outage.ts';

/** Each takes a few seconds where nobody else is on the machine. */
const TIMEOUT_MS = 180_000;

/** `npm run simulate -- --crash` kills before each as well, and at every await. */
const once = { kills: 'one', isWhole: false, isAfterOnly: true } as const;

describe('killed after each of its effects, it ends as it should', () => {
  it.each([...outageStories, ...againStories])(
    '$name',
    async (story) => {
      const { failures, points } = await killEverywhere([story], once);
      expect(failures.map(failureText)).toEqual([]);
      expect(points).toBeGreaterThan(2);
    },
    TIMEOUT_MS,
  );

  it.each([...outageStories.slice(-1), ...againStories.slice(0, 1)])(
    '$name, and what was in the queues is lost',
    async (story) => {
      const { failures } = await killEverywhere([story], { ...once, isPurged: true });
      expect(failures.map(failureText)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
