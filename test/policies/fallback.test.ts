import { describe, expect, it } from 'vitest';
import { type Fallback, FallbackFailures, withFallback } from '../../lib/policies/fallback.ts';

const good = (value: string) => async () => value;
const bad = (error: unknown) => async (): Promise<string> => {
  throw error;
};

describe('withFallback', () => {
  it('asks no fallback where the primary answers', async () => {
    let asked = 0;
    const cache: Fallback<string> = {
      name: 'cache',
      run: async () => {
        asked += 1;
        return 'old';
      },
    };
    expect(await withFallback(good('new'), [cache])).toEqual({ value: 'new', source: 'primary' });
    expect(asked).toBe(0);
  });

  it.each<[string, readonly Fallback<string>[], string]>([
    [
      'the first',
      [
        { name: 'a', run: good('A') },
        { name: 'b', run: good('B') },
      ],
      'a',
    ],
    [
      'the next after one that fails',
      [
        { name: 'a', run: bad(1) },
        { name: 'b', run: good('B') },
      ],
      'b',
    ],
    [
      'the first that takes this failure',
      [
        { name: 'a', on: () => false, run: good('A') },
        { name: 'b', on: (failure) => failure instanceof TypeError, run: good('B') },
      ],
      'b',
    ],
    [
      'the next after one whose condition is broken',
      [
        {
          name: 'a',
          on: () => {
            throw new Error('bug');
          },
          run: good('A'),
        },
        { name: 'b', run: good('B') },
      ],
      'b',
    ],
  ])('answers with %s', async (_, fallbacks, source) => {
    expect((await withFallback(bad(new TypeError('down')), fallbacks)).source).toBe(source);
  });

  it('gives every fallback the primary’s failure, not the last one', async () => {
    const down = new Error('down');
    const seen: unknown[] = [];
    const note = (failure: unknown) => {
      seen.push(failure);
      return true;
    };
    await withFallback(bad(down), [
      { name: 'a', on: note, run: bad(new Error('other')) },
      { name: 'b', on: note, run: async (failure) => (note(failure) ? 'B' : '') },
    ]);
    expect(seen).toEqual([down, down, down]);
  });

  it('throws the primary’s own failure, untouched, where no fallback takes it', async () => {
    const down = new Error('down', { cause: 'socket' });
    await expect(
      withFallback(bad(down), [{ name: 'a', on: () => false, run: good('A') }]),
    ).rejects.toBe(down);
    expect(down.cause).toBe('socket');
  });

  it('throws the primary’s own failure when all fail, and says which and why', async () => {
    const down = new RangeError('down', { cause: 'socket' });
    const [one, two] = [new Error('one'), 'two'];
    const all = withFallback(bad(down), [
      { name: 'mirror', run: bad(one) },
      { name: 'cache', run: bad(two) },
    ]);
    await expect(all).rejects.toBe(down);
    const cause = down.cause as FallbackFailures;
    expect(cause).toBeInstanceOf(FallbackFailures);
    expect(cause.message).toBe('Fallbacks failed too: mirror, cache.');
    expect(cause.errors).toEqual([one, two]);
    expect(cause.cause).toBe('socket');
  });

  it('lets an error that is thrown again and again grow no chain of causes', async () => {
    const down = new Error('down', { cause: 'socket' });
    for (let i = 0; i < 3; i++) {
      await expect(withFallback(bad(down), [{ name: 'a', run: bad(i) }])).rejects.toBe(down);
    }
    expect(down.cause).toMatchObject({ errors: [2], cause: 'socket' });
  });

  it.each([['a text'], [Object.freeze(new Error('frozen'))]])(
    'loses nothing where the failure %s can carry no cause',
    async (down) => {
      const one = new Error('one');
      const all = withFallback(bad(down), [{ name: 'a', run: bad(one) }]);
      await expect(all).rejects.toMatchObject({ name: 'FallbackFailures', errors: [down, one] });
    },
  );

  it('takes no fallback that would be told from the primary by nobody', async () => {
    const all = withFallback(good('A'), [{ name: 'primary', run: good('B') }]);
    await expect(all).rejects.toThrow('A fallback may not be named primary.');
  });
});
