import { expect, it } from 'vitest';
import { begun, type Drain } from '../../lib/domain/drain.ts';
import { integration, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const ID = integration(1).id;

function drain(step: number, change: Partial<Drain> = {}): Drain {
  const first = begun({ tenant: 'default', integrationId: ID }, undefined, true, T0);
  return { ...first, step, ...change };
}

/** What every implementation of `Drains` promises. */
export function drainsContract(make: MakeWorld): void {
  const begin = async () => (await make()).stores.drains;

  it('come back as they were saved, each integration its own', async () => {
    const drains = await begin();
    expect(await drains.load(ID)).toBeUndefined();
    expect(await drains.save(drain(1))).toBe('saved');
    expect(await drains.load(ID)).toEqual(drain(1));
    const next = drain(2, { rate: 2.5, position: 'p#1', lastStepAtMs: T0 + 5 });
    expect(await drains.save(next)).toBe('saved');
    expect(await drains.load(ID)).toEqual(next);
    expect(await drains.load(integration(2).id)).toBeUndefined();
  });

  it('of many who take the same step exactly one does', async () => {
    const drains = await begin();
    for (const step of [1, 2, 3]) {
      const race = await Promise.all(
        Array.from({ length: 20 }, (_, n) => drains.save(drain(step, { rate: n }))),
      );
      expect(race.filter((result) => result === 'saved')).toHaveLength(1);
      expect((await drains.load(ID))?.rate).toBe(race.indexOf('saved'));
    }
  });

  it('refuse a step that does not follow the stored one', async () => {
    const drains = await begin();
    expect(await drains.save(drain(2))).toBe('stale');
    await drains.save(drain(1));
    for (const step of [1, 3]) expect(await drains.save(drain(step))).toBe('stale');
    expect(await drains.load(ID)).toEqual(drain(1));
  });

  it('are removed at the step that was seen, and not one later', async () => {
    const drains = await begin();
    await drains.save(drain(1));
    await drains.save(drain(2));
    await drains.remove(drain(1));
    expect(await drains.load(ID)).toEqual(drain(2));
    for (const _ of [1, 2]) await drains.remove(drain(2));
    expect(await drains.load(ID)).toBeUndefined();
    expect(await drains.save(drain(1))).toBe('saved');
  });
}
