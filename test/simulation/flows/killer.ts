import type { Fault, Faults } from '../kernel/faults.ts';
import { KILL_BEFORE } from '../kernel/process.ts';

/** Kills whoever is at work in `deliver`, before the next step that it makes once it is armed. */
export interface Killer extends Faults {
  arm(): void;
}

export function killer(): Killer {
  const happened: Fault[] = [];
  let isArmed = false;
  return {
    happened,
    arm() {
      isArmed = happened.length === 0;
    },
    ask(place, kinds) {
      const isMeant = /^deliver\/\d+$/.test(place) && kinds.includes(KILL_BEFORE);
      if (!isArmed || !isMeant) return undefined;
      isArmed = false;
      const kill = { at: place, kind: KILL_BEFORE, amount: 0 };
      happened.push(kill);
      return kill;
    },
  };
}
