/**
 * The visible messages of a queue, in the order in which a receive finds them: the group with the
 * fewest messages in flight first, then the oldest message. So a group that fills the queue, or
 * whose messages take long, yields to the quiet ones, as in the fair queues of SQS.
 */
export interface FairReady<T> {
  add(group: string, item: T): void;
  /** Takes the next one out. */
  next(): T | undefined;
  /** A message of the group went into flight, or came out of it. */
  started(group: string): void;
  settled(group: string): void;
}

interface Group<T> {
  items: { readonly order: number; readonly item: T }[];
  head: number;
  inFlight: number;
}

/** Consumed slots an array may carry before they are cut off: keeps taking cheap on long queues. */
const CONSUMED_SLOTS_MAX = 1024;

/** Items for which `isCurrent` no longer holds are passed over. */
export function fairReady<T>(isCurrent: (item: T) => boolean): FairReady<T> {
  const groups = new Map<string, Group<T>>();
  let order = 0;

  function groupOf(name: string): Group<T> {
    const known = groups.get(name);
    if (known !== undefined) return known;
    const group: Group<T> = { items: [], head: 0, inFlight: 0 };
    groups.set(name, group);
    return group;
  }
  function headOf(group: Group<T>) {
    for (; group.head < group.items.length; group.head += 1) {
      const head = group.items[group.head];
      if (head !== undefined && isCurrent(head.item)) return head;
    }
    return undefined;
  }
  function shift(group: Group<T>) {
    group.head += 1;
    if (group.head < CONSUMED_SLOTS_MAX) return;
    group.items = group.items.slice(group.head);
    group.head = 0;
  }

  return {
    add(name, item) {
      order += 1;
      groupOf(name).items.push({ order, item });
    },
    next() {
      let best: { readonly group: Group<T>; readonly order: number; readonly item: T } | undefined;
      for (const [name, group] of groups) {
        const head = headOf(group);
        if (head === undefined) {
          if (group.inFlight === 0) groups.delete(name);
          continue;
        }
        const isQuieter = best === undefined || group.inFlight < best.group.inFlight;
        const isOlder = best?.group.inFlight === group.inFlight && head.order < best.order;
        if (isQuieter || isOlder) best = { group, ...head };
      }
      if (best !== undefined) shift(best.group);
      return best?.item;
    },
    started(name) {
      groupOf(name).inFlight += 1;
    },
    settled(name) {
      groupOf(name).inFlight -= 1;
    },
  };
}
