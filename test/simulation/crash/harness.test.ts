import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { keys } from '../../../lib/adapters/dynamodb/table.ts';
import { listedFaults } from '../kernel/faults.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import { failureText, killEverywhere } from './crash.ts';
import { type CrashStory, played } from './crash-story.ts';
import { ended } from './ends.ts';
import type { Stage } from './stage.ts';
import { acceptStories } from './stories-accept.ts';
import { deliverStories } from './stories-deliver.ts';

const [deliver] = deliverStories as readonly [CrashStory];
const [publish] = acceptStories as readonly [CrashStory];
const bare = (story: CrashStory) => played(story, listedFaults([]));
const once = { kills: 'one', isWhole: false } as const;

/** The story, with something done to the product before anybody is killed. */
const sabotaged = (story: CrashStory, sabotage: (stage: Stage) => unknown): CrashStory => ({
  ...story,
  async before(stage) {
    await story.before(stage);
    await sabotage(stage);
  },
});

describe('the judgement of a story', () => {
  it('finds another end than the one that was told', async () => {
    const { failure } = await bare({ ...deliver, checks: [ended({ a: 'failed' })] });
    expect(failure).toMatch(/ is delivered, not failed$/);
  });

  it('finds a row that stands for work which nobody is at', async () => {
    const { failure } = await bare(
      sabotaged(deliver, ({ product }) => {
        const { pk, sk } = keys.drain('int_0');
        const Item = { pk: { S: pk }, sk: { S: sk } };
        const put = new PutItemCommand({ TableName: TABLE_NAMES.state, Item });
        return product.db.model.client.send(put);
      }),
    );
    expect(failure).toBe('nothing is left in the tables: DRAIN#int_0 DRAIN');
  });

  it('finds what is lost with its messages where no tick comes, and only then', async () => {
    const unticked = sabotaged(deliver, ({ product }) => {
      product.functions.tick.isThrottled = true;
    });
    expect((await killEverywhere([unticked], once)).failures).toEqual([]);
    const { failures } = await killEverywhere([unticked], { ...once, isPurged: true });
    expect(failures.map(failureText).join()).toContain('every target has a delivery');
  });

  it('finds that nobody is promised anything where nothing can be published', async () => {
    const { failure } = await bare(
      sabotaged(publish, ({ product }) => {
        product.functions.publish.isThrottled = true;
      }),
    );
    expect(failure).toBe('the caller: Error: Nobody answers POST /v1/events.');
  });
});

describe('the lists of points', () => {
  it('have each effect in the short one, which is a part of the whole one', async () => {
    const { killPoints: short } = await bare(deliver);
    const { killPoints: whole } = await played(deliver, listedFaults([]), { isWhole: true });
    expect(whole).toEqual(expect.arrayContaining([...short]));
    // The first await, the request out, the record of the attempt.
    expect(short).toHaveLength(3);
    expect(whole.length).toBeGreaterThan(short.length);
  });

  it('name functions that take part alone, and nobody before the story begins', async () => {
    const { killPoints } = await bare(publish);
    expect(killPoints.every((point) => point.startsWith('publish/'))).toBe(true);
    // It was not asked for anything yet, so it begins with its first await.
    expect(killPoints[0]).toBe('publish/1#1');
  });
});
