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
const JOB_ROWS = rowsOf('JOBS');
const JOB_MARK_ROWS = rowsOf('JOB-MARKS');
const HEALTH_ROWS = rowsOf('HEALTHCHECKS');
const BREAKER_ROWS = rowsOf('B#*');
const DRAIN_ROWS = rowsOf('DRAIN#*');

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

  /** Checkpoints, and what is taken away when it is over: sweeps, marks of jobs, health checks. */
  letKeepProgress(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'PutItem'], rowsOf('CHECKPOINT#*'));
    this.#let(fn, ['GetItem'], JOB_ROWS);
    this.#let(fn, ['GetItem', 'Query', 'DeleteItem'], rowsOf('SWEEPS', 'JOB-MARKS'));
    this.#let(fn, ['GetItem', 'Query', 'UpdateItem', 'DeleteItem'], HEALTH_ROWS);
  }

  letWatchHealth(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'UpdateItem'], HEALTH_ROWS);
  }

  /** A job stays until it expires; its mark goes when it is over. */
  letOrderJobs(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'Query', 'PutItem'], JOB_ROWS);
    this.#let(fn, ['Query', 'PutItem', 'DeleteItem'], JOB_MARK_ROWS);
  }

  letRunJobs(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'PutItem'], JOB_ROWS);
    this.#let(fn, ['DeleteItem'], JOB_MARK_ROWS);
  }

  /** As one who makes calls leaves them: moved on, with what moved them, never removed. */
  letMoveBreakers(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'PutItem', 'UpdateItem'], BREAKER_ROWS);
  }

  letLookAtBreakers(fn: Grantee): void {
    this.#let(fn, ['GetItem'], BREAKER_ROWS);
  }

  letTakeFromLimits(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'UpdateItem'], rowsOf('L#*'));
  }

  /** The drain, and the sweep that starts it anew. */
  letStartDrains(fn: Grantee): void {
    this.#let(fn, ['GetItem', 'PutItem'], DRAIN_ROWS);
    this.#let(fn, ['PutItem'], rowsOf('SWEEPS'));
  }

  letEndDrains(fn: Grantee): void {
    this.#let(fn, ['DeleteItem'], DRAIN_ROWS);
  }

  letReadBreakerHistory(fn: Grantee): void {
    this.#let(fn, ['Query'], BREAKER_ROWS);
  }
}
