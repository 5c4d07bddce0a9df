import type { Fault } from '../kernel/faults.ts';

/**
 * What SQS may do to us and the queue of the local run never does. Every figure is a most; zero
 * switches it off. What goes wrong beyond that is a fault, decided elsewhere one by one:
 *
 * - `sqs-late`: a message turns visible long after its delay is over.
 * - `sqs-duplicate`: it comes a second time, in the same batch or later, also after its delete.
 * - `sqs-early`: it turns visible while its consumer is still at it, long before its timeout.
 * - `sqs-lost`: it never comes. SQS promises better; our doorbells need not.
 * - `sqs-undeleted`: a delete is confirmed, and the message comes again all the same.
 * - `sqs-partial`: some entries of a batch are refused, the others taken.
 * - `sqs-throttled`: the request is refused.
 * - `sqs-lost-before`, `sqs-lost-after`: no answer comes; nothing was done, or all of it.
 * - `sqs-slow`: no answer comes in time, and the request is done after the client gave up.
 */
export interface Weaknesses {
  /** Each message turns visible up to this much late, so that later ones overtake it. */
  readonly jitterMs: number;
  readonly lateMs: number;
  readonly duplicateAfterMs: number;
  /** Hidden for less than this where its visibility timeout does not hold. */
  readonly earlyMs: number;
  /** A purge takes this long, and takes what is sent meanwhile along. */
  readonly purgeMs: number;
  readonly slowMs: number;
  /** How long the adapters' client waits for an answer, and how often it sends. */
  readonly timeoutMs: number;
  readonly attemptsMax: number;
}

/** What the product has to live with; the client's figures are those of `sqsClient`. */
export const AWS_WEAKNESSES: Weaknesses = {
  jitterMs: 40,
  lateMs: 15 * 60_000,
  duplicateAfterMs: 10 * 60_000,
  earlyMs: 20_000,
  purgeMs: 60_000,
  slowMs: 20_000,
  timeoutMs: 1_500,
  attemptsMax: 2,
};

/** As the queue of the local run is. */
export const NO_WEAKNESSES: Weaknesses = { ...AWS_WEAKNESSES, jitterMs: 0, purgeMs: 0 };

export type Ask = (place: string, kinds: readonly string[]) => Fault | undefined;
