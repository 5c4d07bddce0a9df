import type { Delivery } from '../../../lib/domain/delivery.ts';
import type { EndCheck } from './crash-story.ts';
import { eventOf, targetsOf } from './judge.ts';

/** How a story says that it ended as it should. */

/** As many events are stored as were published; where the caller names none, one more per kill. */
export function stored(count: number, isOnce = true): EndCheck {
  return ({ events, kills }) => {
    const most = isOnce ? count : count + kills;
    if (events.length >= count && events.length <= most) return undefined;
    return `${events.length} events are stored, not ${count}`;
  };
}

/** Every delivery, of whatever event, has this status; by the name of its integration. */
export function ended(by: Readonly<Record<string, Delivery['state']['status']>>): EndCheck {
  return (end) => {
    const names = new Map(
      [...end.stage.book.integrations.values()].map(({ id, name }) => [id, name]),
    );
    for (const { what, integrationId, delivery } of targetsOf(end)) {
      const wanted = by[names.get(integrationId) ?? ''];
      const status = delivery?.state.status;
      if (status !== wanted) return `${what} is ${status}, not ${wanted}`;
    }
    return undefined;
  };
}

/** Every delivery went this way: `primary`, `fallback:1` … */
export function via(way: string): EndCheck {
  return (end) => {
    for (const { what, delivery } of targetsOf(end)) {
      const state = delivery?.state;
      if (state?.status === 'delivered' && state.via !== way) return `${what} went by ${state.via}`;
    }
    return undefined;
  };
}

/** No delivery has more attempts on record than its schedule allows. */
export function attemptsMax(most: number): EndCheck {
  return (end) => {
    const over = targetsOf(end).find(({ delivery }) => (delivery?.attempts.length ?? 0) > most);
    return over && `${over.what} had ${over.delivery?.attempts.length} attempts`;
  };
}

/** No host got an event more often than this, and once more for each kill. */
export function requestsMax(most: number): EndCheck {
  return ({ stage, kills }) => {
    const { ledger } = stage.product.receivers;
    const counts = Map.groupBy(ledger, (entry) => `${eventOf(entry)} at ${entry.host}`);
    const [over] = [...counts].filter(([, requests]) => requests.length > most + kills);
    return over && `${over[0]}: ${over[1].length} requests, not ${most}`;
  };
}

/** The receivers saw these events one after the other, none again after the next had begun. */
export function inOrder(idsOf: readonly string[]): EndCheck {
  return ({ stage }) => {
    const seen = stage.product.receivers.ledger.map(eventOf);
    const places = seen.map((id) => idsOf.indexOf(id)).filter((at) => at >= 0);
    const isSorted = places.every((at, n) => n === 0 || at >= (places[n - 1] ?? 0));
    return isSorted ? undefined : `they came as ${seen.join()}`;
  };
}

/** What the story noted is as it should be; absent: it was not noted. */
export function noted(name: string, isRight: (value: unknown) => boolean): EndCheck {
  return ({ stage }) => {
    const value = stage.noted.get(name);
    return isRight(value) ? undefined : `${name}: ${JSON.stringify(value)}`;
  };
}
