import { describe, expect, it } from 'vitest';
import { type AuditDeps, appendOnce, auditLog } from '../../lib/app/audit.ts';
import type { AuditTrail } from '../../lib/app/ports-audit.ts';
import { EMPTY_CHAIN, endOf, entryAfter, parseEntry } from '../../lib/domain/audit.ts';
import { WALK_BEGUN, walkOn } from '../../lib/domain/audit-chain.ts';
import { NO_DIGEST } from '../../lib/domain/audit-digest.ts';
import { chainOf, draft, headOf, rowsOf, TENANT } from '../domain/audit-chains.ts';
import { fakeRandom } from '../fakes/world.ts';
import type { MakeWorld, World } from './stand-ins.ts';

const APPENDS = 50;
const CHAIN = chainOf(7);

async function stored(trail: AuditTrail): Promise<void> {
  for (const entry of CHAIN) expect(await trail.append(entry)).toBe('appended');
}

function depsOf({ clock }: World, auditTrail: AuditTrail): AuditDeps {
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const telemetry = { info: () => {}, error: () => {}, count: () => {} };
  // However slow a stand-in is: the races are counted here.
  const nowMs = clock.nowMs();
  return { auditTrail, clock: { nowMs: () => nowMs, sleep }, random: fakeRandom(), telemetry };
}

/** What every implementation of `AuditTrail`, `AuditDigests` and `AuditIntents` promises. */
export function auditContract(make: MakeWorld): void {
  const open = async () => (await make()).stores.auditTrail;

  it('knows where a chain ends', async () => {
    const trail = await open();
    expect(await trail.end(TENANT)).toEqual(EMPTY_CHAIN);
    await stored(trail);
    expect(await trail.end(TENANT)).toEqual(endOf(CHAIN[6] ?? (CHAIN[0] as never)));
    expect(await trail.end('another')).toEqual(EMPTY_CHAIN);
    for (const seq of [1, 6, 7]) expect(await trail.end(TENANT, seq)).toMatchObject({ seq });
    expect((await trail.end(TENANT, 8)).seq).toBe(7);
  });

  it('puts an entry where none is, and never over another', async () => {
    const trail = await open();
    await stored(trail);
    const forged = entryAfter(EMPTY_CHAIN, draft(9, { action: 'forged' }), 0);
    expect(await trail.append(forged)).toBe('taken');
    expect(await trail.read(TENANT, 1, 1)).toEqual(rowsOf(CHAIN.slice(0, 1)));
  });

  it('reads a chain in order, from any place, no more than is asked for', async () => {
    const trail = await open();
    await stored(trail);
    expect(await trail.read(TENANT, 1, 100)).toEqual(rowsOf(CHAIN));
    expect(await trail.read(TENANT, 3, 2)).toEqual(rowsOf(CHAIN.slice(2, 4)));
    expect(await trail.read(TENANT, 8, 5)).toEqual([]);
    expect(await trail.read('another', 1, 5)).toEqual([]);
  });

  it(`makes of ${APPENDS} appends at the same time a chain of ${APPENDS} entries`, async () => {
    const world = await make();
    const writers = [world.stores.auditTrail, world.another().auditTrail];
    await Promise.all(
      Array.from({ length: APPENDS }, (_, n) => {
        const { id: _id, tenant, ...said } = draft(n);
        const deps = { ...depsOf(world, writers[n % 2] ?? world.stores.auditTrail) };
        const random = fakeRandom(`writer ${n}`);
        const { requestId = '', sourceIp = '', ...event } = said;
        const named = { requestId: requestId ?? '', sourceIp: sourceIp ?? '' };
        return auditLog({ ...deps, random }).event({ ...event, ...named, tenant });
      }),
    );
    const rows = await world.stores.auditTrail.read(TENANT, 1, 1_000);
    const walk = walkOn(WALK_BEGUN, TENANT, rows, []);
    expect(walk).toMatchObject({ checked: APPENDS, problem: null });
    expect(new Set(rows.map(({ text }) => parseEntry(text)?.id)).size).toBe(APPENDS);
    expect(await world.stores.auditTrail.anchor(TENANT)).toEqual(walk.head);
  }, 120_000);

  it('adds an entry once, whoever appends it, and at the same time', async () => {
    const world = await make();
    const { auditTrail } = world.stores;
    await stored(auditTrail);
    const deps = depsOf(world, auditTrail);
    const end = endOf(CHAIN[2] ?? (CHAIN[0] as never));
    const made = await Promise.all(
      Array.from({ length: 10 }, () => appendOnce(deps, draft(99), end)),
    );
    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(made.map(({ entry }) => entry.seq))).toEqual(new Set([8]));
    expect((await auditTrail.end(TENANT)).seq).toBe(8);
  });

  it('moves an anchor from exactly what was seen', async () => {
    const trail = await open();
    const [first, second] = [headOf(CHAIN.slice(0, 1)), headOf(CHAIN.slice(0, 2))];
    expect(await trail.anchor(TENANT)).toBeUndefined();
    expect(await trail.moveAnchor(TENANT, undefined, first)).toBe('moved');
    expect(await trail.moveAnchor(TENANT, undefined, second)).toBe('stale');
    expect(await trail.moveAnchor(TENANT, { ...first, hash: 'x' }, second)).toBe('stale');
    expect(await trail.moveAnchor(TENANT, first, second)).toBe('moved');
    expect(await trail.anchor(TENANT)).toEqual(second);
    expect(await trail.moveAnchor('another', undefined, first)).toBe('moved');
    expect(await trail.heads()).toEqual([
      { tenant: TENANT, ...second },
      { tenant: 'another', ...first },
    ]);
  });

  describe('lists', () => {
    const seen = async (trail: AuditTrail, query: object, limit = 3) => {
      const found: string[] = [];
      let after: string | undefined;
      for (let page = 0; page < 20; page++) {
        const { items, next } = await trail.list({
          ...{ limit, matches: () => true, ...query },
          ...(after !== undefined && { after }),
        });
        found.push(...items.map(({ tenant, seq }) => `${tenant}:${seq}`));
        after = next;
        if (after === undefined) return found;
      }
      throw new Error('The list does not end.');
    };
    const two = async () => {
      const trail = await open();
      await stored(trail);
      // At the time of the fourth of the other chain.
      const atMs = Date.parse(CHAIN[3]?.at ?? '');
      await trail.append(entryAfter(EMPTY_CHAIN, draft(50, { tenant: 'other' }), atMs));
      return trail;
    };

    it('page newest first, one chain or all of them', async () => {
      const trail = await two();
      const own = [7, 6, 5, 4, 3, 2, 1].map((seq) => `${TENANT}:${seq}`);
      expect(await seen(trail, { tenant: TENANT })).toEqual(own);
      expect(await seen(trail, { tenant: 'other' })).toEqual(['other:1']);
      expect(await seen(trail, {})).toEqual(own.toSpliced(3, 0, 'other:1'));
      expect(await seen(trail, { tenant: 'nobody' })).toEqual([]);
    });

    it.each([TENANT, undefined])(
      'show what is between two times and matches (%s)',
      async (tenant) => {
        const trail = await two();
        const atOf = (seq: number) => Date.parse(CHAIN[seq - 1]?.at ?? '');
        const range = { sinceMs: atOf(2), untilMs: atOf(6) };
        const own = (...seqs: number[]) => seqs.map((seq) => `${TENANT}:${seq}`);
        const query = { ...range, ...(tenant !== undefined && { tenant }) };
        const mine = (found: string[]) => found.filter((one) => one !== 'other:1');
        expect(mine(await seen(trail, query))).toEqual(own(5, 4, 3, 2));
        const odd = { ...query, matches: ({ seq }: { seq: number }) => seq % 2 === 1 };
        expect(mine(await seen(trail, odd, 1))).toEqual(own(5, 3));
        expect(await seen(trail, { ...query, sinceMs: atOf(7) + 1, untilMs: atOf(7) + 9 })).toEqual(
          [],
        );
        expect(await seen(trail, { ...query, sinceMs: 0, untilMs: atOf(1) })).toEqual([]);
      },
    );
  });

  it('puts a digest where none is, and reads them in order', async () => {
    const { auditDigests } = (await make()).stores;
    expect(await auditDigests.end()).toEqual(NO_DIGEST);
    const texts = [1, 2, 3].map((number) => `{"number":${number}}`);
    for (const [i, text] of texts.entries()) {
      expect(await auditDigests.append(i + 1, text)).toBe('appended');
      expect(await auditDigests.append(i + 1, 'another')).toBe('taken');
    }
    const rows = texts.map((text, i) => ({ place: i + 1, text }));
    expect(await auditDigests.read(1, 10)).toEqual(rows);
    expect(await auditDigests.read(2, 1)).toEqual(rows.slice(1, 2));
    expect(await auditDigests.read(4, 1)).toEqual([]);
    expect((await auditDigests.end()).number).toBe(3);
    expect((await auditDigests.end(2)).number).toBe(2);
    expect((await auditDigests.end(9)).number).toBe(3);
    // Nor is any of it among the chains.
    const { auditTrail } = (await make()).stores;
    expect(await auditTrail.list({ limit: 9, matches: () => true })).toMatchObject({ items: [] });
  });

  it('notes what was signed of a chain, in place of what was noted before', async () => {
    const { auditDigests } = (await make()).stores;
    const head = { tenant: TENANT, seq: 4, hash: 'a'.repeat(64), digest: 2 };
    const other = { ...head, tenant: '*', digest: 3 };
    expect(await auditDigests.signedOf(TENANT)).toBeUndefined();
    for (const one of [{ ...head, seq: 3 }, head, other]) await auditDigests.noteSigned(one);
    expect(await auditDigests.signedOf(TENANT)).toEqual(head);
    expect(await auditDigests.signed()).toEqual([other, head]);
  });

  it('keeps intents until they are removed, the oldest first', async () => {
    const { auditIntents } = (await make()).stores;
    const intent = (n: number) => ({ draft: draft(n), atMs: n, end: EMPTY_CHAIN });
    for (const n of [3, 1, 2]) await auditIntents.put(intent(n));
    await auditIntents.put({ ...intent(2), atMs: 5 });
    expect((await auditIntents.oldest(2)).map(({ atMs }) => atMs)).toEqual([1, 5]);
    expect((await auditIntents.oldest(9))[0]).toEqual(intent(1));
    await auditIntents.remove(draft(1).id);
    await auditIntents.remove(draft(1).id);
    expect((await auditIntents.oldest(9)).map(({ draft: { id } }) => id)).toEqual([
      draft(2).id,
      draft(3).id,
    ]);
    // However many there are: one after the other, wherever each is kept.
    for (let n = 4; n <= 20; n++) await auditIntents.put(intent(n));
    const oldest = await auditIntents.oldest(17);
    expect(oldest.map(({ draft: { id } }) => id)).toEqual(
      Array.from({ length: 17 }, (_, n) => draft(n + 2).id),
    );
  });
}
