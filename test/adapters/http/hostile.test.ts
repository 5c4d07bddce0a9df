import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type DestinationOptions, head, type Step } from '../../fakes/destination.ts';
import { fullListener } from '../../fakes/full-listener.ts';
import {
  call,
  destination,
  expectOnTime,
  expectReleased,
  found,
  localSender,
  verdict,
} from './calls.ts';

const HANG: Step = { kind: 'hang' };
const TIMEOUT_MS = 300;

function write(data: string | Uint8Array): Step {
  return { kind: 'write', data };
}

describe('a destination that takes its time', () => {
  it.each<[string, DestinationOptions, string, number | null]>([
    ['says nothing', { script: () => [HANG] }, 'response_timeout', null],
    [
      'stops within the headers',
      { script: () => [write('HTTP/1.1 200 OK\r\nx: '), HANG] },
      'response_timeout',
      null,
    ],
    [
      'trickles its headers',
      { script: () => [{ kind: 'trickle', data: head(200, { a: 'x'.repeat(99) }), everyMs: 50 }] },
      'response_timeout',
      null,
    ],
    [
      'stops within a body of known length',
      { script: () => [write(`${head(200, { 'content-length': '100' })}half`), HANG] },
      'body_timeout',
      200,
    ],
    [
      'stops within a body of unknown length',
      { script: () => [write(`${head(200)}some`), HANG] },
      'body_timeout',
      200,
    ],
    [
      'trickles its body',
      {
        script: () => [
          write(head(200, { 'content-length': '99' })),
          { kind: 'trickle', data: 'x'.repeat(99), everyMs: 50 },
        ],
      },
      'body_timeout',
      200,
    ],
    [
      'trickles chunks',
      {
        script: () => [
          write(head(200, { 'transfer-encoding': 'chunked' })),
          { kind: 'trickle', data: '1\r\nx\r\n'.repeat(30), everyMs: 20 },
        ],
      },
      'body_timeout',
      200,
    ],
    [
      'sends a 1xx now and then',
      { script: () => [write(head(102)), { kind: 'wait', ms: 100 }, write(head(102)), HANG] },
      'response_timeout',
      null,
    ],
  ])('and %s is a timeout, on time', async (_, options, detail, statusCode) => {
    const sink = await destination(options);
    const result = await localSender().send(call(sink.url, { timeoutMs: TIMEOUT_MS }));
    expect(verdict(result)).toEqual({ error: 'timeout', statusCode, detail });
    expectOnTime(result, TIMEOUT_MS);
    await expectReleased(sink);
  });

  it('and never finishes the TLS handshake is a timeout, on time', async () => {
    const sink = await destination({ onConnect: [HANG] });
    const url = `https://127.0.0.1:${sink.port}/`;
    const result = await localSender().send(call(url, { timeoutMs: TIMEOUT_MS }));
    expect(verdict(result)).toMatchObject({ error: 'timeout', detail: 'tls_timeout' });
    expectOnTime(result, TIMEOUT_MS);
    await expectReleased(sink);
  });

  it('and never accepts the connection is a timeout, on time', async () => {
    const { port, stop } = await fullListener();
    const result = await localSender().send(
      call(`http://127.0.0.1:${port}/`, { timeoutMs: TIMEOUT_MS }),
    );
    await stop();
    expect(verdict(result)).toMatchObject({ error: 'timeout', detail: 'connect_timeout' });
    expectOnTime(result, TIMEOUT_MS);
  });

  // Only Linux answers on every address of 127.0.0.0/8 without being told to.
  it.runIf(process.platform === 'linux')(
    'and never accepts the connection is passed over for its next address',
    async () => {
      const { port, stop } = await fullListener();
      const sink = await destination({ host: '127.0.0.2', port });
      const sender = localSender({ lookup: found(() => ['127.0.0.1', '127.0.0.2']) });
      const result = await sender.send(call(`http://localhost:${port}/`, { timeoutMs: 6_000 }));
      await stop();
      expect(verdict(result)).toMatchObject({ error: null, statusCode: 200 });
      expect(sink.requests).toHaveLength(1);
    },
  );

  it('and whose name servers never answer is a timeout, on time', async () => {
    const sender = localSender({ lookup: () => new Promise(() => undefined) });
    const result = await sender.send(call('https://a.com/', { timeoutMs: TIMEOUT_MS }));
    expect(verdict(result)).toMatchObject({ error: 'timeout', detail: 'dns_timeout' });
    expectOnTime(result, TIMEOUT_MS);
  });

  it('and does not read what it is sent is a timeout, on time', async () => {
    const { port, stop } = await fullListener(8);
    const body = new Uint8Array(16 * 1_024 * 1_024);
    const result = await localSender().send(
      call(`http://127.0.0.1:${port}/`, { timeoutMs: TIMEOUT_MS, body }),
    );
    await stop();
    expect(verdict(result)).toMatchObject({ error: 'timeout', detail: 'response_timeout' });
    expectOnTime(result, TIMEOUT_MS);
  });
});

describe('a destination that sends too much', () => {
  it.each<[string, readonly Step[], string, number | null]>([
    [
      'a body without end',
      [write(head(200)), { kind: 'flood', data: 'x'.repeat(65_536) }],
      'body_too_large',
      200,
    ],
    [
      'chunks without end',
      [
        write(head(200, { 'transfer-encoding': 'chunked' })),
        { kind: 'flood', data: '1000\r\n'.concat('x'.repeat(4_096), '\r\n') },
      ],
      'body_too_large',
      200,
    ],
    [
      'one byte more than may be read',
      [write(`${head(200, { 'content-length': '262145' })}${'x'.repeat(262_145)}`)],
      'body_too_large',
      200,
    ],
    [
      'one header of 17 KiB',
      [write(head(200, { 'content-length': '0', a: 'x'.repeat(17_408) })), HANG],
      'headers_too_large',
      null,
    ],
    [
      'headers without end',
      [write('HTTP/1.1 200 OK\r\n'), { kind: 'flood', data: 'a: b\r\n'.repeat(64) }],
      'headers_too_large',
      null,
    ],
  ])('(%s) is cut off', async (_, steps, detail, statusCode) => {
    const sink = await destination({ script: () => steps });
    const result = await localSender().send(call(sink.url, { timeoutMs: 5_000 }));
    expect(verdict(result)).toEqual({ error: 'body-too-large', statusCode, detail });
    expect(result.responseBody.length).toBeLessThanOrEqual(4_096);
    await expectReleased(sink);
  });

  it('(just as much as may be read) is fine', async () => {
    const data = `${head(200, { 'content-length': '262144' })}${'x'.repeat(262_144)}`;
    const sink = await destination({ script: () => [write(data)] });
    const result = await localSender().send(call(sink.url));
    expect(verdict(result)).toMatchObject({ error: null, statusCode: 200 });
    expect(result.responseBody).toBe('x'.repeat(4_096));
  });

  it('(1xx answers without end) is cut off', async () => {
    const sink = await destination({
      script: () => [{ kind: 'flood', data: head(103, { link: 'x' }) }],
    });
    const result = await localSender().send(call(sink.url, { timeoutMs: 5_000 }));
    expect(verdict(result)).toMatchObject({ error: 'reset', detail: 'too_many_informational' });
    expect(result.latencyMs).toBeLessThan(2_000);
    await expectReleased(sink);
  });

  it('(a gzip bomb) is kept as the few bytes that came', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1_024 * 1_024));
    const headers = { 'content-encoding': 'gzip', 'content-length': String(bomb.length) };
    const sink = await destination({ script: () => [write(head(200, headers)), write(bomb)] });
    const result = await localSender().send(call(sink.url));
    expect(verdict(result)).toMatchObject({ error: null, statusCode: 200 });
    expect(Buffer.byteLength(result.responseBody)).toBeLessThanOrEqual(4_096);
    expect(result.responseBody.startsWith('\u001f\ufffd')).toBe(true);
  });
});

describe('a destination that breaks off', () => {
  const RESET: Step = { kind: 'reset' };
  const END: Step = { kind: 'end' };
  it.each<[string, readonly Step[], string, number | null]>([
    ['resets before any answer', [RESET], 'connection_lost', null],
    ['closes before any answer', [END], 'connection_lost', null],
    [
      'resets within the headers',
      [write('HTTP/1.1 200 OK\r\nx'), { kind: 'wait', ms: 20 }, RESET],
      'connection_lost',
      null,
    ],
    ['closes within the headers', [write('HTTP/1.1 200 OK\r\nx'), END], 'connection_lost', null],
    [
      'resets within the body',
      [write(`${head(200, { 'content-length': '9' })}abc`), { kind: 'wait', ms: 20 }, RESET],
      'connection_lost',
      200,
    ],
    [
      'closes within the body',
      [write(`${head(200, { 'content-length': '9' })}abc`), END],
      'connection_lost',
      200,
    ],
    [
      'closes within a chunk',
      [write(`${head(200, { 'transfer-encoding': 'chunked' })}9\r\nabc`), END],
      'connection_lost',
      200,
    ],
    [
      'has a length and chunks',
      [write(head(200, { 'content-length': '1', 'transfer-encoding': 'chunked' })), HANG],
      'answer_malformed',
      null,
    ],
    ['speaks no HTTP', [write('220 smtp.example.com ESMTP\r\n'), HANG], 'answer_malformed', null],
    ['has no status', [write('HTTP/1.1 \r\n\r\n'), HANG], 'answer_malformed', null],
    [
      'has two lengths',
      [write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'), HANG],
      'answer_malformed',
      null,
    ],
  ])('and %s has given no answer', async (_, steps, detail, statusCode) => {
    const sink = await destination({ script: () => steps });
    const result = await localSender().send(call(sink.url));
    expect(verdict(result)).toEqual({ error: 'reset', statusCode, detail });
    expect(sink.requests).toHaveLength(1);
    await expectReleased(sink);
  });

  it('and does so with the connection just made has given none either', async () => {
    const sink = await destination({ onConnect: [RESET] });
    expect((await localSender().send(call(sink.url))).error).toMatch(/reset|refused/);
  });

  it('and listens no more is a refusal', async () => {
    const sink = await destination();
    await sink.close();
    expect(verdict(await localSender().send(call(sink.url)))).toEqual({
      error: 'refused',
      statusCode: null,
      detail: 'connect_refused',
    });
  });
});
