import { ACCEPTANCE_CHECKS } from './acceptance.ts';
import type { Checks } from './check.ts';
import { DELIVERY_CHECKS } from './deliveries.ts';
import { EFFORT_CHECKS } from './effort.ts';
import { ENDING_CHECKS } from './endings.ts';
import { REQUEST_CHECKS } from './requests.ts';
import { SCHEDULE_CHECKS } from './schedule.ts';
import { attempt, change, ID, request, type Toy, toyRun } from './toy-run.ts';

/** How the tests of the checks spoil a run in which all is well. */

/** What is judged when a run is over, but for breakers and order. */
export const OWN: Checks = {
  ...{ ...ACCEPTANCE_CHECKS, ...DELIVERY_CHECKS, ...REQUEST_CHECKS },
  ...{ ...SCHEDULE_CHECKS, ...ENDING_CHECKS, ...EFFORT_CHECKS },
};

/** The names of the checks that find something wrong. */
export function wrongsOf(spoil: (toy: Toy) => void): readonly string[] {
  const toy = toyRun();
  spoil(toy);
  return Object.entries(OWN).flatMap(([name, check]) =>
    check(toy.run) === undefined ? [] : [name],
  );
}

export const HOUR_MS = 3_600_000;
export const last = (toy: Toy) => toy.changes.at(-1)?.after;
export const replace = <T>(list: T[], at: number, next: Partial<T>) => {
  list[at] = { ...(list[at] as T), ...next };
};
export const shown = (toy: Toy) => {
  const one = toy.audit.deliveries.get(ID);
  if (one === undefined) throw new Error('The toy has no delivery.');
  return one;
};
/** Another request of the second attempt, and its record, which joins what is there. */
export const again = (toy: Toy, atMs: number, from = 'deliver/2') => {
  toy.ledger.push({ ...request(2, atMs + 5, 200), from });
  const before = last(toy);
  if (before === undefined) throw new Error('The toy has no row.');
  const attempts = [...before.attempts, attempt(3, atMs, 200)];
  toy.changes.push(change(atMs + 50, before, { ...before, attempts, version: 4 }));
  const names = attempts.map(({ startedAtMs, ...one }) => ({ ...one, startedAt: '' }));
  toy.audit.deliveries.set(ID, { ...shown(toy), attempts: names });
};

/** The request says that it is of a first attempt; `more` of it is changed as well. */
export function ofFirst({ ledger }: Toy, at: number, more: Partial<Toy['ledger'][number]> = {}) {
  const headers = { ...ledger[at]?.headers, 'breakwater-attempt': '1' };
  replace(ledger, at, { headers, ...more });
}

/** The second attempt is claimed and begins then, as its record and its receiver have it. */
export function retimed(toy: Toy, atMs: number): void {
  replace(toy.changes, 1, { atMs });
  unclaimed(toy, atMs);
}

/** It begins then, whoever has claimed the delivery later. */
export function unclaimed(toy: Toy, atMs: number): void {
  const at = (one: { readonly number: number; readonly startedAtMs: number }) =>
    one.number === 2 ? atMs : one.startedAtMs;
  const after = last(toy);
  if (after === undefined) return;
  const attempts = after.attempts.map((one) => ({ ...one, startedAtMs: at(one) }));
  replace(toy.changes, 2, { after: { ...after, attempts } });
  replace(toy.ledger, 1, { atMs: atMs + 5, untilMs: atMs + 15 });
}
