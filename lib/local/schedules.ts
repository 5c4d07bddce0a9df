import { randomUUID } from 'node:crypto';
import type { LambdaFunction } from './lambda.ts';
import type { ScheduleSpec } from './stack.ts';
import type { Place } from './template.ts';

/** The schedules of the stack: each fires once right away and then at its rate. */
export interface Schedules {
  start(): void;
  /** Fires every schedule now and waits for its function. */
  tick(): Promise<void>;
  stop(): void;
}

export function schedulesOf(
  specs: readonly ScheduleSpec[],
  functionOf: (id: string) => LambdaFunction,
  place: Place,
  onError: (error: unknown) => void,
): Schedules {
  const timers: NodeJS.Timeout[] = [];

  async function fire(spec: ScheduleSpec): Promise<void> {
    const event = spec.input === undefined ? scheduledEvent(spec, place) : JSON.parse(spec.input);
    // A function that failed is reported by its host.
    const { kind } = await functionOf(spec.functionId).invoke(event);
    if (kind === 'throttled')
      onError(new Error(`${spec.ruleArn}: ${spec.functionId} is throttled`));
  }
  return {
    start() {
      for (const spec of specs) {
        void fire(spec);
        timers.push(setInterval(() => void fire(spec), spec.everyMs));
      }
    },
    async tick() {
      await Promise.all(specs.map(fire));
    },
    stop() {
      for (const timer of timers.splice(0)) clearInterval(timer);
    },
  };
}

function scheduledEvent({ ruleArn }: ScheduleSpec, { account, region }: Place) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [ruleArn],
    detail: {},
  };
}
