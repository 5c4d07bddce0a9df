import { setImmediate as turnOfEvents } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runHealthChecks } from '../../lib/app/check-health.ts';
import { eachFairly } from '../../lib/app/fair-turns.ts';
import { breakerWorld } from './breaker-world.ts';

const SECOND = 1_000;

/** Hosts that begin with `hung` take the whole time of a check; all others answer at once. */
function checksWorld() {
  const { deps, clock, register } = breakerWorld();
  const asked: string[] = [];
  const send: typeof deps.sender.send = async (call) => {
    const { hostname } = new URL(call.url);
    asked.push(hostname);
    const isHung = hostname.startsWith('hung');
    if (isHung) await new Promise<void>((done) => clock.after(call.timeoutMs, done));
    deps.sender.answers(isHung ? { error: 'timeout' } : 200);
    return await deps.sender.send(call);
  };
  /** `count` integrations of a tenant, all with a check every minute. */
  const checked = async (tenant: string, count: number, timeoutSeconds: number) => {
    for (let n = 0; n < count; n++) {
      const url = `https://${tenant}-${n}.example.com/`;
      await register(`${tenant}-${n}`, { tenant, healthCheck: { url, timeoutSeconds } });
    }
  };
  /** The hosts that one minute asked, other than those that hang. */
  const minute = async (): Promise<readonly string[]> => {
    asked.length = 0;
    const run = runHealthChecks({ ...deps, sender: { ...deps.sender, send } }, () => false);
    for (let second = 0; second < 60; second++) {
      for (let turn = 0; turn < 40; turn++) await turnOfEvents();
      clock.advance(SECOND);
    }
    await run;
    return asked.filter((host) => !host.startsWith('hung')).sort();
  };
  return { checked, minute };
}

describe('health checks of several tenants', () => {
  it('are made every minute, whatever hangs of another tenant', async () => {
    const { checked, minute } = checksWorld();
    await checked('hung', 100, 30);
    await checked('good', 3, 10);
    const all = [0, 1, 2].map((n) => `good-${n}.example.com`);
    for (let n = 0; n < 4; n++) expect(await minute()).toEqual(all);
  });

  it('are made every minute where one tenant has many, and three hang', async () => {
    const { checked, minute } = checksWorld();
    for (const tenant of ['hung-a', 'hung-b', 'hung-c']) await checked(tenant, 20, 30);
    await checked('good', 40, 30);
    for (let n = 0; n < 3; n++) expect(await minute()).toHaveLength(40);
  });

  it('come round to each tenant where more hang than are asked at a time', async () => {
    const { checked, minute } = checksWorld();
    for (let n = 0; n < 20; n++) await checked(`hung-${n}`, 3, 30);
    await checked('good', 1, 30);
    const minutes: number[] = [];
    for (let n = 0; n < 9; n++) minutes.push((await minute()).length);
    const gaps = minutes.join('').split('1').slice(0, -1);
    expect(gaps.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...gaps.map((gap) => gap.length))).toBeLessThanOrEqual(2);
  });
});

describe('fair turns', () => {
  it('go round, each group in its order, and leave nothing out', async () => {
    const items = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'];
    const order: string[] = [];
    const limits = { width: 1, max: 100 };
    const group = (item: string) => item.slice(0, 1);
    await eachFairly(items, limits, group, async (item) => void order.push(item));
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('end at the most there may be, and one that fails keeps no other from its turn', async () => {
    const begun: number[] = [];
    const limits = { width: 2, max: 5 };
    const { errors } = await eachFairly([1, 2, 3, 4, 5, 6], limits, String, async (item) => {
      begun.push(item);
      if (item === 2) throw new Error('an outage');
    });
    expect([begun, errors]).toEqual([[1, 2, 3, 4, 5], [new Error('an outage')]]);
  });

  it('have nothing to do without items', async () => {
    const none = await eachFairly([], { width: 2, max: 2 }, String, async () => {});
    expect(none.errors).toEqual([]);
  });
});
