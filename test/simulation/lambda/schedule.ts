import type { Simulation } from '../kernel/simulate.ts';
import type { ModelFunction } from './function.ts';

export interface ScheduleOptions {
  readonly name: string;
  readonly fn: ModelFunction;
  readonly everyMs: number;
  /** Where it is absent no call is left out. */
  readonly rest?: Rest;
}

/** Which calls are left out, because they are known to find nothing to do. */
export interface Rest {
  /** Until when there is nothing to do if nothing happens meanwhile; the past: there is. */
  untilMs(): number;
  /** `look` is to be called whenever that may be earlier than it was. */
  onChange(look: () => void): void;
  /** Told of each call that is not left out. */
  onTick(atMs: number): void;
}

const TWICE_WITHIN_MS = 60_000;
const LATE_MS_MAX = 10 * 60_000;
const SILENT_MS_MAX = 60 * 60_000;
const NO_REST: Rest = { untilMs: () => 0, onChange() {}, onTick() {} };

/**
 * A rule that calls a function again and again, without a retry. Faults: `schedule-twice`,
 * `schedule-late`, `schedule-silent` (not once for up to an hour).
 */
export function schedule(simulation: Simulation, options: ScheduleOptions): void {
  const { name, fn, everyMs, rest = NO_REST } = options;
  const { clock } = simulation.world;
  const kinds = ['schedule-twice', 'schedule-late', 'schedule-silent'];
  const place = `schedule/${name}`;
  let silentUntilMs = 0;
  let nextMs = Number.POSITIVE_INFINITY;
  let lastMs = simulation.startMs;

  const call = () => {
    const event = {
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: new Date(clock.nowMs()).toISOString(),
      detail: {},
    };
    fn.invoke(event, undefined, () => {});
  };
  /** Plans the first minute from then on that is still to come. */
  const planFrom = (wantedMs: number) => {
    const earliestMs = Math.max(wantedMs, lastMs + everyMs, clock.nowMs());
    const turns = Math.ceil((earliestMs - simulation.startMs) / everyMs);
    const atMs = simulation.startMs + turns * everyMs;
    if (atMs >= nextMs) return;
    nextMs = atMs;
    clock.after(atMs - clock.nowMs(), () => {
      // Another minute was planned that comes before.
      if (nextMs === atMs) turn();
    });
  };
  const turn = () => {
    const nowMs = clock.nowMs();
    nextMs = Number.POSITIVE_INFINITY;
    lastMs = nowMs;
    const restUntilMs = Math.max(rest.untilMs(), silentUntilMs);
    if (restUntilMs > nowMs) return planFrom(restUntilMs);
    rest.onTick(nowMs);
    fire();
    planFrom(Math.max(rest.untilMs(), silentUntilMs));
  };
  const fire = () => {
    const fault = simulation.fault(place, kinds);
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
  rest.onChange(() => planFrom(silentUntilMs));
  planFrom(0);
}
