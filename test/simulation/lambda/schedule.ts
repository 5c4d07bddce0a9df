import type { Simulation } from '../kernel/simulate.ts';
import type { ModelFunction } from './function.ts';

export interface ScheduleOptions {
  readonly name: string;
  readonly fn: ModelFunction;
  readonly everyMs: number;
  /** Asked before each call: true leaves it out, because it is known to find nothing to do. */
  readonly mayRest?: () => boolean;
}

const TWICE_WITHIN_MS = 60_000;
const LATE_MS_MAX = 10 * 60_000;
const SILENT_MS_MAX = 60 * 60_000;

/**
 * A rule that calls a function again and again, without a retry. Faults: `schedule-twice`,
 * `schedule-late`, `schedule-silent` (not once for up to an hour).
 */
export function schedule(simulation: Simulation, options: ScheduleOptions): void {
  const { name, fn, everyMs, mayRest = () => false } = options;
  const { clock } = simulation.world;
  const kinds = ['schedule-twice', 'schedule-late', 'schedule-silent'];
  let silentUntilMs = 0;

  const call = () => {
    const event = {
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: new Date(clock.nowMs()).toISOString(),
      detail: {},
    };
    fn.invoke(event, undefined, () => {});
  };
  const fire = () => {
    clock.after(everyMs, fire);
    if (clock.nowMs() < silentUntilMs || mayRest()) return;
    const fault = simulation.fault(`schedule/${name}`, kinds);
    const amount = fault?.amount ?? 0;
    switch (fault?.kind) {
      case 'schedule-silent':
        silentUntilMs = clock.nowMs() + amount * SILENT_MS_MAX;
        return;
      case 'schedule-late':
        clock.after(amount * LATE_MS_MAX, call);
        return;
      case 'schedule-twice':
        call();
        clock.after(amount * TWICE_WITHIN_MS, call);
        return;
      default:
        call();
    }
  };
  clock.after(everyMs, fire);
}
