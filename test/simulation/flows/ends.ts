import type { End, EndCheck } from '../crash/crash-story.ts';
import { eventOf } from '../crash/judge.ts';
import { hostOf } from '../crash/stage.ts';
import type { Entry } from '../destinations/receivers.ts';

/** How a flow says what receivers were to see. */

/** What the host of this name has read, in order. */
export function requestsTo({ stage }: End, name: string): readonly Entry[] {
  return stage.product.receivers.ledger.filter(({ host }) => host === hostOf(name));
}

/** Exactly so many requests, by the name of the host. */
export function requests(by: Readonly<Record<string, number>>): EndCheck {
  return (end) => {
    for (const [name, count] of Object.entries(by)) {
      const { length } = requestsTo(end, name);
      if (length !== count) return `${name} got ${length} requests, not ${count}`;
    }
    return undefined;
  };
}

/** One request for each of these events. */
export function once(ids: readonly string[]): EndCheck {
  return ({ stage }) => {
    for (const id of ids) {
      const count = stage.product.receivers.ledger.filter((one) => eventOf(one) === id).length;
      if (count !== 1) return `${count} requests for ${id}`;
    }
    return undefined;
  };
}

/** The requests to this host came at these times after the acceptance of their event. */
export function at(name: string, times: readonly number[], lateMs: number): EndCheck {
  return (end) => {
    const acceptedAtMs = new Map(end.events.map((event) => [event.id, event.acceptedAtMs]));
    for (const [n, entry] of requestsTo(end, name).entries()) {
      const afterMs = entry.atMs - (acceptedAtMs.get(eventOf(entry)) ?? 0);
      const wantedMs = times[n] ?? 0;
      if (afterMs < wantedMs || afterMs > wantedMs + lateMs) {
        return `${name} got its request ${n + 1} after ${afterMs} ms, not ${wantedMs}`;
      }
    }
    return undefined;
  };
}

/** All of them were read within this time of the first acceptance. */
export function allWithin(ms: number): EndCheck {
  return ({ stage, events }) => {
    const fromMs = Math.min(...events.map(({ acceptedAtMs }) => acceptedAtMs));
    const late = stage.product.receivers.ledger.find(({ atMs }) => atMs > fromMs + ms);
    return late && `${eventOf(late)} came to ${late.host} after ${late.atMs - fromMs} ms`;
  };
}

/** What these events are came within this time of their own acceptance. */
export function soon(ids: readonly string[], ms: number): EndCheck {
  return ({ stage, events }) => {
    for (const { id, acceptedAtMs } of events.filter((event) => ids.includes(event.id))) {
      const first = stage.product.receivers.ledger.find((entry) => eventOf(entry) === id);
      const afterMs = (first?.atMs ?? Number.POSITIVE_INFINITY) - acceptedAtMs;
      if (afterMs > ms) return `${id} came after ${afterMs} ms`;
    }
    return undefined;
  };
}

/** Never more than this many requests under way at a time. */
export function sideBySide(name: string, most: number): EndCheck {
  return (end) => {
    const entries = requestsTo(end, name);
    for (const { atMs } of entries) {
      const count = entries.filter((one) => one.atMs <= atMs && one.untilMs > atMs).length;
      if (count > most) return `${count} requests to ${name} at a time`;
    }
    return undefined;
  };
}

/** In no stretch of this length more requests than this. */
export function perStretch(name: string, ms: number, most: number): EndCheck {
  return (end) => {
    const entries = requestsTo(end, name);
    for (const { atMs } of entries) {
      const count = entries.filter((one) => one.atMs >= atMs && one.atMs < atMs + ms).length;
      if (count > most) return `${count} requests to ${name} in ${ms} ms`;
    }
    return undefined;
  };
}

/** All of them carry this, or do not where `value` is undefined. */
export function header(name: string, field: string, value: string | undefined): EndCheck {
  return (end) => {
    const wrong = requestsTo(end, name).find(({ headers }) => headers[field] !== value);
    return wrong && `${name} got ${field}: ${wrong.headers[field]}`;
  };
}
