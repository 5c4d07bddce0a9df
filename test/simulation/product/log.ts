import type { Metric } from '../../../lib/names.ts';
import { stripped } from '../../../lib/runtime/escaping-errors.ts';
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
  /** Every name of a figure, with the reason that it was counted for. */
  readonly figures: ReadonlySet<string>;
  telemetryOf(from: string): FlushedTelemetry;
}

const LINES_MAX = 400;

export function productLog(
  hear: (line: Line) => void = () => {},
  onEscape: (error: unknown) => void = () => {},
): Log {
  const lines: Line[] = [];
  const counts = new Map<Metric, number>();
  const figures = new Set<string>();
  return {
    lines,
    counts,
    figures,
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
        count(metric, value = 1, reason = '') {
          figures.add(`${metric} ${reason}`);
          counts.set(metric, (counts.get(metric) ?? 0) + value);
        },
        millis() {},
        scope() {},
        flush() {},
        // As Powertools' telemetry has it: what a handler throws is printed by Lambda.
        middlewares: [{ onError: ({ error }) => onEscape(stripped(error)) }],
      };
    },
  };
}
