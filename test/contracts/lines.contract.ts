import { expect, it } from 'vitest';
import type { Lines } from '../../lib/app/ports-line.ts';
import type { LineLock, LineRef, Place } from '../../lib/domain/line.ts';
import { integration, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const LINE: LineRef = {
  tenant: 'default',
  integrationId: integration(1).id,
  orderingKey: 'customer-7',
};
const OTHERS: readonly LineRef[] = [
  { ...LINE, tenant: 'other' },
  { ...LINE, integrationId: integration(2).id },
  { ...LINE, orderingKey: 'customer-8' },
];

function place(ms: number, eventId = `evt-${ms}`): Place {
  return { acceptedAtMs: T0 + ms, eventId, type: 'order.paid' };
}

function lock(owner: string, change: Partial<LineLock> = {}): LineLock {
  return { eventId: 'evt-1', owner, leaseUntilMs: T0 + 1_000, ...change };
}

async function fill(lines: Lines, places: readonly Place[]): Promise<void> {
  for (const one of places) await lines.put(LINE, one);
}

/** What every implementation of `Lines` promises. */
export function linesContract(make: MakeWorld): void {
  const begin = async () => (await make()).stores.lines;

  it('begin empty, with a free lock', async () => {
    const lines = await begin();
    expect(await lines.newest(LINE)).toBeUndefined();
    expect(await lines.front(LINE, 5)).toEqual({ lock: undefined, places: [] });
    expect(await lines.has(LINE, place(1))).toBe(false);
    expect(await lines.remove(LINE, place(1))).toBe(false);
    await lines.unlock(LINE, 'nobody');
  });

  it('keep their places in the order of acceptance, whatever the order they came in', async () => {
    const lines = await begin();
    const sorted = [place(1), place(2, 'a'), place(2, 'b'), place(30), place(400)];
    await fill(lines, [place(400), place(2, 'b'), place(1), place(30), place(2, 'a')]);
    expect(await lines.front(LINE, 9)).toEqual({ lock: undefined, places: sorted });
    expect((await lines.front(LINE, 2)).places).toEqual(sorted.slice(0, 2));
    expect(await lines.newest(LINE)).toEqual(place(400));
  });

  it('hold a place once, however often it is put', async () => {
    const lines = await begin();
    await fill(lines, [place(1), place(2), place(1), place(2)]);
    expect((await lines.front(LINE, 9)).places).toEqual([place(1), place(2)]);
    expect(await lines.has(LINE, place(1))).toBe(true);
    expect(await lines.has(LINE, place(1, 'evt-2'))).toBe(false);
  });

  it('lose a place once: of many who take it away one at most is told so', async () => {
    const lines = await begin();
    await fill(lines, [place(1), place(2)]);
    const race = await Promise.all(Array.from({ length: 10 }, () => lines.remove(LINE, place(1))));
    expect(race.filter((was) => was)).toHaveLength(1);
    expect((await lines.front(LINE, 9)).places).toEqual([place(2)]);
    await lines.remove(LINE, place(2));
    expect(await lines.newest(LINE)).toBeUndefined();
  });

  it('are apart by tenant, integration and key', async () => {
    const lines = await begin();
    await fill(lines, [place(1)]);
    await lines.lock(LINE, lock('me'), T0);
    for (const other of OTHERS) {
      expect(await lines.front(other, 9)).toEqual({ lock: undefined, places: [] });
      expect(await lines.lock(other, lock('them'), T0)).toBe('taken');
    }
  });

  it('show the lock beside the places, and never among them', async () => {
    const lines = await begin();
    await lines.lock(LINE, lock('me'), T0);
    expect(await lines.front(LINE, 3)).toEqual({ lock: lock('me'), places: [] });
    expect(await lines.newest(LINE)).toBeUndefined();
    await fill(lines, [place(1), place(2), place(3), place(4)]);
    const places = [place(1), place(2), place(3)];
    expect(await lines.front(LINE, 3)).toEqual({ lock: lock('me'), places });
    await lines.unlock(LINE, 'me');
    expect(await lines.front(LINE, 3)).toEqual({ lock: undefined, places });
  });

  it('are locked by exactly one of many', async () => {
    const lines = await begin();
    const race = await Promise.all(
      Array.from({ length: 20 }, (_, n) => lines.lock(LINE, lock(`owner-${n}`), T0)),
    );
    expect(race.filter((result) => result === 'taken')).toHaveLength(1);
    const { lock: standing } = await lines.front(LINE, 1);
    expect(standing?.owner).toBe(`owner-${race.indexOf('taken')}`);
  });

  it('are locked until the lease is over, but for the owner itself', async () => {
    const lines = await begin();
    await lines.lock(LINE, lock('first'), T0);
    expect(await lines.lock(LINE, lock('second'), T0 + 999)).toBe('refused');
    const longer = lock('first', { leaseUntilMs: T0 + 2_000 });
    expect(await lines.lock(LINE, longer, T0 + 500)).toBe('taken');
    expect(await lines.lock(LINE, lock('second'), T0 + 1_999)).toBe('refused');
    expect(await lines.lock(LINE, lock('second'), T0 + 2_000)).toBe('taken');
  });

  it('are not unlocked by an owner of before', async () => {
    const lines = await begin();
    await lines.lock(LINE, lock('first'), T0);
    await lines.lock(LINE, lock('second', { leaseUntilMs: T0 + 9_000 }), T0 + 1_000);
    await lines.unlock(LINE, 'first');
    expect((await lines.front(LINE, 1)).lock?.owner).toBe('second');
    await lines.unlock(LINE, 'second');
    expect(await lines.lock(LINE, lock('third'), T0)).toBe('taken');
  });
}
