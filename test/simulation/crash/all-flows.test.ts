import { describe, expect, it } from 'vitest';
import { failureText, killEverywhere } from './crash.ts';
import { acceptStories } from './stories-accept.ts';
import { callStories } from './stories-call.ts';
import { chainStories, deliverStories } from './stories-deliver.ts';
import { fifoStories } from './stories-fifo.ts';
import { registryStories } from './stories-registry.ts';
import { tickStories } from './stories-tick.ts';

/** Each takes a few seconds where nobody else is on the machine. */
const TIMEOUT_MS = 180_000;
const once = { kills: 'one', isWhole: false } as const;
const lineStories = [...deliverStories, ...fifoStories];

describe('killed before and after each of its effects, it ends as it should', () => {
  const others = [acceptStories, chainStories, tickStories, registryStories, callStories].flat();

  it.each([...lineStories, ...others])(
    '$name',
    async (story) => {
      const { failures, points } = await killEverywhere([story], once);
      expect(failures.map(failureText)).toEqual([]);
      expect(points).toBeGreaterThan(2);
    },
    TIMEOUT_MS,
  );

  it.each(lineStories)(
    '$name, and what was in the queues is lost',
    async (story) => {
      const { failures } = await killEverywhere([story], { ...once, isPurged: true });
      expect(failures.map(failureText)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

describe('killed at any two awaits, it ends as it should', () => {
  it.each(deliverStories.slice(0, 1))(
    '$name',
    async (story) => {
      const { failures, runs } = await killEverywhere([story], { kills: 'two', isWhole: true });
      expect(failures.map(failureText)).toEqual([]);
      expect(runs).toBeGreaterThan(100);
    },
    TIMEOUT_MS,
  );
});
