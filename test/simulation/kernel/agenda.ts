/** What happens when. Of two things at the same time the one with the smaller tie comes first. */
export interface Agenda {
  readonly size: number;
  plan(entry: Entry): void;
  take(): Entry | undefined;
}

export interface Entry {
  readonly atMs: number;
  readonly tie: number;
  readonly what: () => void;
}

/** A binary heap. */
export function agenda(): Agenda {
  const heap: Entry[] = [];
  return {
    get size() {
      return heap.length;
    },
    plan(entry) {
      let at = heap.length;
      heap.push(entry);
      while (at > 0) {
        const up = (at - 1) >> 1;
        const parent = heap[up] as Entry;
        if (!isBefore(entry, parent)) break;
        heap[at] = parent;
        at = up;
      }
      heap[at] = entry;
    },
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) sink(heap, last);
      return first;
    },
  };
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs === b.atMs ? a.tie < b.tie : a.atMs < b.atMs;
}

function sink(heap: Entry[], entry: Entry): void {
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    if (left >= heap.length) break;
    const [one, two] = [heap[left] as Entry, heap[left + 1]];
    const isRight = two !== undefined && isBefore(two, one);
    const child = isRight ? two : one;
    if (!isBefore(child, entry)) break;
    heap[at] = child;
    at = isRight ? left + 1 : left;
  }
  heap[at] = entry;
}
