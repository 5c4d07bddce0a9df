import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { giveBack } from '../../../lib/adapters/http/reads.ts';
import { call, localSender } from './calls.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serving(body: Buffer, headers: Record<string, string | string[]> = {}) {
  const server = createServer((request, response) => {
    response.setHeader('x-method', request.method ?? '');
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('a whole answer', () => {
  it('comes byte for byte with every header line, and its beginning for the records as ever', async () => {
    const body = randomBytes(1_000_000);
    const url = await serving(body, { 'set-cookie': ['a=1', 'b=2'], 'X-Api-Key': 'secret' });
    const result = await localSender().send(call(url, { keepBytes: body.length }));
    expect(result.error).toBeNull();
    expect(Buffer.from(result.answer ?? [])).toEqual(body);
    expect(result.answerHeaders).toEqual(
      expect.arrayContaining([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-api-key', 'secret'],
      ]),
    );
    expect(JSON.stringify(result.responseHeaders)).not.toContain('secret');
    expect(Buffer.byteLength(result.responseBody)).toBeLessThanOrEqual(4_096);
  });

  it('is an error beyond what was asked for, and there is then none', async () => {
    const url = await serving(Buffer.alloc(1_001, 'a'));
    const tooLarge = await localSender().send(call(url, { keepBytes: 1_000 }));
    expect(tooLarge).toMatchObject({ error: 'body-too-large', statusCode: 200 });
    expect('answer' in tooLarge || 'answerHeaders' in tooLarge).toBe(false);
    expect((await localSender().send(call(url, { keepBytes: 1_001 }))).answer).toHaveLength(1_001);
  });

  it('is what was sent, in whatever pieces it came, while others came too', async () => {
    const body = randomBytes(700_001);
    const server = createServer({ highWaterMark: 9_000 }, (request, response) => {
      const bytes = Number(request.url?.slice(1));
      // With a length, or in pieces that reads cut through and share.
      if (bytes === 0) return void response.end(body);
      for (let at = 0; at < body.length; at += bytes) response.write(body.subarray(at, at + bytes));
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const sender = localSender();
    const sizes = [0, 100, 1_023, 1_024, 5_000, 16_384, 65_536, 300_000];
    for (const round of [1, 2]) {
      const asked = sizes.map((bytes) =>
        sender.send(call(`${base}${bytes}`, { keepBytes: 1_048_576, timeoutMs: 9_000 })),
      );
      for (const [i, { answer, error }] of (await Promise.all(asked)).entries()) {
        expect(error, `${round} ${sizes[i]}`).toBeNull();
        expect(body.equals(answer ?? Buffer.alloc(0)), `${round} ${sizes[i]}`).toBe(true);
      }
    }
  });

  it('is not there for those who did not ask', async () => {
    const result = await localSender().send(call(await serving(Buffer.from('a'))));
    expect('answer' in result || 'answerHeaders' in result).toBe(false);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH'])(
    'may be asked for by %s',
    async (method) => {
      const body = method === 'PATCH' ? Buffer.from('{}') : Buffer.alloc(0);
      const url = await serving(Buffer.from('ok'));
      const result = await localSender().send(
        call(url, { method, body, headers: {}, keepBytes: 9 }),
      );
      expect(result.responseHeaders['x-method']).toBe(method);
      expect(Buffer.from(result.answer ?? []).toString()).toBe(method === 'HEAD' ? '' : 'ok');
    },
  );
});

describe('memory', () => {
  it('is given back whole alone, not where it is a part of the pool', () => {
    const own = Buffer.alloc(70_000);
    giveBack(own);
    expect(own).toHaveLength(0);
    const pooled = Buffer.from('of the pool');
    giveBack(pooled);
    giveBack(own);
    expect(pooled.toString()).toBe('of the pool');
    const cut = Buffer.alloc(100, 'a');
    giveBack(cut.subarray(1));
    expect(cut).toHaveLength(100);
  });
});
