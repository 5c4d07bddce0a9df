import type { Lines } from '../../lib/app/ports-line.ts';
import { type LineLock, lineName, type Place, placeName } from '../../lib/domain/line.ts';

/** Lines in memory. */
export function fakeLines(): Lines {
  const lines = new Map<string, Map<string, Place>>();
  const locks = new Map<string, LineLock>();
  const sorted = (line: string): readonly Place[] =>
    [...(lines.get(line) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
  return {
    async newest(line) {
      return structuredClone(sorted(lineName(line)).at(-1));
    },
    async put(line, { acceptedAtMs, eventId, type }) {
      const own = lines.get(lineName(line)) ?? new Map<string, Place>();
      const place = { acceptedAtMs, eventId, type };
      lines.set(lineName(line), own.set(placeName(place), place));
    },
    async has(line, place) {
      return lines.get(lineName(line))?.has(placeName(place)) ?? false;
    },
    async remove(line, place) {
      return lines.get(lineName(line))?.delete(placeName(place)) ?? false;
    },
    async front(line, limit) {
      const name = lineName(line);
      return structuredClone({ lock: locks.get(name), places: sorted(name).slice(0, limit) });
    },
    async lock(line, lock, nowMs) {
      const standing = locks.get(lineName(line));
      const isFree =
        standing === undefined || standing.leaseUntilMs <= nowMs || standing.owner === lock.owner;
      if (!isFree) return 'refused';
      locks.set(lineName(line), structuredClone(lock));
      return 'taken';
    },
    async unlock(line, owner) {
      if (locks.get(lineName(line))?.owner === owner) locks.delete(lineName(line));
    },
  };
}
