import type { Metric } from '../../../lib/app/ports.ts';
import type { FlushedTelemetry } from '../../../lib/runtime/telemetry.ts';

export interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly from: string;
}

/** What all functions have said and counted. */
export interface Log {
  /** The last lines, the oldest first. */
  readonly lines: readonly Line[];
  readonly counts: ReadonlyMap<Metric, number>;
  telemetryOf(from: string): FlushedTelemetry;
}

const LINES_MAX = 400;

export function productLog(hear: (line: Line) => void = () => {}): Log {
  const lines: Line[] = [];
  const counts = new Map<Metric, number>();
  return {
    lines,
    counts,
    telemetryOf(from) {
      const say = (level: Line['level']) => (message: string, fields: Line['fields']) => {
        const line = { level, message, fields, from };
        if (lines.length >= 2 * LINES_MAX) lines.splice(0, LINES_MAX);
        lines.push(line);
        hear(line);
      };
      return {
        info: say('info'),
        warn: say('warn'),
        error: say('error'),
        count(metric, value = 1) {
          counts.set(metric, (counts.get(metric) ?? 0) + value);
        },
        millis() {},
        scope() {},
        flush() {},
        middlewares: [],
      };
    },
  };
}
