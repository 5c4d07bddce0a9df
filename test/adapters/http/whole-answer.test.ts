import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
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
