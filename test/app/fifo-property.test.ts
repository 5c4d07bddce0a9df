import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Doorbell } from '../../lib/app/ports.ts';
import { tick } from '../../lib/app/tick.ts';
import { lineWorld } from './line-world.ts';

const KEYS = ['a', 'b', 'c'];
/** Calls inside calls: as many workers at the same time. */
const DEPTH_MAX = 4;
const CALL_MS_MAX = 30_000;
const RUNS = Number(process.env.FIFO_RUNS ?? 150);

/** What may happen next; each number is chosen by chance and used as it is needed. */
const step = fc.record({
  kind: fc.constantFrom(
    ...(['publish', 'publish', 'hear', 'hear', 'hear', 'twice', 'lose', 'wait', 'tick'] as const),
  ),
  pick: fc.nat(),
  ms: fc.nat(20_000),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const story = fc.record({
  steps: fc.array(step, { minLength: 10, maxLength: 80 }),
  /** What happens while a call is under way. */
  meanwhile: fc.array(step, { maxLength: 40 }),
  /** Answers of the other side, one for each call, and 200 after that. */
  answers: fc.array(fc.constantFrom(200, 200, 200, 500, 503, 301), { maxLength: 60 }),
  callMs: fc.array(fc.nat(CALL_MS_MAX), { maxLength: 40 }),
  limited: fc.boolean(),
});

describe('whatever happens', () => {
  it('each key arrives in the order of acceptance, one at a time, and none is lost', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ steps, meanwhile, answers, callMs, limited }) => {
        const world = await lineWorld(limited ? { limits: { concurrency: 3 } } : {});
        const accepted = new Map<string, string[]>(KEYS.map((key) => [key, []]));
        const bag: Doorbell[] = [];
        const inside = [...meanwhile];
        let depth = 0;
        const take = (pick: number) => {
          bag.push(...world.take());
          return bag.splice(pick % Math.max(bag.length, 1), 1)[0];
        };
        const act = async ({ kind, pick, ms }: Step): Promise<void> => {
          switch (kind) {
            case 'publish': {
              const key = KEYS[pick % KEYS.length] ?? '';
              accepted.get(key)?.push((await world.publish(key)).id);
              return;
            }
            case 'hear':
            case 'twice': {
              const bell = take(pick);
              if (bell === undefined) return;
              if (kind === 'twice') bag.push(bell);
              return await world.deliver(bell);
            }
            case 'lose':
              return void take(pick);
            case 'wait':
              return world.clock.advance(ms);
            case 'tick':
              return await tick(world.deps, () => 55_000);
          }
        };
        world.other.meanwhile = async () => {
          depth += 1;
          for (let n = 0; n < 3 && depth < DEPTH_MAX; n++) {
            const next = inside.shift();
            if (next !== undefined) await act(next.kind === 'wait' ? { ...next, ms: 0 } : next);
          }
          depth -= 1;
          // A call inside another may not make that one longer than calls are.
          if (depth === 0) world.clock.advance(callMs.shift() ?? 10);
        };
        world.other.answer = () => answers.shift() ?? 200;

        for (const one of steps) await act(one);
        inside.splice(0);
        world.queue.rung.push(...bag);
        await world.minutes(80);

        expect(world.overlaps).toEqual([]);
        for (const [key, ids] of accepted) {
          const ended = await Promise.all(ids.map((id) => world.status(id)));
          const failed = ids.filter((_, i) => ended[i] === 'failed');
          expect(ended.filter((status) => status !== 'delivered' && status !== 'failed')).toEqual(
            [],
          );
          const came = world.arrived(key);
          expect(came).toEqual(ids.filter((id) => came.includes(id)));
          expect(new Set([...came, ...failed])).toEqual(new Set(ids));
          expect(await world.waiting(key)).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});
