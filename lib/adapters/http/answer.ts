import type { IncomingHttpHeaders } from 'node:http';
import { RESPONSE_BODY_KEPT_BYTES } from '../../domain/delivery.ts';
import { type Failure, failure } from './failure.ts';
import { giveBack } from './reads.ts';

/** At most this much of an answer is read, where nobody asks for the whole; more is an error. */
export const ANSWER_BYTES_MAX = 256 * 1_024;

/** More pieces than these must be so long on average: each of them costs time that others need. */
const PIECES_MAX = 8_192;
const PIECE_BYTES_MIN = 8;

const HEADERS_KEPT_MAX = 32;
const HEADERS_KEPT_BYTES = 2_048;
/** Read by the delivery rules, so they are kept before any other. */
const HEADERS_FIRST: readonly string[] = ['retry-after', 'webhook-delivery', 'content-type'];
const HEADER_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const SENSITIVE = /cookie|auth|token|secret|api-?key|passw|credential|session|signature/;

/** What may be remembered of an answer's headers: few, small, and none that carries a secret. */
export function keptHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const kept: [string, string][] = [];
  let bytes = 0;
  for (const name of new Set([...HEADERS_FIRST, ...Object.keys(headers)])) {
    const given = headers[name];
    if (given === undefined || !HEADER_NAME.test(name) || SENSITIVE.test(name)) continue;
    const value = typeof given === 'string' ? given : given.join(', ');
    const size = name.length + Buffer.byteLength(value);
    if (kept.length === HEADERS_KEPT_MAX || bytes + size > HEADERS_KEPT_BYTES) continue;
    bytes += size;
    kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

/** Every header line as it came, names in lower case. */
export function wholeHeaders(raw: readonly string[]): readonly (readonly [string, string])[] {
  const lines: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    lines.push([String(raw[i]).toLowerCase(), String(raw[i + 1])]);
  }
  return lines;
}

export interface BodyRead {
  /** How long the body will be, as its sender says. */
  expect(bytes: number): void;
  /** Why no more of it may be read, as soon as that is so. */
  add(chunk: Buffer): Failure | undefined;
  /** All of it; undefined where nobody asked for it. */
  whole(): Uint8Array | undefined;
  /** At most `RESPONSE_BODY_KEPT_BYTES` as UTF-8; what is no UTF-8 reads U+FFFD. */
  text(): string;
}

/**
 * Counts a body and keeps its beginning; the rest is let go chunk by chunk. With `wholeMax` it keeps
 * everything, up to that many bytes.
 */
export function bodyRead(wholeMax?: number): BodyRead {
  const keptMax = wholeMax ?? RESPONSE_BODY_KEPT_BYTES;
  // One buffer, not a list of pieces: these would be put together again at the end, which takes the
  // memory twice.
  let kept = Buffer.alloc(0);
  let keptBytes = 0;
  let bytes = 0;
  let pieces = 0;
  let expectedBytes = 0;
  return {
    expect(count) {
      expectedBytes = count > 0 ? count : 0;
    },
    add(chunk) {
      bytes += chunk.length;
      const start = chunk.subarray(0, keptMax - keptBytes);
      const wanted = Math.max(keptBytes + start.length, Math.min(expectedBytes, keptMax));
      kept = withRoomFor(kept, wanted, keptMax);
      keptBytes += start.copy(kept, keptBytes);
      if (bytes > (wholeMax ?? ANSWER_BYTES_MAX)) {
        return failure('body-too-large', 'body_too_large');
      }
      pieces += 1;
      const isCrumbs = pieces > PIECES_MAX && bytes < pieces * PIECE_BYTES_MIN;
      return isCrumbs ? failure('reset', 'too_many_pieces') : undefined;
    },
    whole() {
      return wholeMax === undefined ? undefined : kept.subarray(0, keptBytes);
    },
    text() {
      // `stream` drops a character that the cut went through instead of replacing it.
      const start = kept.subarray(0, Math.min(keptBytes, RESPONSE_BODY_KEPT_BYTES));
      const text = new TextDecoder().decode(start, { stream: bytes > start.length });
      // One invalid byte becomes three, so a binary answer has to be cut again.
      const room = new Uint8Array(RESPONSE_BODY_KEPT_BYTES);
      return text.slice(0, new TextEncoder().encodeInto(text, room).read);
    },
  };
}

/** Room for so many times what was there before: at once for the most, where it may be 4 MiB. */
const GROWTH = 64;

function withRoomFor(kept: Buffer<ArrayBuffer>, bytes: number, max: number): Buffer<ArrayBuffer> {
  if (bytes <= kept.length) return kept;
  const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(bytes, kept.length * GROWTH), max));
  kept.copy(larger);
  giveBack(kept);
  return larger;
}
