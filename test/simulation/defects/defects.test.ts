import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, it } from 'vitest';
import { flows } from '../flows/all.ts';
import { DEFECTS, defectNamed } from './all.ts';
import { planted } from './defect.ts';
import { found } from './hunter.ts';

const ROOT = new URL('../../../', import.meta.url);
const textOf = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');

describe('the planted defects', () => {
  it('are at least forty, over all that an event goes through, each under a name of its own', () => {
    expect(new Set(DEFECTS.map(({ name }) => name)).size).toBe(DEFECTS.length);
    expect(DEFECTS.length).toBeGreaterThanOrEqual(45);
    expect(new Set(DEFECTS.map(({ file }) => file)).size).toBeGreaterThanOrEqual(25);
  });

  it.each(DEFECTS)('$name: is one line of the product, and still a program', (defect) => {
    expect(defect.find + defect.replace).not.toContain('\n');
    const text = textOf(defect.file);
    const wrong = planted(text, defect);
    expect(wrong).not.toBe(text);
    expect(() => stripTypeScriptTypes(wrong)).not.toThrow();
  });

  it('is refused where its line is not there, or not alone', () => {
    const defect = { ...defectNamed('deliverAt is ignored'), find: 'const' };
    expect(() => planted('let', defect)).toThrow('0 times');
    expect(() => planted('const a, const b', defect)).toThrow('2 times');
  });
});

/** All of them are hunted by `npm run defects`; these take a second each. */
const QUICK = [
  'accepted before it is stored',
  'deliverAt is ignored',
  'other bytes are signed than sent',
  'one attempt too many',
  'only the last attempt is kept',
];
const BOUND = { seeds: 0, kills: 0, mostMs: 30_000 };

describe('the simulation', () => {
  // That none of the flows fails without a defect, their own test shows.
  const innocent = new Set(flows.map(({ name }) => name));
  const innocence = { guilty: new Set<string>(), innocent };

  it.each(QUICK)('finds at once: %s', { timeout: 120_000 }, async (name) => {
    const hunt = await found(name, BOUND, innocence);
    expect(hunt.finds).toHaveLength(1);
  });
});
