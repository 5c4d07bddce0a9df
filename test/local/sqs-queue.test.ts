import { describe, expect, it } from 'vitest';
import type { QueueSettings } from '../../lib/local/sqs-message.ts';
import { sqsQueue, tapped } from '../../lib/local/sqs-queue.ts';

const SETTINGS: QueueSettings = {
  visibilityTimeoutSeconds: 30,
  delaySeconds: 0,
  retentionSeconds: 3600,
  messageBytesMax: 1_048_576,
  receiveWaitSeconds: 0,
};

function queueAt(settings: Partial<QueueSettings> = {}) {
  const clock = { nowMs: 1_000_000_000_000, made: 0 };
  const queue = sqsQueue(
    { ...SETTINGS, ...settings },
    {
      nowMs: () => clock.nowMs,
      newId: () => `00000000-0000-0000-0000-${String(++clock.made).padStart(12, '0')}`,
    },
  );
  return { queue, wait: (seconds: number) => (clock.nowMs += seconds * 1000), clock };
}

describe('a queue of the local run', () => {
  it('hides a received message for exactly its visibility timeout', () => {
    const { queue, wait } = queueAt();
    queue.put({ body: 'a' });
    expect(queue.take(10).messages).toHaveLength(1);
    wait(29.999);
    expect(queue.take(10).messages).toEqual([]);
    wait(0.001);
    expect(queue.take(10).messages).toMatchObject([{ body: 'a', receiveCount: 2 }]);
  });

  it('shows all that is in it without receiving it, and tells of what is put into it', () => {
    const { queue } = queueAt();
    const told: string[] = [];
    tapped(queue, ({ id, body }) => told.push(`${id.at(-1)} ${body}`));
    for (const delaySeconds of [0, 0, 60]) queue.put({ body: 'a', delaySeconds });
    queue.take(1);
    const counts = queue.counts();
    expect(counts).toEqual({ visible: 1, inFlight: 1, delayed: 1 });
    expect(queue.all().map(({ receiveCount }) => receiveCount)).toEqual([1, 0, 0]);
    expect([queue.counts(), told]).toEqual([counts, ['1 a', '2 a', '3 a']]);
  });

  it('ignores the handle of an earlier receive', () => {
    const { queue, wait } = queueAt();
    queue.put({ body: 'a' });
    const [first] = queue.take(1).messages;
    wait(30);
    const [second] = queue.take(1).messages;
    expect(queue.remove(first?.receiptHandle ?? '')).toBe('stale');
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    expect(queue.remove(second?.receiptHandle ?? '')).toBe('removed');
    expect(queue.remove(second?.receiptHandle ?? '')).toBe('stale');
  });

  it('takes the delete of a message whose time has run out but that nobody received since', () => {
    const { queue, wait } = queueAt();
    queue.put({ body: 'a' });
    const [message] = queue.take(1).messages;
    wait(31);
    expect(queue.remove(message?.receiptHandle ?? '')).toBe('removed');
    expect(queue.take(1).messages).toEqual([]);
  });

  it('refuses to prolong a message that is not in flight', () => {
    const { queue, wait } = queueAt();
    queue.put({ body: 'a' });
    const [message] = queue.take(1).messages;
    const handle = message?.receiptHandle ?? '';
    expect(queue.extend(handle, 60)).toBe('changed');
    wait(59);
    expect(queue.take(1).messages).toEqual([]);
    wait(1);
    expect(queue.extend(handle, 60)).toBe('not-in-flight');
    expect(queue.extend('nonsense', 60)).toBe('invalid');
  });

  it('declares a message dead on the receive after the last one allowed', () => {
    const { queue, wait } = queueAt({ redrive: { deadLetterArn: 'arn', maxReceiveCount: 2 } });
    queue.put({ body: 'poison' });
    for (let receives = 0; receives < 2; receives++) {
      expect(queue.take(10)).toMatchObject({ messages: [{ body: 'poison' }], dead: [] });
      wait(30);
    }
    expect(queue.take(10)).toMatchObject({ messages: [], dead: [{ body: 'poison' }] });
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('drops what is older than its retention', () => {
    const { queue, wait } = queueAt();
    queue.put({ body: 'old' });
    wait(3600);
    queue.put({ body: 'new' });
    expect(queue.take(10).messages).toMatchObject([{ body: 'new' }]);
    expect(queue.counts().visible).toBe(0);
  });

  it('says when the next message turns visible, and not of one that is gone', () => {
    const { queue, clock } = queueAt();
    queue.put({ body: 'later', delaySeconds: 9 });
    queue.put({ body: 'soon', delaySeconds: 5 });
    expect(queue.nextVisibleAtMs()).toBe(clock.nowMs + 5000);
    queue.purge();
    expect(queue.nextVisibleAtMs()).toBeUndefined();
  });

  it('shares receives evenly between groups, however many messages one of them has', () => {
    const { queue } = queueAt();
    for (let sent = 0; sent < 50; sent++) queue.put({ body: 'noisy', groupId: 'noisy' });
    for (const groupId of ['a', 'b', 'c']) queue.put({ body: groupId, groupId });
    const { messages } = queue.take(8);
    expect(messages.map(({ body }) => body).filter((body) => body !== 'noisy')).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('keeps a group waiting whose messages stay in flight, and lets it back afterwards', () => {
    const { queue } = queueAt();
    const put = (groupId: string) => queue.put({ body: groupId, groupId });
    for (let sent = 0; sent < 6; sent++) put('slow');
    const stuck = queue.take(4).messages;
    put('quick');
    expect(queue.take(1).messages).toMatchObject([{ body: 'quick' }]);
    for (const { receiptHandle } of stuck) queue.remove(receiptHandle);
    put('quick');
    expect(queue.take(1).messages).toMatchObject([{ body: 'slow' }]);
  });

  it('returns thousands of delayed messages, each once, in the order in which they fall due', () => {
    const { queue, wait } = queueAt();
    const delays = Array.from({ length: 3000 }, (_, index) => (index * 7919) % 900);
    for (const delaySeconds of delays) queue.put({ body: `${delaySeconds}`, delaySeconds });
    wait(900);
    const found: number[] = [];
    for (let page = 0; page < 301; page++) {
      found.push(...queue.take(10).messages.map(({ body }) => Number(body)));
    }
    expect(found).toEqual([...delays].sort((a, b) => a - b));
  });
});
