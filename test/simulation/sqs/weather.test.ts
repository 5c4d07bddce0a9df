import { expect, it } from 'vitest';
import { listedFaults } from '../kernel/faults.ts';
import { onStage } from '../lambda/stage.ts';
import { FOREIGN_BODIES, sqsWeather } from './weather.ts';

const HOUR_MS = 3_600_000;

it('takes the queues down for a while, purges them, and brings back what was dead', async () => {
  const faults = listedFaults([
    { at: 'sqs#1', kind: 'sqs-down', amount: 0.5 },
    { at: 'sqs#2', kind: 'sqs-redrive', amount: 0 },
    { at: 'sqs#3', kind: 'sqs-purge', amount: 0 },
  ]);
  const seen: unknown[] = [];
  await onStage({ faults }, ({ simulation, sqs, queue, dead, put }) => {
    sqsWeather(simulation, sqs, { everyMs: HOUR_MS });
    const look = () =>
      seen.push([sqs.service.outage, queue.counts().visible, dead.counts().visible]);
    put('a');
    const { clock } = simulation.world;
    clock.after(1_000, () => {
      for (let receives = 0; receives < 6; receives++) {
        clock.after(receives * 31_000, () => sqs.service.take(queue, 10));
      }
    });
    for (const hours of [0.5, 1.1, 1.5, 2.1, 3.1]) clock.after(hours * HOUR_MS, look);
  });
  expect(seen).toEqual([
    [false, 0, 1],
    [true, 0, 1],
    [false, 0, 1],
    [false, 1, 0],
    [false, 0, 0],
  ]);
});

it('puts into a queue that is read what is no message of ours', async () => {
  const faults = listedFaults([
    { at: 'sqs#1', kind: 'sqs-foreign', amount: 0.15 },
    { at: 'sqs#2', kind: 'sqs-foreign', amount: 0.95 },
  ]);
  const bodies: string[] = [];
  await onStage({ faults }, ({ simulation, sqs, queue, dead }) => {
    sqsWeather(simulation, sqs, { everyMs: HOUR_MS });
    simulation.world.clock.after(3 * HOUR_MS, () => {
      bodies.push(...sqs.service.take(queue, 10).map(({ body }) => body));
      simulation.atEnd(() => (dead.counts().visible === 0 ? undefined : 'among the dead'));
    });
  });
  expect(bodies.sort()).toEqual([FOREIGN_BODIES.at(1), FOREIGN_BODIES.at(-1)].sort());
});
