import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DEFECT } from './defect.ts';
import type { Hunted, HuntOptions } from './hunt.ts';

const HERE = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const PLANT = HERE('plant.ts');
const HUNT = HERE('hunt.ts');
/** Starting a child, and the run that is under way when its time is over. */
const GRACE_MS = 120_000;
const OUTPUT_BYTES_MAX = 1_000_000;

/** Hunts a defect in a process of its own; without a name, hunts in the code as it is. */
export async function hunted(defect: string | undefined, options: HuntOptions): Promise<Hunted> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', PLANT, HUNT, JSON.stringify(options)],
    {
      env: { ...process.env, [DEFECT]: defect ?? '' },
      timeout: options.mostMs + GRACE_MS,
      maxBuffer: OUTPUT_BYTES_MAX,
    },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Hunted;
}

/** Times that a find turned out to be one of the code as it is, and the hunt went on. */
const FALSE_FINDS_MAX = 20;

/** Trials that fail in the code as it is, as far as is known, and those that do not. */
export interface Innocence {
  readonly guilty: Set<string>;
  readonly innocent: Set<string>;
}

/**
 * Hunts until something fails that is well without the defect. A trial that fails without it as
 * well says nothing, and is left out from then on.
 */
export async function found(
  defect: string,
  bound: Omit<HuntOptions, 'without' | 'only'>,
  { guilty, innocent }: Innocence,
): Promise<Hunted> {
  for (let finds = 0; finds < FALSE_FINDS_MAX; finds++) {
    const hunt = await hunted(defect, { ...bound, without: [...guilty] });
    const [find] = hunt.finds;
    if (find === undefined || innocent.has(find.trial)) return hunt;
    const bare = await hunted(undefined, { ...bound, without: [], only: find.trial });
    (bare.finds.length === 0 ? innocent : guilty).add(find.trial);
    if (bare.finds.length === 0) return hunt;
  }
  throw new Error(`${defect}: more than ${FALSE_FINDS_MAX} trials fail without it.`);
}
