/** Lets so many in at a time; the others wait in the order of their coming. */
export interface Gate {
  /** True once inside; false if `signal` aborts first. */
  enter(signal: AbortSignal): Promise<boolean>;
  leave(): void;
}

export function gate(insideMax: number): Gate {
  let inside = 0;
  const waiting = new Set<() => void>();

  return {
    async enter(signal) {
      if (inside < insideMax) {
        inside++;
        return true;
      }
      return new Promise<boolean>((resolve) => {
        const admit = () => {
          signal.removeEventListener('abort', giveUp);
          resolve(true);
        };
        const giveUp = () => {
          waiting.delete(admit);
          resolve(false);
        };
        waiting.add(admit);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    },

    leave() {
      const [next] = waiting;
      if (next === undefined) {
        inside--;
        return;
      }
      // The place passes on, so that a newcomer cannot slip in between.
      waiting.delete(next);
      next();
    },
  };
}
