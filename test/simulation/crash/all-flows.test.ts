import { describe, expect, it } from 'vitest';
import { failureText, killEverywhere } from './crash.ts';
import type { CrashStory } from './crash-story.ts';
import { acceptStories } from './stories-accept.ts';
import { auditStories } from './stories-audit.ts';
import { callStories } from './stories-call.ts';
import { chainStories, deliverStories } from './stories-deliver.ts';
import { fifoStories } from './stories-fifo.ts';
import { registryStories } from './stories-registry.ts';
import { tickStories } from './stories-tick.ts';

/** Each takes a few seconds where nobody else is on the machine. */
const TIMEOUT_MS = 180_000;
const once = { kills: 'one', isWhole: false } as const;
/** `npm run simulate -- --crash` kills everywhere before each effect as well, and at every await. */
const after = { ...once, isAfterOnly: true } as const;
const bothSides: readonly CrashStory[] = [...acceptStories, ...deliverStories];
const lineStories = [...deliverStories, ...fifoStories];

describe('killed before or after each of its effects, it ends as it should', () => {
  const others = [
    acceptStories,
    chainStories,
    tickStories,
    registryStories,
    callStories,
    auditStories,
  ].flat();

  it.each([...lineStories, ...others])(
    '$name',
    async (story) => {
      const options = bothSides.includes(story) ? once : after;
      const { failures, points } = await killEverywhere([story], options);
      expect(failures.map(failureText)).toEqual([]);
      expect(points).toBeGreaterThan(2);
    },
    TIMEOUT_MS,
  );

  it.each(lineStories)(
    '$name, and what was in the queues is lost',
    async (story) => {
      const { failures } = await killEverywhere([story], { ...after, isPurged: true });
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
