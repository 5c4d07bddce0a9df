import type { CrashCount } from './crash.ts';
import type { Range } from './options.ts';
import type { Shrunk } from './shrunk.ts';
import type { Tally } from './tally.ts';

/** What a worker is told to do, one at a time. */
export type Job =
  | { readonly kind: 'seeds'; readonly range: Range; readonly days: number }
  | { readonly kind: 'shrink'; readonly seed: number; readonly days: number }
  | { readonly kind: 'crash'; readonly story: number; readonly isPairs: boolean };

/** What a worker says. */
export type Said =
  /** The job is done. */
  | { readonly kind: 'idle' }
  /** It is still at it. */
  | { readonly kind: 'alive' }
  | {
      readonly kind: 'seed';
      readonly seed: number;
      readonly failure: string | undefined;
      readonly tally: Tally;
    }
  /** The run itself broke: no check said so. */
  | { readonly kind: 'broken'; readonly what: string; readonly error: string }
  | { readonly kind: 'shrunk'; readonly shrunk: Shrunk; readonly trace: readonly string[] }
  | { readonly kind: 'crash'; readonly count: CrashCount };

/** As it stands in a report. */
export function jobText(job: Job): string {
  switch (job.kind) {
    case 'seeds':
      return `seeds ${job.range.from} to ${job.range.from + job.range.count - 1}`;
    case 'shrink':
      return `shrinking seed ${job.seed}`;
    case 'crash':
      return `crash story ${job.story}`;
  }
}
