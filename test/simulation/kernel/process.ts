import type { Clock } from '../../../lib/app/ports.ts';
import type { Draws } from './draws.ts';

/** How a piece of work ended that was not killed. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown };

export type Life = 'running' | 'frozen' | 'dead';

/** Something with a memory and a clock of its own: a function instance, a caller, the world. */
export interface Process {
  readonly name: string;
  /** Its own idea of the time, which may be wrong and may jump. */
  readonly clock: Clock;
  readonly random: Draws;
  readonly life: Life;
  /** Runs work in it. `onEnd` is never told of work that died with its process. */
  start<T>(work: () => T | Promise<T>, onEnd: (outcome: Outcome<T>) => void): void;
  /**
   * The one way to wait for something outside: the request travels, has its effect, and the answer
   * travels back. The process can die on either side of the effect.
   */
  step<T>(name: string, effect: () => T | Promise<T>): Promise<T>;
  /** Nothing of it ever runs again: no continuation, no `finally`. */
  kill(why: string): void;
  /** What arrives meanwhile waits for `thaw`. */
  freeze(): void;
  thaw(): void;
}

export interface ProcessOptions {
  /** Whether faults may kill it and put its clock wrong. */
  readonly isMortal?: boolean;
  /** Told once, also of a promise that failed unheard; without it that fails the run. */
  readonly onDeath?: (why: string) => void;
}

/** What the core sees of a process. */
export interface Inside extends Process {
  /** It works on something, yet has asked for nothing: it waits for what the kernel does not own. */
  isAstray(): boolean;
  crash(error: unknown): void;
}

export const KILL_BEFORE = 'kill-before';
export const KILL_AFTER = 'kill-after';
/** How far a clock may be off, and how far it jumps. */
export const SKEW_MS_MAX = 30_000;
