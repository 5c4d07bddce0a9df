import { describe, expect, it } from 'vitest';
import { runHealthChecks } from '../../lib/app/check-health.ts';
import { deleteIntegration, patchIntegration, putIntegration } from '../../lib/app/integrations.ts';
import { halfOpened } from '../../lib/domain/breaker-transitions.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { type BreakerWorld, breakerWorld, ME } from './breaker-world.ts';

const MINUTE = 60_000;
const CHECK = { url: 'https://erp.example.com/up?key=hunter2', timeoutSeconds: 4 };
const NEVER = () => false;

function setUp() {
  const world = breakerWorld();
  const { deps, clock } = world;
  const run = (outOfTime: () => boolean = NEVER) => runHealthChecks(deps, outOfTime);
  const minute = async () => {
    clock.advance(MINUTE);
    await run();
  };
  const checked = (name: string, more: object = {}) =>
    world.register(name, { healthCheck: CHECK, ...more });
  const watch = ({ id }: Pick<Integration, 'id'>) => deps.healthChecks.load(id);
  return { ...world, sender: deps.sender, run, minute, checked, watch };
}

describe('the minute’s health checks', () => {
  it('ask who wants to be asked with one plain request, and keep what it said', async () => {
    const { clock, sender, checked, register, run, watch } = setUp();
    const auth = { type: 'bearer', token: 'a-secret-token' };
    const erp = await checked('erp', { auth });
    await register('quiet');
    sender.answers({ statusCode: 204, latencyMs: 12 });
    await run();
    expect(sender.sent).toHaveLength(1);
    expect(sender.sent[0]).toMatchObject({ url: CHECK.url, method: 'GET', timeoutMs: 4_000 });
    expect(sender.sent[0]?.body).toHaveLength(0);
    expect(JSON.stringify(sender.sent[0]?.headers)).not.toContain('a-secret-token');
    const result = { ok: true, atMs: clock.nowMs(), statusCode: 204, error: null, latencyMs: 12 };
    expect(await watch(erp)).toMatchObject({ result, failuresInRow: 0 });
  });

  it('count the failures in a row', async () => {
    const { sender, checked, run, minute, watch } = setUp();
    const erp = await checked('erp');
    sender.answers(503, { error: 'timeout' }, 200, 404);
    const rows = [];
    for (const step of [run, minute, minute, minute]) {
      await step();
      rows.push(await watch(erp));
    }
    expect(rows.map((row) => [row?.failuresInRow, row?.result?.error])).toEqual([
      [1, 'http'],
      [2, 'timeout'],
      [0, null],
      [1, 'http'],
    ]);
  });

  it('come once in each interval, however many ticks there are', async () => {
    const { clock, sender, checked, run } = setUp();
    await checked('erp');
    await checked('slow', { healthCheck: { ...CHECK, intervalSeconds: 180 } });
    await Promise.all([run(), run(), run()]);
    expect(sender.sent).toHaveLength(2);
    clock.advance(MINUTE / 2);
    await run();
    expect(sender.sent).toHaveLength(2);
    clock.advance(MINUTE / 2);
    await Promise.all([run(), run()]);
    expect(sender.sent).toHaveLength(3);
    clock.advance(2 * MINUTE);
    await run();
    expect(sender.sent).toHaveLength(5);
  });

  it('follow a change, and end with the check or the integration', async () => {
    const { deps, clock, sender, checked, minute, watch } = setUp();
    const erp = await checked('erp');
    const other = await checked('other');
    await minute();
    await patchIntegration(deps, ME, 'erp', { healthCheck: { intervalSeconds: 300 } });
    expect((await watch(erp))?.intervalSeconds).toBe(300);
    await patchIntegration(deps, ME, 'erp', { healthCheck: null });
    await deleteIntegration(deps, ME, 'other');
    sender.sent.length = 0;
    for (let n = 0; n < 20; n++) await minute();
    expect(sender.sent).toHaveLength(0);
    expect([await watch(erp), await watch(other)]).toEqual([undefined, undefined]);
    clock.advance(MINUTE);
    const body = { endpoint: 'https://erp.example.com/', healthCheck: CHECK };
    await putIntegration(deps, ME, 'erp', body);
    await minute();
    expect(sender.sent).toHaveLength(1);
  });

  it('keep a watch whose integration is not stored yet', async () => {
    const { deps, clock, sender, minute, watch } = setUp();
    const watched = { tenant: 'default', integrationId: 'int_later', intervalSeconds: 60 } as const;
    await deps.healthChecks.watch(watched, clock.nowMs());
    for (let n = 0; n < 10; n++) await minute();
    expect(await watch({ id: 'int_later' })).toBeDefined();
    await minute();
    expect(await watch({ id: 'int_later' })).toBeUndefined();
    expect(sender.sent).toHaveLength(0);
  });

  it('watch before they store: a crash in between leaves nothing unasked', async () => {
    const { deps } = setUp();
    const create = async (): Promise<never> => {
      expect(await deps.healthChecks.all()).toHaveLength(1);
      throw new Error('killed');
    };
    const killed = { ...deps, integrations: { ...deps.integrations, create } };
    const body = { endpoint: 'https://erp.example.com/', healthCheck: CHECK };
    await expect(putIntegration(killed, ME, 'erp', body)).rejects.toThrow('killed');
  });

  it('go to a paused integration, and not to a disabled one', async () => {
    const { deps, sender, checked, minute } = setUp();
    for (const status of ['paused', 'disabled'] as const) {
      const stored = await checked(status);
      await deps.integrations.save({ ...stored, status }, stored.name);
    }
    await minute();
    expect(sender.sent).toHaveLength(1);
  });

  it('go on where one of them goes wrong, and say so in the end', async () => {
    const { deps, sender, checked, run } = setUp();
    const broken = await checked('broken');
    await checked('erp');
    const byId: typeof deps.integrations.byId = async (id, tenant) => {
      if (id === broken.id) throw new Error('an outage');
      return await deps.integrations.byId(id, tenant);
    };
    const failing = { ...deps, integrations: { ...deps.integrations, byId } };
    await expect(runHealthChecks(failing, NEVER)).rejects.toThrow('1 failed');
    expect(sender.sent).toHaveLength(1);
    await run();
    expect(sender.sent).toHaveLength(2);
  });

  it('have those asked longest ago first, and leave the rest to the next minute', async () => {
    const { deps, sender, checked, run, minute } = setUp();
    const names = Array.from({ length: 20 }, (_, n) => `erp-${n}`);
    for (const name of names) {
      await checked(name, { healthCheck: { ...CHECK, url: `https://${name}.example.com/` } });
    }
    let asked = 0;
    await run(() => asked++ >= 18);
    const first = sender.sent.splice(0).map(({ url }) => url);
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(names.length);
    const { message, fields } = deps.telemetry.lines.at(-1) ?? {};
    expect([message, fields]).toEqual([
      'health.checks-left',
      { count: names.length - first.length },
    ]);
    await minute();
    const second = sender.sent.map(({ url }) => url);
    expect(new Set([...first, ...second]).size).toBe(names.length);
    expect(second.slice(0, names.length - first.length).some((url) => first.includes(url))).toBe(
      false,
    );
  });

  it('begin none that might outlast the tick', async () => {
    const { clock, sender, checked, run } = setUp();
    for (let n = 0; n < 40; n++) {
      await checked(`erp-${n}`, { healthCheck: { ...CHECK, timeoutSeconds: 30 } });
    }
    const beganMs = clock.nowMs();
    let lastMs = 0;
    sender.answers({ error: 'timeout' });
    sender.meanwhile = () => {
      lastMs = clock.nowMs();
      clock.advance(4_000);
    };
    await run();
    expect(lastMs - beganMs).toBeLessThanOrEqual(10_000 + 4_000 * 7);
    expect(sender.sent.length).toBeLessThan(40);
  });
});

describe('a check of an integration whose breaker has opened', () => {
  const opened = async (more: object = {}) => {
    const world = setUp();
    const erp = await world.checked('erp', more);
    await world.open(erp);
    return { ...world, erp, state: async () => (await world.stored(erp)).state };
  };
  const due = ({ clock }: BreakerWorld) => clock.advance(31_000);

  it('is no probe while it is open', async () => {
    const { sender, run, state, watch, erp } = await opened();
    sender.answers(200);
    await run();
    expect([sender.sent.length, await state()]).toEqual([1, 'open']);
    expect((await watch(erp))?.result?.ok).toBe(true);
  });

  it('closes it when its time has come, without any traffic', async () => {
    const world = await opened();
    due(world);
    await world.run();
    expect([world.sender.sent.length, await world.state()]).toEqual([3, 'closed']);
    const states = (await world.historyOf(world.erp)).map(({ to }) => to);
    expect(states.sort()).toEqual(['closed', 'half-open', 'open']);
  });

  it('opens it again at the first failure, for longer', async () => {
    const world = await opened();
    due(world);
    world.sender.answers(200, 503);
    await world.run();
    const { state, openCount } = await world.stored(world.erp);
    expect([world.sender.sent.length, state, openCount]).toEqual([2, 'open', 2]);
    expect((await world.watch(world.erp))?.result?.statusCode).toBe(503);
  });

  it.each([401, 429, { error: 'blocked' as const }])(
    'gives its turn back for %j, which says nothing about it',
    async (answer) => {
      const world = await opened();
      due(world);
      world.sender.answers(answer);
      await world.run();
      const { state, halfOpen } = await world.stored(world.erp);
      expect([world.sender.sent.length, state, halfOpen?.leases]).toEqual([1, 'half-open', []]);
    },
  );

  it('keeps away for as long as it asks for', async () => {
    const world = await opened();
    due(world);
    world.sender.answers({ statusCode: 503, responseHeaders: { 'retry-after': '600' } });
    await world.run();
    const { openUntilMs = 0 } = await world.stored(world.erp);
    expect(openUntilMs).toBeGreaterThanOrEqual(world.clock.nowMs() + 600_000);
  });

  it('asks once besides where others have all the probes', async () => {
    const world = await opened({ breaker: { halfOpenCalls: 1 } });
    due(world);
    const { deps, clock, erp } = world;
    await world.move(erp, (breaker) =>
      halfOpened(breaker, { nowMs: clock.nowMs(), reason: 'x', leaseMs: MINUTE }),
    );
    const { version, tenant } = await world.stored(erp);
    const ref = { tenant, integrationId: erp.id, target: 0 };
    const seen = { version, room: 1, successes: 0, failures: 0 };
    const lease = { owner: 'somebody', expiresAtMs: clock.nowMs() + MINUTE };
    expect(await deps.breakers.lease(ref, seen, lease)).toBe('taken');
    await world.run();
    expect([world.sender.sent.length, await world.state()]).toEqual([1, 'half-open']);
  });

  it('that fails does not open one that is closed', async () => {
    const { sender, checked, minute, stored } = setUp();
    const erp = await checked('erp');
    sender.answers(500);
    for (let n = 0; n < 30; n++) await minute();
    expect((await stored(erp)).version).toBe(0);
  });
});
