import { describe, expect, it } from 'vitest';
import { type Verified, type VerifiedTo, verifyAudit } from '../../lib/app/audit-verify.ts';
import { VERIFIED_BYTES_MAX, VERIFIED_MS_MAX } from '../../lib/app/audit-verify-room.ts';
import { EMPTY_CHAIN, endOf, entryAfter, entryText } from '../../lib/domain/audit.ts';
import { STATE_BYTES_MAX } from '../../lib/domain/audit-bounds.ts';
import { draft, TENANT } from '../domain/audit-chains.ts';
import { auditWorld, HOUR_MS } from './audit-world.ts';

type World = ReturnType<typeof auditWorld>;
type Deps = Parameters<typeof verifyAudit>[0];

const REQUESTS_MAX = 200;
const ADMIN = { principal: { keyId: 'key_1', name: 'admin', scopes: ['admin'] } } as const;

/** A chain whose head is noted, as far as that is wanted. */
function chained(world: World, length: number, state: string, isNoted = true): void {
  let end = EMPTY_CHAIN;
  for (let n = 1; n <= length; n++) {
    const said = draft(n, { before: { state }, after: { state } });
    const entry = entryAfter(end, said, world.clock.nowMs());
    world.trail.rows(TENANT).set(n, entryText(entry));
    end = endOf(entry);
  }
  if (isNoted) world.trail.anchors.set(TENANT, { seq: end.seq, hash: end.hash });
}

/** All requests of a verification, and what each took of the world. */
async function requests<T>(deps: Deps, taken: () => T) {
  const seen: { readonly verified: Verified; readonly taken: T }[] = [];
  let from: VerifiedTo | undefined;
  for (let request = 1; request <= REQUESTS_MAX; request++) {
    const verified = await verifyAudit(deps, ADMIN, {}, from);
    seen.push({ verified, taken: taken() });
    from = verified.next;
    if (from === undefined) return seen;
  }
  throw new Error('The verification does not end.');
}

const checkedIn = (seen: readonly { readonly verified: Verified }[]) =>
  seen
    .flatMap(({ verified }) => verified.chains)
    .filter(({ tenant }) => tenant === TENANT)
    .reduce((sum, { checked }) => sum + checked, 0);
const problemsIn = (seen: readonly { readonly verified: Verified }[]) =>
  seen.flatMap(({ verified }) => [
    ...verified.chains.flatMap(({ problem }) => problem ?? []),
    ...(verified.digests?.problem ? [verified.digests.problem] : []),
  ]);

describe('a request of a verification', () => {
  it('reads no more than its bytes, however much entries weigh, and the next goes on', async () => {
    const world = auditWorld();
    chained(world, 220, 'x'.repeat(STATE_BYTES_MAX - 20));
    let bytes = 0;
    const everyRow: typeof world.trail.everyRow = async (...args) => {
      const rows = await world.trail.everyRow(...args);
      const page = rows.reduce((sum, { text }) => sum + text.length, 0);
      // What is held at once.
      expect(page).toBeLessThan(12_000_000);
      bytes += page;
      return rows;
    };
    const deps = { ...world.deps, auditTrail: { ...world.trail, everyRow } };
    let before = 0;
    const seen = await requests(deps, () => {
      const own = bytes - before;
      before = bytes;
      return own;
    });
    expect(bytes).toBeGreaterThan(40_000_000);
    for (const { taken } of seen) expect(taken).toBeLessThan(VERIFIED_BYTES_MAX + 12_000_000);
    expect(seen).toHaveLength(2);
    expect([checkedIn(seen), problemsIn(seen)]).toEqual([220, []]);
  });

  it('ends in time, however slow the tables are, and the next goes on', async () => {
    const world = auditWorld();
    const tenants = Array.from({ length: 30 }, (_, n) => `t${n}`);
    for (const tenant of tenants) await world.tell(tenant, 1);
    for (let n = 0; n < 8; n++) {
      await world.tell('t0', 1);
      await world.minutes(6);
    }
    chained(world, 1_000, 'x');
    const slow = <T extends object>(port: T): T => {
      const entries = Object.entries(port).map(([name, method]) => {
        if (typeof method !== 'function' || name === 'rows') return [name, method];
        const answer = async (...args: unknown[]) => {
          world.clock.advance(500);
          return await Reflect.apply(method, port, args);
        };
        return [name, answer];
      });
      return Object.fromEntries(entries) as T;
    };
    const { auditTrail, auditDigests } = world.deps;
    const deps = { ...world.deps, auditTrail: slow(auditTrail), auditDigests: slow(auditDigests) };
    let before = world.clock.nowMs();
    const seen = await requests(deps, () => {
      const own = world.clock.nowMs() - before;
      before += own;
      return own;
    });
    // A digest that was begun in time, such as the one of thirty chains, is looked at whole.
    for (const { taken } of seen) expect(taken).toBeLessThan(VERIFIED_MS_MAX + 31 * 500 + 2_000);
    expect(seen.length).toBeGreaterThan(4);
    const names = new Set(seen.flatMap(({ verified }) => verified.chains.map((one) => one.tenant)));
    expect(names.size).toBe(32);
    expect([checkedIn(seen), problemsIn(seen)]).toEqual([1_000, []]);
  });

  it('gets on though it has no time at all', async () => {
    const world = auditWorld();
    await world.tell('other', 1);
    await world.minutes(1);
    chained(world, 120, 'x');
    let nowMs = world.clock.nowMs();
    const clock = { nowMs: () => (nowMs += VERIFIED_MS_MAX + 1) };
    const seen = await requests({ ...world.deps, clock }, () => undefined);
    expect(checkedIn(seen)).toBe(120);
  });

  it.each([49, 50, 51, 100])('finds %i old entries that no head covers', async (length) => {
    const world = auditWorld();
    chained(world, length, 'x', false);
    world.clock.advance(HOUR_MS);
    const deps = { ...world.deps, integrations: { tenants: async () => [TENANT] } };
    const seen = await requests(deps, () => undefined);
    expect(problemsIn(seen)).toMatchObject([{ seq: 1, kind: 'unanchored' }]);
  });
});
