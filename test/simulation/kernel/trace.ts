import { hashOf, mixed } from '../../../lib/local/faults/dice.ts';

/** What happened, in few bytes: the same text is kept once. */
export interface Trace {
  add(atMs: number, who: string, what: string): void;
  /** Equal for runs that went the same way, from the first entry on. */
  digest(): number;
  readonly length: number;
  /** The last entries as lines, the oldest first; those before may have been dropped. */
  lines(max?: number): readonly string[];
}

/** A time, who, what. */
const WIDTH = 3;

/** Keeps at least the last `keptMax` entries, and never more than twice as many. */
export function trace(keptMax: number): Trace {
  const texts: string[] = [];
  const known = new Map<string, number>();
  let entries: number[] = [];
  let digest = 0;
  let length = 0;

  function numberOf(text: string): number {
    const number = known.get(text);
    if (number !== undefined) return number;
    known.set(text, texts.length);
    return texts.push(text) - 1;
  }

  return {
    get length() {
      return length;
    },
    digest: () => digest,
    add(atMs, who, what) {
      const [by, did] = [numberOf(who), numberOf(what)];
      // Numbers of texts are given in the order of their first use, and so tell runs apart as
      // long as new texts are hashed themselves.
      if (did === texts.length - 1 || by === texts.length - 1) digest ^= hashOf(who + what);
      digest = mixed(digest ^ Math.imul(did, 0x9e3779b1) ^ Math.imul(by, 0x85ebca6b) ^ (atMs | 0));
      length += 1;
      entries.push(atMs, by, did);
      if (entries.length >= 2 * WIDTH * keptMax) entries = entries.slice(-WIDTH * keptMax);
    },
    lines(max = keptMax) {
      const lines: string[] = [];
      const from = Math.max(0, entries.length - WIDTH * max);
      for (let at = from; at < entries.length; at += WIDTH) {
        const [atMs = 0, by = 0, did = 0] = entries.slice(at, at + WIDTH);
        lines.push(`${timeText(atMs)} ${texts[by]} ${texts[did]}`);
      }
      return lines;
    },
  };
}

/** Days, hours, minutes, seconds since the start: `1d 02:03:04.567`. */
export function timeText(ms: number): string {
  const clock = new Date(ms % 86_400_000).toISOString().slice(11, 23);
  return `${Math.floor(ms / 86_400_000)}d ${clock}`;
}
