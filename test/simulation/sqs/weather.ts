import type { Simulation } from '../kernel/simulate.ts';
import type { ModelSqs } from './model.ts';

export interface WeatherOptions {
  /** Asked this often what it is like. */
  readonly everyMs: number;
}

const DOWN_MS_MAX = 30 * 60_000;

/**
 * What befalls all queues from time to time. Faults: `sqs-down`, for up to half an hour;
 * `sqs-purge`, every queue is purged; `sqs-redrive`, all dead letters go back to where they died.
 */
export function sqsWeather(
  { world, fault, note }: Simulation,
  { service }: ModelSqs,
  { everyMs }: WeatherOptions,
): void {
  const { clock } = world;
  const ask = () => {
    clock.after(everyMs, ask);
    const { kind, amount = 0 } = fault('sqs', ['sqs-down', 'sqs-purge', 'sqs-redrive']) ?? {};
    switch (kind) {
      case 'sqs-down':
        service.outage = true;
        clock.after(amount * DOWN_MS_MAX, () => {
          service.outage = false;
          note('sqs', 'is up again');
          for (const queue of service.all()) service.changed(queue);
        });
        return;
      case 'sqs-purge':
        for (const queue of service.all()) queue.purge();
        return;
      case 'sqs-redrive':
        for (const queue of service.all()) {
          if (service.sourcesOf(queue).length > 0) service.move(queue);
        }
    }
  };
  clock.after(everyMs, ask);
}
