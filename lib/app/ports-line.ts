import type { LineFront, LineLock, LineRef, Place } from '../domain/line.ts';

/** Lines of deliveries that wait for each other. All reads are strongly consistent. */
export interface Lines {
  /** The last place of all. */
  newest(line: LineRef): Promise<Place | undefined>;
  /** The same place twice is one. Kept as long as the history of its event. */
  put(line: LineRef, place: Place): Promise<void>;
  has(line: LineRef, place: Place): Promise<boolean>;
  /** True for whoever took it away: of many at once one at most. */
  remove(line: LineRef, place: Omit<Place, 'type'>): Promise<boolean>;
  /** The lock and the first `limit` places, in one read. */
  front(line: LineRef, limit: number): Promise<LineFront>;
  /** Takes the lock if it is free, over, or this owner's already. Of many at once one does. */
  lock(line: LineRef, lock: LineLock, nowMs: number): Promise<'taken' | 'refused'>;
  /** Does nothing where the lock has gone to another owner. */
  unlock(line: LineRef, owner: string): Promise<void>;
}
