import { type Fault, type Faults, listedFaults, randomFaults } from '../kernel/faults.ts';
import { SKEW_MS_MAX } from '../kernel/process.ts';

/** What a scenario is played in. */
export interface Weather {
  readonly name: string;
  readonly seed: number;
  /** Anew for each run: they count. */
  readonly faults: () => Faults;
  /** Nobody dies and every answer is heard: then counts are exact. */
  readonly isFair: boolean;
}

/** Of the first instances of each function one is 5 s ahead and one 5 s behind. */
const SKEWED: readonly Fault[] = ['deliver', 'work', 'tick'].flatMap((name) => [
  { at: `${name}/1 birth#1`, kind: 'skew-forward', amount: 5_000 / SKEW_MS_MAX },
  { at: `${name}/2 birth#1`, kind: 'skew-back', amount: 5_000 / SKEW_MS_MAX },
]);

const STORM = {
  ...{ 'kill-before': 0.002, 'kill-after': 0.002, 'lambda-cold': 0.1 },
  ...{ 'dynamodb-throttle': 0.02, 'dynamodb-lost-before': 0.01, 'dynamodb-lost-after': 0.03 },
  ...{ 'sqs-duplicate': 0.1, 'sqs-lost': 0.03, 'sqs-lost-after': 0.03, 'poller-died': 0.02 },
};

const SEEDS = [1, 2];

/** Each weather with each seed. */
export const everywhere: readonly Weather[] = SEEDS.flatMap((seed) => [
  { name: 'in calm', seed, isFair: true, faults: () => listedFaults([]) },
  { name: 'with clocks 5 s off', seed, isFair: true, faults: () => listedFaults(SKEWED) },
  { name: 'in a storm', seed, isFair: false, faults: () => randomFaults(seed, STORM) },
]);
