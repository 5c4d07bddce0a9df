/** What has to be undone, last thing first. */
export interface Unwind {
  push(undo: () => Promise<void>): void;
  /** Undoes everything once; a failure does not keep the rest from being undone. */
  all(): Promise<void>;
}

export function unwinding(): Unwind {
  const undos: (() => Promise<void>)[] = [];
  return {
    push: (undo) => void undos.push(undo),
    async all() {
      const failures: unknown[] = [];
      for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
        await undo().catch((error) => failures.push(error));
      }
      if (failures.length > 0) throw new AggregateError(failures, 'The local run did not end well');
    },
  };
}
