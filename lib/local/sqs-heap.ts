/** What becomes visible when: a binary heap on `atMs`, smallest first. */
export interface Timed {
  readonly atMs: number;
}

export interface Heap<T extends Timed> {
  push(item: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
}

export function heap<T extends Timed>(): Heap<T> {
  const items: T[] = [];
  const at = (index: number) => items[index]?.atMs ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number) => {
    const [left, right] = [items[a], items[b]];
    if (left === undefined || right === undefined) return;
    items[a] = right;
    items[b] = left;
  };
  return {
    push(item) {
      let index = items.push(item) - 1;
      while (index > 0) {
        const parent = (index - 1) >> 1;
        if (at(parent) <= at(index)) return;
        swap(parent, index);
        index = parent;
      }
    },
    peek: () => items[0],
    pop() {
      swap(0, items.length - 1);
      const smallest = items.pop();
      for (let index = 0; index < items.length; ) {
        const left = 2 * index + 1;
        const child = at(left + 1) < at(left) ? left + 1 : left;
        if (at(index) <= at(child)) break;
        swap(index, child);
        index = child;
      }
      return smallest;
    },
  };
}
