import { shrunk } from './shrunk.ts';
import { NOTHING, sumOf, type Tally } from './tally.ts';
import { TOLD_TRACE_MAX, telling } from './telling.ts';
import { shrunkText } from './text.ts';
import { tried } from './tried.ts';

/** What came of seeds one after the other, to the first that fails. */
export interface Block {
  readonly tally: Tally;
  /** The failing one, shrunk as far as it went in few runs, with its trace. */
  readonly failure: string | undefined;
}

const DAYS = 7;
/** A test has not the time to look for the very fewest faults: `npm run simulate` has. */
const RUNS_MAX = 40;

export async function blockOf(from: number, count: number): Promise<Block> {
  let tally = NOTHING;
  for (let seed = from; seed < from + count; seed++) {
    const { report, tally: one } = await tried({ seed, days: DAYS });
    tally = sumOf(tally, one);
    if (report.failure !== undefined) return { tally, failure: await told(seed) };
  }
  return { tally, failure: undefined };
}

async function told(seed: number): Promise<string> {
  const found = await shrunk({ seed, days: DAYS }, { runsMax: RUNS_MAX });
  if (found === undefined) return `seed ${seed} failed, and does not fail a second time`;
  const { report } = await tried({ ...found, traceMax: TOLD_TRACE_MAX });
  const text = shrunkText(found, telling(report.trace.lines()));
  return `${text}\n  again: npm run simulate -- --seed ${seed}`;
}
