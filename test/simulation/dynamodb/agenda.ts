/** What happens at a time; of two at the same time the earlier one planned comes first. */
export interface Agenda<T> {
  readonly size: number;
  plan(atMs: number, what: T): void;
  /** Takes the first of what is due by then. */
  take(nowMs: number): Due<T> | undefined;
  /** When the first is due. */
  firstMs(): number;
}

export interface Due<T> {
  readonly atMs: number;
  readonly what: T;
}

interface Entry<T> extends Due<T> {
  readonly turn: number;
}

export function agenda<T>(): Agenda<T> {
  const heap: Entry<T>[] = [];
  let turns = 0;
  return {
    get size() {
      return heap.length;
    },
    firstMs: () => heap[0]?.atMs ?? Number.POSITIVE_INFINITY,
    plan(atMs, what) {
      heap.push({ atMs, what, turn: turns++ });
      rise(heap, heap.length - 1);
    },
    take(nowMs) {
      const first = heap[0];
      if (first === undefined || first.atMs > nowMs) return undefined;
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) {
        heap[0] = last;
        sink(heap);
      }
      return first;
    },
  };
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.atMs === b.atMs ? a.turn < b.turn : a.atMs < b.atMs;
}

function rise<T>(heap: Entry<T>[], from: number): void {
  for (let at = from; at > 0; ) {
    const up = (at - 1) >> 1;
    const [child, parent] = [heap[at], heap[up]];
    if (child === undefined || parent === undefined || !isBefore(child, parent)) return;
    heap[at] = parent;
    heap[up] = child;
    at = up;
  }
}

function sink<T>(heap: Entry<T>[]): void {
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    const [one, two] = [heap[left], heap[left + 1]];
    const down = two !== undefined && one !== undefined && isBefore(two, one) ? left + 1 : left;
    const [parent, child] = [heap[at], heap[down]];
    if (parent === undefined || child === undefined || !isBefore(child, parent)) return;
    heap[at] = child;
    heap[down] = parent;
    at = down;
  }
}
