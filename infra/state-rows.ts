import type { Grantee } from './service-function.ts';

export type Action = 'GetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'DeleteItem';

/** Conditions of a statement, as IAM writes them. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A statement about these partitions of its table and no others. */
export const rowsOf = (...partitions: readonly string[]): Conditions => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
});

const CLAIM_ROWS = rowsOf('CLAIM#*');
const LINE_ROWS = rowsOf('LINE#*');
const JOB_ROWS = rowsOf('JOBS', 'JOB-MARKS');
const PROGRESS_ROWS = rowsOf('CHECKPOINT#*', 'SWEEPS', 'JOBS', 'JOB-MARKS', 'HEALTHCHECKS');
/** Breakers, limits and drains, and the sweeps that start a drain anew. */
const OUTAGE_ROWS = rowsOf('B#*', 'L#*', 'DRAIN#*', 'SWEEPS');

type Let = (fn: Grantee, actions: readonly Action[], rows: Conditions) => void;

/** Who may do what with the rows of the state table: of each kind by itself, in the domain's words. */
export class StateRows {
  readonly #let: Let;

  constructor(letOnState: Let) {
    this.#let = letOnState;
  }

  /** Who is last in a line, and a place behind. */
  letStandInLine(fn: Grantee): void {
    this.#let(fn, ['Query', 'PutItem'], LINE_ROWS);
  }

  /** The place that a delivery had. */
  letStandInLineAgain(fn: Grantee): void {
    this.#let(fn, ['PutItem'], LINE_ROWS);
  }

  /** Who is first in a line, its lock, and what becomes of places. */
  letKeepLines(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'Query', 'PutItem', 'DeleteItem'], LINE_ROWS);
  }

  /** Claims of what may be done once, and the answers that were given. */
  letClaim(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'PutItem', 'UpdateItem'], CLAIM_ROWS);
  }

  /** The same where nothing is kept but that it was there. */
  letDeduplicate(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'PutItem'], CLAIM_ROWS);
  }

  /** What services answered, for when they do not. */
  letKeepCallAnswers(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'PutItem'], rowsOf('ANSWER#*'));
  }

  /** Checkpoints, sweeps, health checks, and jobs that nobody is at. */
  letKeepProgress(fn: Grantee): void {
    const all = ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'] as const;
    this.#let(fn, all, PROGRESS_ROWS);
  }

  letWatchHealth(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'UpdateItem'], rowsOf('HEALTHCHECKS'));
  }

  letOrderJobs(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'Query', 'PutItem', 'DeleteItem'], JOB_ROWS);
  }

  letRunJobs(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'PutItem', 'DeleteItem'], JOB_ROWS);
  }

  /** Breakers, limits and drains as one who makes calls leaves them: moved on, never removed. */
  letMoveBreakers(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'PutItem', 'UpdateItem'], OUTAGE_ROWS);
  }

  letEndDrains(fn: Grantee): void {
    this.#let(fn, ['DeleteItem'], rowsOf('DRAIN#*'));
  }

  letReadBreakerHistory(fn: Grantee): void {
    this.#let(fn, ['Query'], rowsOf('B#*'));
  }
}
