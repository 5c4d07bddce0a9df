import { describe, expect, it } from 'vitest';
import { ANSWER_BYTES_MAX, bodyRead, keptHeaders } from '../../../lib/adapters/http/answer.ts';

function textOf(...chunks: readonly Buffer[]): string {
  const body = bodyRead();
  for (const chunk of chunks) body.add(chunk);
  return body.text();
}

describe('the body that is kept', () => {
  it.each([
    ['nothing', '', ''],
    ['all of a short one', 'häppy 🙂', 'häppy 🙂'],
    ['the first 4 KiB', 'x'.repeat(5_000), 'x'.repeat(4_096)],
    ['no half of a character', `${'x'.repeat(4_095)}ä`, 'x'.repeat(4_095)],
    ['no mark for the half either', `${'x'.repeat(4_093)}🙂`, 'x'.repeat(4_093)],
    ['no half of a pair', `${'x'.repeat(4_094)}🙂 and more`, 'x'.repeat(4_094)],
  ])('is %s', (_, given, kept) => {
    expect(textOf(Buffer.from(given))).toBe(kept);
  });

  it('is put together across chunks, and characters', () => {
    const bytes = Buffer.from('aä🙂b');
    expect(textOf(...Array.from(bytes, (byte) => Buffer.of(byte)))).toBe('aä🙂b');
  });

  it('has a mark for what is no UTF-8, and stays small all the same', () => {
    expect(textOf(Buffer.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
    expect(textOf(Buffer.of(0x61, 0xc3))).toBe('a\ufffd');
    const binary = textOf(Buffer.alloc(10_000, 0xff));
    expect(Buffer.byteLength(binary)).toBeLessThanOrEqual(4_096);
    expect(binary).toMatch(/^\ufffd{1365}$/);
  });

  it('is counted to the byte', () => {
    const body = bodyRead();
    expect(body.add(Buffer.alloc(ANSWER_BYTES_MAX))).toBeUndefined();
    expect(body.add(Buffer.alloc(1))).toMatchObject({ error: 'body-too-large' });
  });
});

describe('a body in very small pieces', () => {
  const fed = (pieces: number, bytes: number) => {
    const body = bodyRead(1_048_576);
    const piece = Buffer.alloc(bytes);
    for (let i = 1; i <= pieces; i++) {
      const failure = body.add(piece);
      if (failure !== undefined) return { ...failure, after: i };
    }
    return undefined;
  };

  it('is read no further once there are too many', () => {
    expect(fed(99_999, 1)).toEqual({ error: 'reset', detail: 'too_many_pieces', after: 8_193 });
    expect(fed(99_999, 7)).toMatchObject({ after: 8_193 });
  });

  it('is read where they are as long as words', () => {
    expect(fed(99_999, 8)).toBeUndefined();
    expect(fed(8_192, 1)).toBeUndefined();
  });

  it('is one buffer, as long as its sender has said', () => {
    const body = bodyRead(1_048_576);
    body.expect(300_000);
    body.add(Buffer.alloc(1, 'a'));
    const early = body.whole();
    body.add(Buffer.alloc(299_999, 'b'));
    expect(body.whole()?.buffer).toBe(early?.buffer);
    expect(body.whole()?.buffer.byteLength).toBe(300_000);
    body.expect(Number.NaN);
    body.add(Buffer.of(1));
    expect(body.whole()).toHaveLength(300_001);
  });
});

describe('the headers that are kept', () => {
  it.each([
    'set-cookie',
    'authorization',
    'proxy-authorization',
    'www-authenticate',
    'x-auth-token',
    'x-csrf-token',
    'x-api-key',
    'apikey',
    'x-session-id',
    'x-client-secret',
    'webhook-signature',
    '__proto__',
    'x y',
    '',
  ])('are never %j', (name) => {
    const given = JSON.parse(`{${JSON.stringify(name)}: "hunter2", "date": "now"}`);
    expect(keptHeaders(given)).toEqual({ date: 'now' });
  });

  it('are thirty-two at most, those first that decide about the next try', () => {
    const many = Object.fromEntries(Array.from({ length: 99 }, (_, at) => [`x-${at}`, '1']));
    const kept = keptHeaders({ ...many, 'webhook-delivery': 'disable', 'retry-after': '9' });
    expect(Object.keys(kept)).toHaveLength(32);
    expect(kept).toMatchObject({ 'retry-after': '9', 'webhook-delivery': 'disable' });
  });

  it('are 2 KiB at most, counted as UTF-8', () => {
    const kept = keptHeaders({
      a: 'ä'.repeat(1_024),
      b: 'x'.repeat(2_000),
      c: 'y'.repeat(60),
      d: '1',
    });
    expect(kept).toEqual({ b: 'x'.repeat(2_000), d: '1' });
  });
});
