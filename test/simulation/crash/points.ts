import { keys } from '../../../lib/adapters/dynamodb/table.ts';
import type { Written } from '../dynamodb/table.ts';
import type { Faults } from '../kernel/faults.ts';
import { KILL_BEFORE, type Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';

export interface ListingOptions {
  /** Which functions are killed. */
  readonly functions: ReadonlySet<string>;
  /** Every await, and not only those at which something changes outside. */
  readonly isWhole: boolean;
  /** Told when somebody is killed. */
  readonly onKill?: () => void;
}

/** Faults that write down at which points they could have killed, from `begin` to `end`. */
export interface Listing extends Faults {
  /** The same simulation, whose processes say what they are about to do. */
  watching(simulation: Simulation): Simulation;
  begin(): void;
  end(): void;
  /** A row was changed, by whoever is at it. */
  wrote(written: Written): void;
  points(): readonly string[];
}

/** One call of a function by Lambda, as far as it can be told from outside. */
interface Invocation {
  readonly turn: number;
  isBusy: boolean;
  isKilled: boolean;
}

interface Point {
  readonly at: string;
  readonly in: Invocation;
  readonly hasEffect: boolean;
  readonly isFirst: boolean;
}

const TICK = 'tick';
const LAMBDA = 'lambda/';
const CHECKPOINT = keys.checkpoint('').pk;
const EFFECT = /^(send |sqs\.Send|dynamodb\.(Put|Update|Delete)Item)/;

/**
 * Whoever dies between two of its effects leaves the same behind, wherever it was: so the short
 * list has the first await of each invocation and then those with an effect, which are killed on
 * both sides of it. The whole list has every await. Ticks that change nothing but their own mark of
 * how far they have come are left out of both.
 */
export function listing(faults: Faults, options: ListingOptions): Listing {
  const { functions, isWhole, onKill } = options;
  const work = newWork();
  const found: Point[] = [];
  let isOn = false;
  /** Points before the last kill are of no interest for the next. */
  let killedAt = 0;

  return {
    get happened() {
      return faults.happened;
    },
    ask(place, kinds) {
      const isStep = kinds.includes(KILL_BEFORE);
      if (place.startsWith(LAMBDA)) work.called(functionOf(place.slice(LAMBDA.length)));
      const point = isStep ? work.stepped(place) : undefined;
      if (point !== undefined && isOn && functions.has(functionOf(place))) found.push(point);
      const fault = faults.ask(place, kinds);
      if (fault !== undefined && point !== undefined) {
        point.in.isKilled = true;
        killedAt = found.length - 1;
        onKill?.();
      }
      return fault;
    },
    watching: (simulation) => ({
      ...simulation,
      spawn: (name, more) => saying(simulation.spawn(name, more), work),
    }),
    begin() {
      isOn = true;
    },
    end() {
      isOn = false;
    },
    wrote({ after }) {
      if (after?.pk?.S?.startsWith(CHECKPOINT) !== true) work.changed();
    },
    points: () =>
      found.flatMap((point, at) => {
        const { isBusy, isKilled } = point.in;
        const isMeant = isWhole || point.hasEffect || point.isFirst || at === killedAt;
        return at >= killedAt && (isBusy || isKilled) && isMeant ? [point.at] : [];
      }),
  };
}

/** What every process is at. */
function newWork() {
  const times = new Map<string, number>();
  const turns = new Map<string, number>();
  const current = new Map<string, Invocation>();
  /** What the process is about to do that steps next, and whose step has its effect now. */
  const now = { does: '', atWork: '' };
  return {
    now,
    called: (fn: string) => void turns.set(fn, (turns.get(fn) ?? 0) + 1),
    stepped(process: string): Point {
      const n = (times.get(process) ?? 0) + 1;
      times.set(process, n);
      const fn = functionOf(process);
      const turn = turns.get(fn) ?? 0;
      const known = current.get(process);
      const isFirst = known?.turn !== turn;
      const invocation = isFirst ? { turn, isBusy: fn !== TICK, isKilled: false } : known;
      current.set(process, invocation);
      if (now.does.startsWith('sqs.')) invocation.isBusy = true;
      return { at: `${process}#${n}`, in: invocation, hasEffect: EFFECT.test(now.does), isFirst };
    },
    changed() {
      const invocation = current.get(now.atWork);
      if (invocation !== undefined) invocation.isBusy = true;
    },
  };
}

/** The process, which says what it is about to do. */
function saying(process: Process, { now }: ReturnType<typeof newWork>): Process {
  const step: Process['step'] = (what, effect) => {
    now.does = what;
    const answer = process.step(what, () => {
      now.atWork = process.name;
      return effect();
    });
    now.does = '';
    return answer;
  };
  return Object.create(process, { step: { value: step } }) as Process;
}

function functionOf(place: string): string {
  return /^[^/ ]+/.exec(place)?.[0] ?? '';
}
