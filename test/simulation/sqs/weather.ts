import type { Simulation } from '../kernel/simulate.ts';
import type { ModelSqs } from './model.ts';
import type { WeakService } from './service.ts';

export interface WeatherOptions {
  /** Asked this often what it is like. */
  readonly everyMs: number;
}

const DOWN_MS_MAX = 30 * 60_000;
const KINDS = ['sqs-down', 'sqs-purge', 'sqs-redrive', 'sqs-foreign'];
/** What a console, a misdirected notification or a stranger's producer leaves in a queue. */
export const FOREIGN_BODIES: readonly string[] = [
  ...['hello', 'null', '[]', '{}', '{"v":1}', '{"v":2,"tn":"default"}', '{"v":1,"k":"dance"}'],
  '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"somebody-elses"}',
  'x'.repeat(200_000),
];

/**
 * What befalls all queues from time to time. Faults: `sqs-down`, for up to half an hour;
 * `sqs-purge`, every queue is purged; `sqs-redrive`, all dead letters go back to where they died;
 * `sqs-foreign`, somebody puts something into a queue that is no message of ours.
 */
export function sqsWeather(
  { world, fault, note }: Simulation,
  { service }: ModelSqs,
  { everyMs }: WeatherOptions,
): void {
  const { clock } = world;
  const ask = () => {
    clock.after(everyMs, ask);
    const { kind, amount = 0 } = fault('sqs', KINDS) ?? {};
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
        return;
      case 'sqs-foreign':
        putForeign(service, amount);
    }
  };
  clock.after(everyMs, ask);
}

/** Into one of the queues that are read. */
function putForeign(service: WeakService, amount: number): void {
  const read = service.all().filter(({ settings }) => settings.redrive !== undefined);
  const queue = read[Math.floor(amount * read.length)];
  const at = Math.floor((amount * read.length * FOREIGN_BODIES.length) % FOREIGN_BODIES.length);
  const body = FOREIGN_BODIES[at];
  if (queue === undefined || body === undefined) return;
  queue.put({ body });
  service.changed(queue);
}
