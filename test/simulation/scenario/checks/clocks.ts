import type { Fault } from '../../kernel/faults.ts';
import { SKEW_MS_MAX } from '../../kernel/process.ts';

/** How far the clocks of a run's processes were ever off, as its faults say. */
export interface Clocks {
  /** Every offset that the process's clock had, in order: its own time less the true one. */
  offsetsOf(process: string): readonly number[];
  /** How far ahead of the true time a clock may have been. */
  readonly aheadMs: number;
  /** How far behind it. */
  readonly behindMs: number;
  /** How far one clock may have jumped under way, all its jumps together. */
  readonly jumpMs: number;
}

const RIGHT: readonly number[] = [0];

export function clocksOf(faults: readonly Fault[]): Clocks {
  const offsets = new Map<string, number[]>();
  const jumps = new Map<string, number>();
  for (const { at, kind, amount } of faults) {
    if (!/^(skew|clock)-/.test(kind)) continue;
    const process = at.slice(0, at.lastIndexOf('#')).replace(/ birth$/, '');
    const ms = Math.round(SKEW_MS_MAX * amount) * (kind.endsWith('-back') ? -1 : 1);
    const isBirth = kind.startsWith('skew');
    const known = offsets.get(process) ?? (isBirth ? [] : [0]);
    offsets.set(process, [...known, (known.at(-1) ?? 0) + ms]);
    if (kind.startsWith('clock')) jumps.set(process, (jumps.get(process) ?? 0) + Math.abs(ms));
  }
  const all = [0, ...[...offsets.values()].flat()];
  return {
    offsetsOf: (process) => offsets.get(process) ?? RIGHT,
    aheadMs: Math.max(...all),
    behindMs: -Math.min(...all),
    jumpMs: Math.max(0, ...jumps.values()),
  };
}
