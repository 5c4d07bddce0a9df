import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KeptCallAnswer } from '../../lib/domain/call-cache.ts';
import { integration } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const ID = integration(1).id;
const DAY_MS = 86_400_000;

function answer(text: string, storedAtMs: number): KeptCallAnswer {
  const headers = { 'content-type': 'text/plain', etag: '"1"' };
  return { statusCode: 200, headers, body: Buffer.from(text), storedAtMs };
}

/** What every implementation of `Answers` promises. */
export function answersContract(make: MakeWorld): void {
  const begin = async () => {
    const { stores, clock } = await make();
    return { answers: stores.answers, clock, nowMs: clock.nowMs() };
  };

  it('gives back what was kept, byte for byte', async () => {
    const { answers, nowMs } = await begin();
    const bytes = Buffer.concat([Buffer.from([0, 255, 128]), randomBytes(1_000)]);
    const odd = { ...answer('', nowMs), statusCode: 206, headers: {}, body: bytes };
    for (const one of [answer('{"a":"ü"}', nowMs), answer('', nowMs), odd]) {
      expect(await answers.keep(ID, 'k', one, nowMs + DAY_MS)).toBe('kept');
      const last = await answers.last(ID, 'k');
      expect({ ...last, body: Buffer.from(last?.body ?? []) }).toEqual({
        ...one,
        body: Buffer.from(one.body),
      });
    }
  });

  it('has none of another request, nor of another integration', async () => {
    const { answers, nowMs } = await begin();
    await answers.keep(ID, 'k', answer('mine', nowMs), nowMs + DAY_MS);
    expect(await answers.last(ID, 'other')).toBeUndefined();
    expect(await answers.last(integration(2).id, 'k')).toBeUndefined();
  });

  it('keeps the newer of two, whichever comes last', async () => {
    const { answers, nowMs } = await begin();
    await answers.keep(ID, 'k', answer('new', nowMs), nowMs + DAY_MS);
    expect(await answers.keep(ID, 'k', answer('old', nowMs - 1), nowMs + DAY_MS)).toBe('older');
    const last = await answers.last(ID, 'k');
    expect(Buffer.from(last?.body ?? []).toString()).toBe('new');
    expect(await answers.keep(ID, 'k', answer('same', nowMs), nowMs + DAY_MS)).toBe('kept');
  });

  it('has it no longer than it was to be kept', async () => {
    const { answers, clock, nowMs } = await begin();
    await answers.keep(ID, 'k', answer('short', nowMs), nowMs + 1_000);
    clock.advance(999);
    expect(await answers.last(ID, 'k')).toBeDefined();
    clock.advance(1);
    expect(await answers.last(ID, 'k')).toBeUndefined();
  });

  describe('of a large answer', () => {
    it('keeps what is small when packed, and says of the rest that it does not', async () => {
      const { answers, nowMs } = await begin();
      const wide = { ...answer('', nowMs), body: Buffer.alloc(1_000_000, 'a') };
      expect(await answers.keep(ID, 'wide', wide, nowMs + DAY_MS)).toBe('kept');
      expect((await answers.last(ID, 'wide'))?.body.length).toBe(1_000_000);
      const noise = { ...answer('', nowMs), body: randomBytes(262_145) };
      expect(await answers.keep(ID, 'noise', noise, nowMs + DAY_MS)).toBe('too-large');
      expect(await answers.last(ID, 'noise')).toBeUndefined();
      const full = { ...noise, body: randomBytes(262_144) };
      expect(await answers.keep(ID, 'full', full, nowMs + DAY_MS)).toBe('kept');
    });
  });
}
