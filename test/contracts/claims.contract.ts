import { describe, expect, it } from 'vitest';
import type { Claim } from '../../lib/app/ports.ts';
import { T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const LEASE_MS = 30_000;
const KEPT_MS = 86_400_000;

function claim(seed: string, change: Partial<Claim> = {}): Claim {
  const times = { createdAtMs: T0, leaseUntilMs: T0 + LEASE_MS };
  return { key: 'default POST /v1/events a b', fingerprint: 'f1', seed, ...times, ...change };
}

/** What every implementation of `Claims` promises. */
export function claimsContract(make: MakeWorld): void {
  const open = async () => (await make()).stores.claims;
  const expiresAtMs = T0 + KEPT_MS;

  it('lets exactly one of many concurrent runs have a claim', async () => {
    const claims = await open();
    const many = Array.from({ length: 10 }, (_, n) => claim(`s${n}`));
    const race = await Promise.all(many.map((one) => claims.take(one, expiresAtMs, T0)));
    const winners = race.filter((result) => result.kind === 'taken');
    expect(winners).toHaveLength(1);
    for (const result of race) expect(result.claim).toEqual(winners[0]?.claim);
  });

  it('keeps the answer for whoever comes later', async () => {
    const claims = await open();
    await claims.take(claim('s1'), expiresAtMs, T0);
    const answer = { statusCode: 202, body: JSON.stringify({ id: 'evt_1', text: 'ü' }) };
    await claims.finish(claim('s1').key, 's1', answer);
    const later = await claims.take(claim('s2'), expiresAtMs, T0 + KEPT_MS - 1);
    expect(later).toEqual({ kind: 'standing', claim: { ...claim('s1'), answer } });
  });

  it('is free again when it expires', async () => {
    const claims = await open();
    await claims.take(claim('s1'), expiresAtMs, T0);
    const result = await claims.take(claim('s2'), expiresAtMs + KEPT_MS, expiresAtMs);
    expect(result).toEqual({ kind: 'taken', claim: claim('s2') });
  });

  it('may be run again at once when it is released, under its seed, but not once it is answered', async () => {
    const claims = await open();
    await claims.take(claim('s1'), expiresAtMs, T0);
    await claims.release(claim('s1').key, 'another');
    expect((await claims.take(claim('s2'), expiresAtMs, T0)).kind).toBe('standing');
    await claims.release(claim('s1').key, 's1');
    const again = await claims.take(claim('s2'), expiresAtMs, T0);
    expect(again).toMatchObject({ kind: 'taken', claim: { seed: 's1' } });
    await claims.finish(claim('s1').key, 's1', { statusCode: 200, body: '' });
    await claims.release(claim('s1').key, 's1');
    expect((await claims.take(claim('s3'), expiresAtMs, T0)).kind).toBe('standing');
  });

  it('does not answer for a claim that another has', async () => {
    const claims = await open();
    await claims.take(claim('s1'), expiresAtMs, T0);
    await claims.finish(claim('s1').key, 's2', { statusCode: 200, body: '' });
    await claims.finish('nobody', 's1', { statusCode: 200, body: '' });
    const { claim: standing } = await claims.take(claim('s3'), expiresAtMs, T0);
    expect(standing).toEqual(claim('s1'));
  });

  describe('left behind by a run that died', () => {
    const afterLease = T0 + LEASE_MS;
    const again = (seed: string, change: Partial<Claim> = {}) =>
      claim(seed, { createdAtMs: afterLease, leaseUntilMs: afterLease + LEASE_MS, ...change });

    it('goes on under its old seed and time, so that the same ids come out', async () => {
      const claims = await open();
      await claims.take(claim('s1'), expiresAtMs, T0);
      expect((await claims.take(again('s2'), expiresAtMs, afterLease - 1)).kind).toBe('standing');
      expect(await claims.take(again('s2'), expiresAtMs, afterLease)).toEqual({
        kind: 'taken',
        claim: again('s1', { createdAtMs: T0 }),
      });
    });

    it('goes to exactly one of many', async () => {
      const claims = await open();
      await claims.take(claim('s1'), expiresAtMs, T0);
      const race = await Promise.all(
        Array.from({ length: 10 }, (_, n) => claims.take(again(`t${n}`), expiresAtMs, afterLease)),
      );
      expect(race.filter((result) => result.kind === 'taken')).toHaveLength(1);
      for (const result of race) expect(result.claim.seed).toBe('s1');
    });

    it('stands against a request with other contents', async () => {
      const claims = await open();
      await claims.take(claim('s1'), expiresAtMs, T0);
      const other = again('s2', { fingerprint: 'f2' });
      const result = await claims.take(other, expiresAtMs, afterLease);
      expect(result).toEqual({ kind: 'standing', claim: claim('s1') });
    });
  });
}
