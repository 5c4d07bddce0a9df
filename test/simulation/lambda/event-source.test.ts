import { describe, expect, it } from 'vitest';
import { type Faults, listedFaults, randomFaults, swarm } from '../kernel/faults.ts';
import { everyKillPoint, everyPair } from '../kernel/kill-points.ts';
import { type Report, story } from '../kernel/simulate.ts';
import { eventSource } from './event-source.ts';
import { type Batch, onStage, type StageOptions } from './stage.ts';

const PLAIN = { batchSize: 10, windowMs: 0, reportsFailures: true };

describe('a batch of the event source', () => {
  const given = ['a', 'b', 'c'];
  const failing = (...ids: unknown[]) => ({
    batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
  });

  it.each<[string, (idOf: (body: string) => string | undefined) => unknown, readonly string[]]>([
    ['nothing for an empty list', () => failing(), []],
    ['nothing for no answer', () => undefined, []],
    ['what is named', (idOf) => failing(idOf('b')), ['b']],
    ['everything for an id of no message', (idOf) => failing(idOf('b'), 'x'), given],
    ['everything for an id of null', () => failing(null), given],
    ['everything for what throws', () => Promise.reject(new Error('no')), given],
  ])('brings %s again', async (_, answer, expected) => {
    const batches: string[][] = [];
    await onStage({ weaknesses: { jitterMs: 0 } }, ({ simulation, sqs, queue, fn, put }) => {
      const consumer = fn(() => async ({ Records }: Batch) => {
        batches.push(Records.map(({ body }) => body));
        if (batches.length > 1) return {};
        return answer((body) => Records.find((one) => one.body === body)?.messageId);
      });
      put(...given);
      simulation.world.clock.after(1_000, () =>
        eventSource(simulation, sqs, { ...PLAIN, queue, fn: consumer }),
      );
      simulation.atEnd(() => {
        const { visible, inFlight } = queue.counts();
        return visible + inFlight === 0 ? undefined : 'not everything was taken';
      });
    });
    expect(batches[0]).toEqual(given);
    expect(batches.slice(1).flat().sort()).toEqual(expected);
  });

  it('goes to the dead letters after the last receive', async () => {
    let calls = 0;
    const { failure } = await onStage({}, ({ simulation, sqs, queue, dead, fn, put }) => {
      const broken = fn(() => async () => {
        calls += 1;
        throw new Error('always');
      });
      eventSource(simulation, sqs, { ...PLAIN, queue, fn: broken });
      put('poison');
      simulation.atEnd(() => (dead.counts().visible === 1 ? undefined : 'not among the dead'));
    });
    expect(failure).toBeUndefined();
    expect(calls).toBe(5);
  });

  it.each([
    ['is worked on again that was not deleted', 'unacknowledged', 2],
    ['is worked on later that its poller lost', 'poller-died', 1],
    ['is worked on by two at once', 'batch-twice', 2],
  ])('%s', async (_, kind, runs) => {
    let calls = 0;
    const faults = listedFaults([{ at: 'poller/q#1', kind, amount: 0 }]);
    await onStage({ faults }, ({ simulation, sqs, queue, fn, put }) => {
      const consumer = fn(() => async () => {
        calls += 1;
      });
      eventSource(simulation, sqs, { ...PLAIN, queue, fn: consumer });
      put('a');
      simulation.atEnd(() => (simulation.nowMs() - simulation.startMs > 30_000 ? undefined : 'no'));
    });
    expect(calls).toBe(runs);
  });

  it('is gathered as long as the window says, and never more at once than allowed', async () => {
    const sizes: number[] = [];
    let now = 0;
    let most = 0;
    await onStage({}, ({ simulation, sqs, queue, fn, put }) => {
      const slow = fn(({ clock }) => async ({ Records }: Batch) => {
        sizes.push(Records.length);
        most = Math.max(most, ++now);
        await clock.sleep(5_000);
        now -= 1;
      });
      const mapping = { ...PLAIN, batchSize: 25, windowMs: 2_000, concurrencyMax: 2 };
      eventSource(simulation, sqs, { ...mapping, queue, fn: slow });
      put(...Array.from({ length: 60 }, (_, n) => `${n}`));
    });
    expect(sizes.reduce((a, b) => a + b)).toBe(60);
    expect(Math.max(...sizes)).toBe(25);
    expect(most).toBe(2);
  });

  it('is not taken by a queue that would bring it back while its function still may run', async () => {
    const refused = onStage({}, ({ simulation, sqs, queue, fn }) => {
      const long = fn(() => async () => {}, { timeoutMs: 31_000 });
      eventSource(simulation, sqs, { ...PLAIN, queue, fn: long });
    });
    await expect(refused).rejects.toThrow('q: a visibility timeout below that of f.');
  });

  it('waits while the source is off, or SQS is down', async () => {
    const minutes: number[] = [];
    await onStage({}, ({ simulation, sqs, queue, fn, put }) => {
      const consumer = fn(() => async () => {
        minutes.push(Math.floor((simulation.nowMs() - simulation.startMs) / 60_000));
      });
      const source = eventSource(simulation, sqs, { ...PLAIN, queue, fn: consumer });
      const { clock } = simulation.world;
      source.isOn = false;
      put('a');
      clock.after(60_000, () => {
        sqs.service.outage = true;
        source.isOn = true;
      });
      clock.after(180_000, () => (sqs.service.outage = false));
    });
    expect(minutes).toEqual([3]);
  });
});

describe('a consumer that writes before it answers', () => {
  const RATES = {
    ...{ 'kill-before': 0.05, 'kill-after': 0.05, 'skew-back': 0.3, 'clock-forward': 0.05 },
    ...{ 'sqs-late': 0.1, 'sqs-duplicate': 0.2, 'sqs-undeleted': 0.1, 'sqs-lost-after': 0.1 },
    ...{ 'lambda-throttled': 0.1, 'lambda-cold': 0.3, 'poller-died': 0.1, unacknowledged: 0.1 },
    ...{ 'batch-twice': 0.1, 'sqs-early': 0.1 },
  };
  const bodies = ['a', 'b', 'c', 'd', 'e'];

  const consuming = (options: StageOptions, isBroken = false): Promise<Report> =>
    onStage(options, ({ simulation, sqs, queue, dead, fn, put }) => {
      const written = new Map<string, number>();
      const consumer = fn((process) => async ({ Records }: Batch) => {
        const work = Records.map(async ({ body }) => {
          await process.step('write', () => written.set(body, (written.get(body) ?? 0) + 1));
        });
        if (!isBroken) await Promise.all(work);
      });
      eventSource(simulation, sqs, { ...PLAIN, queue, fn: consumer });
      put(...bodies);
      simulation.atEnd(() => {
        const { visible, inFlight } = queue.counts();
        if (visible + inFlight > 0) return 'the queue is not at rest';
        const unwritten = bodies.filter((body) => !written.has(body)).length;
        return unwritten > dead.counts().visible ? 'a message is lost' : undefined;
      });
    });

  it('loses nothing in any of many seeds', async () => {
    for (let seed = 0; seed < 300; seed++) {
      const faults = randomFaults(seed, swarm(seed, RATES));
      const report = await consuming({ seed, faults });
      expect(report.failure, story(report)).toBeUndefined();
    }
  });

  it('loses nothing whichever one or two invocations are killed', async () => {
    const scenario = (faults: Faults) => consuming({ faults, listsKillPoints: true });
    const once = await everyKillPoint(scenario);
    const twice = await everyPair(scenario);
    expect([...once.failures, ...twice.failures].map((report) => story(report))).toEqual([]);
    expect(once.points).toBe(bodies.length);
    expect(twice.runs).toBeGreaterThan(80);
  });

  it('is found out in few seeds if it answers before it has written', async () => {
    let found = 0;
    for (let seed = 0; seed < 100; seed++) {
      const faults = randomFaults(seed, swarm(seed, RATES));
      if ((await consuming({ seed, faults }, true)).failure !== undefined) found += 1;
    }
    expect(found).toBeGreaterThan(20);
  });
});
