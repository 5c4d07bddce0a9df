import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callLinks, deliveryLinks, FALLBACK_TRIGGERS } from '../../lib/domain/fallback.ts';
import { BASE, BOTH, DR, OPS, parse, QUEUE, REST, refused } from './fallback-input-world.ts';

const HMAC = { scheme: 'hmac', hmac: { header: 'X-Sig' } };

describe('links of one chain', () => {
  it('an address stands for one target alone, however it is spelt', async () => {
    const again = { ...DR, url: 'https://DR.example.com:443/hooks' };
    expect(
      await refused([DR, OPS, { ...DR, url: BASE.endpoint, on: ['exhausted'] }, again]),
    ).toEqual({
      'fallback.2.url':
        '"https://erp.example.com/hooks?…" is that of the endpoint already; allowed: another',
      'fallback.3.url':
        '"https://DR.example.com:443/hooks" is that of fallback.0 already; allowed: another',
    });
    const spill = { type: 'queue', arn: QUEUE };
    expect(Object.keys(await refused([spill, spill]))).toEqual(['fallback.1.arn']);
  });

  it('no header of a link may be that of the signature it inherits', async () => {
    const link = { ...DR, headers: { 'x-sig': '1' } };
    expect(await refused([link], { signing: HMAC })).toEqual({
      'fallback.0.headers.x-sig': '"x-sig" is set by signing.hmac.header already',
    });
    expect(parse([{ ...link, signing: { scheme: 'none' } }], { signing: HMAC })).toHaveLength(1);
  });
});

describe('a link that nothing ever reaches is refused', () => {
  const hold = { type: 'hold' };
  const answer = { type: 'static' };
  const cache = { type: 'cache', maxAgeSeconds: 5 };
  const call = { type: 'queue' };
  const on = (link: object, ...triggers: string[]) => ({ ...link, on: triggers });

  it.each<[string[], unknown[]]>([
    [['fallback.1.on'], [hold, DR]],
    [['fallback.1.on.1'], [hold, on(DR, 'exhausted', 'breaker-open')]],
    [['fallback.1.on'], [hold, hold]],
    [['fallback.2.on'], [on(OPS, 'breaker-open'), hold, cache]],
    [['fallback.1.on'], [answer, cache]],
    [['fallback.1.on'], [answer, DR]],
    [['fallback.1.on.0'], [on(answer, 'exhausted'), on(call, 'exhausted')]],
    [['fallback.1.on'], [call, call]],
    [
      ['fallback.2.on.0', 'fallback.2.on.1'],
      [on(answer, 'exhausted'), on(answer, 'breaker-open'), on(cache, ...BOTH)],
    ],
    [[], [DR, OPS, hold]],
    [[], [hold, on(DR, 'exhausted'), OPS]],
    [[], [answer, hold]],
    [[], [answer, on(OPS, ...BOTH), { type: 'queue', arn: QUEUE }]],
    [[], [on(answer, 'breaker-open'), on(answer, 'exhausted')]],
    [[], [DR, cache, call, answer, hold]],
  ])('%j of %j', async (paths, chain) => {
    if (paths.length === 0) return void expect(parse(chain, REST)).toHaveLength(chain.length);
    expect(Object.keys(await refused(chain, REST))).toEqual(paths);
  });

  it('by name', async () => {
    expect(await refused([OPS, hold, on(DR, 'breaker-open')])).toEqual({
      'fallback.2.on.0':
        '"breaker-open": "hold" at fallback.1 lets nothing through to this link; allowed: a place before fallback.1, or "on" without it',
    });
  });

  it('and in what is left every link serves each of its triggers', () => {
    const links = fc.constantFrom(DR, OPS, hold, answer, cache, call, {
      type: 'queue',
      arn: QUEUE,
    });
    const triggers = fc.constantFrom(undefined, ...FALLBACK_TRIGGERS.map((one) => [one]), BOTH);
    const chains = fc.array(fc.tuple(links, triggers), { maxLength: 5 });
    fc.assert(
      fc.property(chains, (given) => {
        const chain = given.map(([link, triggered], i) => ({
          ...link,
          ...(link === DR && { url: `${DR.url}/${i}` }),
          ...(triggered !== undefined && link !== hold && { on: triggered }),
        }));
        const stored = accepted(chain);
        for (const [i, link] of (stored ?? []).entries()) {
          for (const trigger of link.on) {
            const calls = callLinks(stored, trigger);
            const last = calls.findIndex((one) => one.link.type === 'static');
            const answered = last < 0 ? calls : calls.slice(0, last + 1);
            const served = [...deliveryLinks(stored, trigger), ...answered];
            if (link.type !== 'hold') expect(served.map(({ number }) => number)).toContain(i + 1);
          }
        }
      }),
    );
  });

  /** The chain as it would be stored; empty if it is refused. */
  function accepted(chain: readonly object[]) {
    try {
      return parse(chain, REST).map((link) => ({
        ...link,
        ...(link.type === 'integration' && { integrationId: `int_${'0'.repeat(26)}` }),
      })) as Parameters<typeof deliveryLinks>[0];
    } catch {
      return [];
    }
  }
});
