import { expect, it } from 'vitest';
import type { Fault } from '../kernel/faults.ts';
import { checkOf, shrunk } from './shrunk.ts';
import type { Trial } from './tried.ts';

const all: readonly Fault[] = Array.from({ length: 60 }, (_, n) => ({
  ...{ at: `deliver/${n}#1`, kind: `kind-${n % 6}`, amount: 0 },
}));

/** Fails where faults 7 and 31 happen, and otherwise where 12 happens without them. */
async function run({ faults = all }: Trial) {
  const has = (n: number) => faults.some(({ at }) => at === `deliver/${n}#1`);
  if (has(7) && has(31)) return { failure: 'nothing is lost: evt_1', faults };
  return { failure: has(12) ? 'order is kept: evt_2' : undefined, faults };
}

it('leaves what the same check needs, and never takes the failure of another for it', async () => {
  const found = await shrunk({ seed: 3, days: 7 }, { run });
  expect(found).toMatchObject({ check: 'nothing is lost', of: 60, seed: 3, days: 7 });
  expect(found?.faults.map(({ at }) => at)).toEqual(['deliver/7#1', 'deliver/31#1']);
  expect(found?.runs).toBeLessThan(40);
});

it('tries first whether any fault is needed at all', async () => {
  const broken = async () => ({ failure: 'nothing is lost: evt_1', faults: all });
  expect(await shrunk({ seed: 3, days: 7 }, { run: broken })).toMatchObject({
    faults: [],
    runs: 1,
  });
});

it('gives back what it has when its runs are used up, and still fails', async () => {
  const found = await shrunk({ seed: 3, days: 7 }, { run, runsMax: 4 });
  expect(found?.runs).toBe(4);
  expect(found?.failure).toBe('nothing is lost: evt_1');
  expect(found?.faults.length).toBeLessThan(60);
  expect((await run({ seed: 3, days: 7, faults: found?.faults ?? [] })).failure).toBe(
    found?.failure,
  );
});

it('says nothing of a seed that does not fail', async () => {
  const well = async () => ({ failure: undefined, faults: all });
  expect(await shrunk({ seed: 3, days: 7 }, { run: well })).toBeUndefined();
});

it('knows a check by its name, whoever it speaks of', () => {
  expect(checkOf('everything ends: evt_1 is queued')).toBe('everything ends');
  expect(checkOf('deliver/17 let a promise fail unheard: Error')).toBe(
    checkOf('deliver/3 let a promise fail unheard: TypeError'),
  );
});
