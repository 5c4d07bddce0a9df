import { describe, expect, it } from 'vitest';
import {
  IDEMPOTENCY_KEPT_MS,
  type IdempotencyDeps,
  once,
  type Run,
} from '../../lib/app/idempotency.ts';
import { RequestError } from '../../lib/domain/errors.ts';
import { derivedKey, sealer } from '../../lib/runtime/seal.ts';
import { fakeStores } from '../fakes/stores.ts';
import { fakeClock, fakeRandom, fakeTelemetry } from '../fakes/world.ts';

const LEASE_MS = 20_000;

function world() {
  const clock = fakeClock();
  const { claims } = fakeStores(clock);
  const kept: string[] = [];
  const deps = {
    clock,
    random: fakeRandom(),
    telemetry: fakeTelemetry(),
    sealer: sealer(
      derivedKey(async () => 'pepper', 'kept-answers'),
      fakeRandom(),
    ),
    claims: {
      ...claims,
      finish: async (...args: Parameters<typeof claims.finish>) => {
        kept.push(args[2].body);
        await claims.finish(...args);
      },
    },
  } satisfies IdempotencyDeps;
  const runs: Run[] = [];
  const request = { key: 'k', fingerprint: 'f', leaseMs: LEASE_MS };
  const answering =
    (statusCode: number, body = 'made') =>
    async (run: Run) => {
      runs.push(run);
      return { statusCode, headers: { location: '/x' }, body };
    };
  return { deps, clock, claims, kept, runs, request, answering };
}

describe('an idempotency key', () => {
  it('lets exactly one of twenty concurrent requests run', async () => {
    const { deps, request, runs, answering } = world();
    const race = await Promise.allSettled(
      Array.from({ length: 20 }, () => once(deps, request, answering(201))),
    );
    expect(runs).toHaveLength(1);
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const lost of race) {
      if (lost.status === 'rejected') expect(lost.reason.code).toBe('request-in-progress');
    }
  });

  it('gives the first answer again, and runs nothing', async () => {
    const { deps, request, runs, answering } = world();
    const first = await once(deps, request, answering(201, 'first'));
    const second = await once(deps, request, answering(201, 'second'));
    expect(second).toEqual({ answer: first.answer, replayed: true });
    expect(runs).toHaveLength(1);
  });

  it('keeps refusals too, for they are answers', async () => {
    const { deps, request, runs, answering } = world();
    await once(deps, request, answering(422));
    expect((await once(deps, request, answering(201))).answer.statusCode).toBe(422);
    expect(runs).toHaveLength(1);
  });

  it('stores no answer in clear', async () => {
    const { deps, request, kept, answering } = world();
    await once(deps, request, answering(201, '{"key":"bwk_secret"}'));
    expect(kept).toHaveLength(1);
    expect(Buffer.from(kept[0] ?? '', 'base64').toString('latin1')).not.toContain('bwk_');
  });

  it('refuses another request, while the first runs and after', async () => {
    const { deps, request, answering } = world();
    const other = { ...request, fingerprint: 'g' };
    const reused = expect.objectContaining({ code: 'idempotency-key-reused' });
    await once(deps, request, async () => {
      await expect(once(deps, other, answering(201))).rejects.toEqual(reused);
      return { statusCode: 201, headers: {}, body: '' };
    });
    await expect(once(deps, other, answering(201))).rejects.toEqual(reused);
  });

  it('is free again after 24 hours', async () => {
    const { deps, clock, request, runs, answering } = world();
    await once(deps, request, answering(201));
    clock.advance(IDEMPOTENCY_KEPT_MS - 1);
    expect((await once(deps, request, answering(201))).replayed).toBe(true);
    clock.advance(1);
    expect((await once(deps, request, answering(201))).replayed).toBe(false);
    expect(runs).toHaveLength(2);
  });

  it('of a run that died is taken over with its seed, but only after its lease', async () => {
    const { deps, clock, claims, request, runs, answering } = world();
    const nowMs = clock.nowMs();
    const dead = { ...request, seed: 'seed', createdAtMs: nowMs, leaseUntilMs: nowMs + LEASE_MS };
    await claims.take(dead, nowMs + IDEMPOTENCY_KEPT_MS, nowMs);
    clock.advance(LEASE_MS - 1);
    await expect(once(deps, request, answering(201))).rejects.toMatchObject({
      code: 'request-in-progress',
      headers: { 'retry-after': '1' },
    });
    clock.advance(1);
    await once(deps, request, answering(201));
    expect(runs).toEqual([{ seed: 'seed', again: true }]);
  });

  it.each([500, 503, 429])(
    'keeps no %i: the next try runs, under the same seed',
    async (status) => {
      const { deps, request, runs, answering } = world();
      await once(deps, request, answering(status));
      expect((await once(deps, request, answering(201))).replayed).toBe(false);
      expect(runs.map(({ again }) => again)).toEqual([false, true]);
    },
  );

  it('is given back when the run throws', async () => {
    const { deps, request, answering } = world();
    const down = new RequestError('unavailable', 'down');
    await expect(once(deps, request, () => Promise.reject(down))).rejects.toBe(down);
    expect((await once(deps, request, answering(201))).replayed).toBe(false);
  });

  it('that cannot be settled changes no answer, and is logged', async () => {
    const { deps, request, answering } = world();
    const claims = { ...deps.claims, finish: () => Promise.reject(new Error('down')) };
    const { answer } = await once({ ...deps, claims }, request, answering(201));
    expect(answer.statusCode).toBe(201);
    expect(deps.telemetry.lines).toMatchObject([{ message: 'idempotency.not-settled' }]);
  });

  it('keeps no answer that is too large for its row', async () => {
    const { deps, request, answering } = world();
    const random = Array.from({ length: 400_000 }, (_, i) => (i * 7919) % 65_536);
    const large = String.fromCharCode(...random.slice(0, 100_000)).repeat(1) + random.join('');
    await once(deps, request, answering(201, large));
    expect(deps.telemetry.lines).toMatchObject([{ message: 'idempotency.not-settled' }]);
  });

  it('opens nothing that was kept for another request', async () => {
    const { deps, request, kept, answering } = world();
    await once(deps, request, answering(201));
    await expect(deps.sealer.open(kept[0] ?? '', 'k\ng')).rejects.toThrow();
  });
});
