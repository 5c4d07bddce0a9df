import { describe, expect, it } from 'vitest';
import { IDLE_MS_MAX } from '../../../lib/adapters/http/connections.ts';
import { answer, head } from '../../fakes/destination.ts';
import { call, destination, found, localSender } from './calls.ts';

/** A clock that a test sets forward, as a freeze does. */
function clock() {
  let nowMs = 1_000_000;
  return {
    nowMs: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

/** Time enough on a busy machine, and none lost on one at rest. */
const SOME_TIME = { timeout: 10_000, interval: 5 };

/** Fulfilled for each `count` that ask, as soon as the last of them does. */
function together(count: number) {
  let asked = 0;
  let all = Promise.withResolvers<void>();
  return () => {
    const { promise, resolve } = all;
    asked += 1;
    if (asked % count === 0) {
      resolve();
      all = Promise.withResolvers();
    }
    return promise;
  };
}

describe('a connection', () => {
  it('serves one request after the other', async () => {
    const sink = await destination({ script: (_, index) => answer(200, `answer ${index}`) });
    const sender = localSender();
    for (let index = 0; index < 20; index++) {
      const result = await sender.send(call(sink.url));
      expect(result.responseBody).toBe(`answer ${index}`);
    }
    expect(sink.connections()).toBe(1);
  });

  it('serves one request at a time', async () => {
    const all = together(10);
    const sink = await destination({
      script: () => [{ kind: 'until', done: all() }, ...answer(200)],
    });
    const sender = localSender();
    const send = () => sender.send(call(sink.url));
    for (let round = 0; round < 2; round++) {
      const results = await Promise.all(Array.from({ length: 10 }, send));
      expect(results.every(({ statusCode }) => statusCode === 200)).toBe(true);
      expect(sink.connections()).toBe(10);
    }
  });

  it('is kept for few when it is idle', async () => {
    const all = together(40);
    const sink = await destination({
      script: () => [{ kind: 'until', done: all() }, ...answer(200)],
    });
    const sender = localSender();
    await Promise.all(Array.from({ length: 40 }, () => sender.send(call(sink.url))));
    expect(sink.connections()).toBe(40);
    await expect.poll(() => sink.open(), SOME_TIME).toBe(16);
  });

  it('is not used by another destination', async () => {
    const [first, second] = [await destination(), await destination()];
    const sender = localSender();
    await sender.send(call(first.url));
    await sender.send(call(second.url));
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  });

  it('is used by its owner alone: an unread end of one request is never the next of another', async () => {
    // Such a server takes what it did not read for the beginning of what comes next.
    const sink = await destination({ script: () => answer(200) });
    const sender = localSender();
    const smuggled = Buffer.from('POST /kept HTTP/1.1\r\ncontent-length: 500\r\n\r\n');
    await sender.send(call(sink.url, { owner: 'int_a', method: 'OPTIONS', body: smuggled }));
    await sender.send(call(sink.url, { owner: 'int_b', body: Buffer.from('token of another') }));
    expect(sink.connections()).toBe(2);
    await sender.send(call(sink.url, { owner: 'int_a' }));
    await sender.send(call(sink.url, { owner: 'int_b' }));
    expect(sink.connections()).toBe(2);
  });

  it('without an owner is closed after its one request', async () => {
    const sink = await destination();
    const sender = localSender();
    const { owner: _, ...nobodys } = call(sink.url);
    for (let index = 0; index < 3; index++) await sender.send(nobodys);
    expect(sink.connections()).toBe(3);
    await expect.poll(() => sink.open(), SOME_TIME).toBe(0);
  });

  it('is not used under another name of the same address', async () => {
    const sink = await destination();
    const sender = localSender({ lookup: found(() => ['127.0.0.1']) });
    await sender.send(call(sink.url));
    await sender.send(call(sink.url.replace('127.0.0.1', 'localhost')));
    expect(sink.connections()).toBe(2);
  });

  it('that has been idle too long is closed instead of used, frozen or not', async () => {
    const sink = await destination();
    const { nowMs, advance } = clock();
    const sender = localSender({ nowMs });
    await sender.send(call(sink.url));
    advance(IDLE_MS_MAX - 1);
    await sender.send(call(sink.url));
    expect(sink.connections()).toBe(1);
    advance(IDLE_MS_MAX);
    await sender.send(call(sink.url));
    expect(sink.connections()).toBe(2);
    advance(-1);
    await sender.send(call(sink.url));
    expect(sink.connections()).toBe(3);
    await expect.poll(() => sink.open(), SOME_TIME).toBe(1);
  });

  it('that the other side closed meanwhile costs no attempt', async () => {
    const sink = await destination();
    const sender = localSender();
    for (let round = 0; round < 10; round++) {
      expect((await sender.send(call(sink.url))).statusCode).toBe(200);
      // The FIN is in the queue of the socket, and nobody has looked: as after a freeze.
      sink.dropAll();
    }
    expect(sink.requests).toHaveLength(10);
    expect(sink.connections()).toBe(10);
  });

  it('on which an answer came unasked is never used again', async () => {
    const evil = head(200, { 'content-length': '4', 'x-unasked': '1' });
    const first = Promise.withResolvers<void>();
    const sink = await destination({
      script: (_, index) =>
        index === 0
          ? [
              ...answer(200, 'first'),
              { kind: 'until', done: first.promise },
              { kind: 'write', data: `${evil}evil` },
            ]
          : answer(200, 'second'),
    });
    const sender = localSender();
    expect((await sender.send(call(sink.url))).responseBody).toBe('first');
    first.resolve();
    await expect.poll(() => sink.open(), SOME_TIME).toBe(0);
    expect((await sender.send(call(sink.url))).responseBody).toBe('second');
    expect(sink.connections()).toBe(2);
  });

  it('on which two answers came at once is never used again', async () => {
    const twice = `${head(200, { 'content-length': '1' })}a${head(200, { 'content-length': '1' })}b`;
    const sink = await destination({
      script: (_, index) => (index === 0 ? [{ kind: 'write', data: twice }] : answer(200, 'c')),
    });
    const sender = localSender();
    expect((await sender.send(call(sink.url))).responseBody).toMatch(/^a?$/);
    expect((await sender.send(call(sink.url))).responseBody).toBe('c');
    expect(sink.connections()).toBe(2);
  });

  it('that dies with the request on it is an attempt that failed, never sent twice', async () => {
    const sink = await destination({
      script: (_, index) => (index === 0 ? answer(200) : [{ kind: 'reset' }]),
    });
    const sender = localSender();
    await sender.send(call(sink.url));
    expect((await sender.send(call(sink.url))).error).toBe('reset');
    expect(sink.requests).toHaveLength(2);
  });

  it.each([
    [{ connection: 'close' }, 2],
    [{ 'keep-alive': 'timeout=1' }, 2],
    [{ 'keep-alive': 'timeout=4, max=100' }, 2],
    [{ 'keep-alive': 'timeout=5' }, 1],
    [{ 'keep-alive': 'max=3' }, 1],
  ])('announced as %j opens so many: %i', async (headers, connections) => {
    const sink = await destination({ script: () => answer(200, 'x', headers) });
    const sender = localSender();
    await sender.send(call(sink.url));
    await sender.send(call(sink.url));
    expect(sink.connections()).toBe(connections);
  });

  it('whose answer came before the request was out is not used again', async () => {
    const sink = await destination({ onConnect: answer(413, 'too long') });
    const body = new Uint8Array(16 * 1_024 * 1_024);
    const result = await localSender().send(call(sink.url, { body }));
    expect(result.statusCode).toBe(413);
    await expect.poll(() => sink.open(), SOME_TIME).toBe(0);
  });
});
