import { beforeAll, describe, expect, it } from 'vitest';
import { listedFaults } from '../../kernel/faults.ts';
import { MARK } from '../../product/canary.ts';
import { newOverheard, type Place } from '../overheard.ts';
import { type Run, runSeed } from '../run.ts';
import { secretTold } from './canaries.ts';

const DAY_MS = 86_400_000;
const SEED = 2;
const PLACES: readonly Place[] = [
  ...(['a log line', 'an error', 'a message', 'an answer', 'a row', 'a figure'] as const),
];

describe('the check for secrets', () => {
  const heard = (place: Place, text: string) => {
    const overheard = newOverheard();
    return { ...overheard, texts: { ...overheard.texts, [place]: ['before', text, 'after'] } };
  };
  const secret = `a ${MARK} of somebody`;

  it.each(PLACES)('finds one in %s', (place) => {
    expect(secretTold(heard(place, secret))).toContain(place);
    expect(secretTold(heard(place, 'nothing of the kind'))).toBeUndefined();
  });

  it.each([
    ['base64', Buffer.from(`Basic me:${secret}`).toString('base64')],
    ['base64url', Buffer.from(`x${secret}`).toString('base64url')],
    ['hex', Buffer.from(secret).toString('hex')],
  ])('finds one that is spelled in %s', (_, text) => {
    expect(secretTold(heard('a row', text))).toBeDefined();
  });

  it('finds one that the product made, and showed to who asked', () => {
    const key = `bwk_0123456789${'Ab1'.repeat(10)}cdEfGhIj`;
    const overheard = heard('a log line', `made ${key.slice(14, 46)}`);
    expect(secretTold(overheard)).toBeUndefined();
    const made = { status: 201, headers: {}, requestId: '', routeKey: '' };
    overheard.answered({ method: 'POST', path: '/v1/keys' }, { ...made, json: { key } });
    expect(secretTold(overheard)).toContain('a log line');
    overheard.answered({ method: 'GET', path: '/v1/keys' }, { ...made, json: { key } });
    expect(secretTold({ ...overheard, texts: newOverheard().texts })).toBeUndefined();
  });

  it('finds what an error has hidden in its cause', () => {
    const overheard = newOverheard();
    overheard.escape(new Error('no', { cause: Object.assign(new Error('so'), { url: secret }) }));
    expect(secretTold(overheard)).toContain('an error');
  });
});

describe('in a seed', () => {
  let run: Run | undefined;
  beforeAll(async () => {
    const faults = listedFaults([]);
    const onRun = (begun: Run) => {
      run = begun;
    };
    await runSeed({ seed: SEED, faults, troubledMs: 2 * DAY_MS, calmMs: DAY_MS, onRun });
  });

  it('secrets are sent to whom they are for, and sent back by them', () => {
    const sent = JSON.stringify(
      run?.product.receivers.ledger.map(({ url, headers }) => [url, headers]),
    );
    expect(sent).toContain(`key=${MARK}`);
    expect(sent).toMatch(/"authorization":"B/);
    const rows = run?.overheard.texts['a row'].filter((text) => text.includes('***')) ?? [];
    expect(rows.length).toBeGreaterThan(2);
  });

  it('everything that may tell of one is looked at', () => {
    const counts = PLACES.map((place) => run?.overheard.texts[place].length ?? 0);
    expect(counts.map((count) => count > 0)).toEqual(PLACES.map((place) => place !== 'an error'));
    expect(run?.overheard.shown.size).toBeGreaterThan(3);
  });

  it('changes of all kinds are asked for, and what they stored is known', () => {
    const wrote = [...(run?.requests.wrote.values() ?? [])].flat();
    const kinds = [/ INT#/, / SRC#/, /^KEY#/].filter((kind) => wrote.some((row) => kind.test(row)));
    expect(kinds).toHaveLength(3);
    const keyRotated = run?.requests.asked.filter(({ path }) => path.endsWith('/rotate')) ?? [];
    expect(keyRotated.length).toBeGreaterThan(1);
  });
});
