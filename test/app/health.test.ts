import { describe, expect, it } from 'vitest';
import { readinessOf } from '../../lib/app/health.ts';
import { fakeTelemetry } from '../fakes/world.ts';

/** A clock whose sleepers wake when it is told that their time has come. */
function steppedClock() {
  let nowMs = 0;
  const sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    sleep: (ms: number) =>
      new Promise<void>((wake) => {
        sleepers.push({ atMs: nowMs + ms, wake });
      }),
    after: () => () => {},
    advance(ms: number) {
      nowMs += ms;
      for (const { atMs, wake } of sleepers) if (atMs <= nowMs) wake();
    },
  };
}

function world(probes: Partial<Record<'registry' | 'history' | 'queue', () => Promise<unknown>>>) {
  const asked: string[] = [];
  const probe = (name: 'registry' | 'history' | 'queue') => async () => {
    asked.push(name);
    await probes[name]?.();
  };
  const clock = steppedClock();
  const telemetry = fakeTelemetry();
  const ready = readinessOf({
    clock,
    telemetry,
    probes: { registry: probe('registry'), history: probe('history'), queue: probe('queue') },
  });
  return { ready, clock, telemetry, asked };
}

describe('readiness', () => {
  it('is ok when everything answers', async () => {
    const { ready } = world({});
    const ok = { status: 'ok', latencyMs: 0 };
    expect(await ready()).toEqual({
      status: 'ok',
      checks: { registry: ok, history: ok, queue: ok },
    });
  });

  it('is down when one does not, and says which', async () => {
    const { ready, telemetry } = world({ queue: () => Promise.reject(new Error('refused')) });
    expect(await ready()).toMatchObject({
      status: 'down',
      checks: { registry: { status: 'ok' }, queue: { status: 'down' } },
    });
    expect(telemetry.lines).toMatchObject([{ fields: { check: 'queue' } }]);
  });

  it('waits two seconds for an answer, no longer', async () => {
    const { ready, clock } = world({ history: () => new Promise(() => {}) });
    const answer = ready();
    await new Promise(setImmediate);
    clock.advance(2_000);
    expect(await answer).toMatchObject({
      status: 'down',
      checks: { history: { status: 'down', latencyMs: 2_000 } },
    });
  });

  it('asks once for all who come within two seconds', async () => {
    const { ready, clock, asked } = world({});
    await Promise.all([ready(), ready()]);
    clock.advance(1_999);
    await ready();
    expect(asked).toHaveLength(3);
    clock.advance(1);
    await ready();
    expect(asked).toHaveLength(6);
  });
});
