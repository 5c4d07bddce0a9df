import { BREAKER_DEFAULTS } from '../../../lib/domain/breaker.ts';
import { wrongCall } from '../scenario/checks/breaker-calls.ts';
import { wrongStep } from '../scenario/checks/breaker-steps.ts';
import { firstWrong } from '../scenario/checks/check.ts';
import type { Played } from './stage.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** No retries: each delivery makes one call. */
export const ONCE = { maxAttempts: 1, schedule: [] };
/** Once open it stays so until the run is over. */
export const LONG_OPEN = { openSeconds: 3_600, maxOpenSeconds: 3_600 };

/** What no scenario may do, whatever it is about: the breaker's walk, and who calls. */
export function wrongOf(seen: Played, name: string, breaker: object = {}): string | undefined {
  const changes = seen.changesOf(name);
  const config = { ...BREAKER_DEFAULTS, ...breaker };
  const looksOf = (process: string) => seen.breakers.looks.get(process) ?? [];
  return (
    seen.report.failure ??
    firstWrong(changes, (change) => wrongStep(change, config)) ??
    wrongCall({ breakerId: seen.idOf(name), calls: seen.callsOf(name), changes, looksOf })
  );
}

/** By delivery id: how often it was held, and how many attempts it has made. */
export function fatesOf({
  watch,
}: Played): ReadonlyMap<string, { held: number; attempts: number }> {
  return new Map(
    [...watch.changes].map(([id, changes]) => {
      const isHeld = (status: string | undefined) => status === 'held';
      const held = changes.filter(
        ({ before, after }) => isHeld(after?.state.status) && !isHeld(before?.state.status),
      );
      return [id, { held: held.length, attempts: changes.at(-1)?.after?.attempts.length ?? 0 }];
    }),
  );
}
