import { hashOf, unitOf } from '../../../lib/local/faults/dice.ts';
import type { Core } from './core.ts';
import {
  type Inside,
  KILL_AFTER,
  KILL_BEFORE,
  type Life,
  type ProcessOptions,
  SKEW_MS_MAX,
} from './process.ts';

const AT_STEP = [KILL_BEFORE, KILL_AFTER, 'clock-back', 'clock-forward'];
const AT_BIRTH = ['skew-back', 'skew-forward'];

/** A process on the core; what it waits for is the core's. */
export function spawn(core: Core, name: string, options: ProcessOptions = {}): Inside {
  const { isMortal = false, onDeath } = options;
  const hash = hashOf(name);
  let life: Life = 'running';
  let offsetMs = 0;
  let turns = 0;
  let tasks = 0;
  let pending = 0;
  let waiting: (() => void)[] = [];

  const draw = () => unitOf(core.seed, hash, turns++);
  const plan = (inMs: number, what: () => void) => core.plan(inMs, draw(), what);

  function shift(kind: string, amount: number) {
    const ms = Math.round(SKEW_MS_MAX * amount);
    if (kind.endsWith('-back')) offsetMs -= ms;
    if (kind.endsWith('-forward')) offsetMs += ms;
  }
  /** Carries on with something that was waited for, when the process is there for it. */
  function arrive(work: () => void) {
    if (life === 'dead') return;
    if (life === 'frozen') {
      waiting.push(() => arrive(work));
      return;
    }
    pending -= 1;
    core.touch(self);
    work();
  }
  /** Work of a timer that throws ends its process, as on the real machine. */
  function guarded(work: () => void) {
    try {
      work();
    } catch (error) {
      if (onDeath === undefined) throw error;
      self.kill(`threw: ${error}`);
    }
  }
  const travelMs = () => Math.floor(core.latencyMs * draw());
  /** What goes wrong at the step that begins. */
  function stumble(what: string) {
    const fault = isMortal && life !== 'dead' ? core.fault(name, AT_STEP) : undefined;
    if (fault !== undefined) shift(fault.kind, fault.amount);
    if (fault?.kind === KILL_BEFORE) self.kill(`${KILL_BEFORE} ${what}`);
    return fault?.kind;
  }

  const self: Inside = {
    name,
    random: core.draws(`${name} random`),
    get life() {
      return life;
    },
    clock: {
      nowMs: () => core.nowMs() + offsetMs,
      sleep(ms) {
        const fault = stumble('sleep');
        return new Promise((resolve) => {
          if (life === 'dead') return;
          pending += 1;
          plan(ms, () => {
            if (fault === KILL_AFTER) self.kill(`${KILL_AFTER} sleep`);
            arrive(resolve);
          });
        });
      },
      after(ms, work) {
        if (life === 'dead') return () => {};
        let isOver = false;
        pending += 1;
        const ring = () => {
          if (isOver || life === 'dead') return;
          if (life === 'frozen') {
            waiting.push(ring);
            return;
          }
          isOver = true;
          arrive(() => guarded(work));
        };
        plan(ms, ring);
        return () => {
          if (!isOver) pending -= 1;
          isOver = true;
        };
      },
    },
    start(work, onEnd) {
      if (life === 'dead') return;
      tasks += 1;
      core.touch(self);
      const end = (outcome: Parameters<typeof onEnd>[0]) => {
        if (life === 'dead') return;
        tasks -= 1;
        onEnd(outcome);
      };
      (async () => work())().then(
        (value) => end({ kind: 'done', value }),
        (error: unknown) => end({ kind: 'failed', error }),
      );
    },
    step<T>(what: string, effect: () => T | Promise<T>) {
      const fault = stumble(what);
      return new Promise<T>((resolve, reject) => {
        if (life === 'dead') return;
        pending += 1;
        const answer = (settle: () => void) => {
          if (fault === KILL_AFTER) self.kill(`${KILL_AFTER} ${what}`);
          if (life === 'dead') return;
          const backMs = draw() < 0.5 ? 0 : travelMs();
          if (backMs === 0) arrive(settle);
          else plan(backMs, () => arrive(settle));
        };
        const reach = () => {
          // Whether the request had left when its sender died or froze is anybody's guess.
          if (life !== 'running' && draw() < 0.5) {
            if (life === 'frozen') waiting.push(reach);
            return;
          }
          core.note(name, what);
          core.perform(effect, (outcome) =>
            answer(() =>
              outcome.kind === 'done' ? resolve(outcome.value) : reject(outcome.error),
            ),
          );
        };
        plan(travelMs(), reach);
      });
    },
    kill(why) {
      if (life === 'dead') return;
      core.note(name, `dies: ${why}`);
      life = 'dead';
      waiting = [];
      onDeath?.(why);
    },
    freeze() {
      if (life === 'running') life = 'frozen';
    },
    thaw() {
      if (life !== 'frozen') return;
      life = 'running';
      const arrived = waiting;
      waiting = [];
      for (const work of arrived) plan(0, work);
    },
    isAstray: () => life === 'running' && tasks > 0 && pending === 0,
    crash(error) {
      if (onDeath === undefined) core.fail(`${name} let a promise fail unheard: ${error}`);
      else self.kill(`unheard: ${error}`);
    },
  };
  const skew = isMortal ? core.fault(`${name} birth`, AT_BIRTH) : undefined;
  if (skew !== undefined) shift(skew.kind, skew.amount);
  return self;
}
