import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { RequestError, shown } from './errors.ts';

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 250;

/**
 * Where each page up to the wanted one began, the wanted one last; empty for the first page,
 * which begins at the newest. It is the whole of a cursor, so that going back lands exactly on
 * the pages already seen.
 */
export type Trail = readonly string[];

/** A cursor stays this short, so that a URL holds it: of a longer way, the oldest steps go. */
const CURSOR_CHARS_MAX = 3_072;
const MAC_BYTES = 16;
const CURSOR = /^[A-Za-z0-9_-]{1,4096}$/;

/** Both cursors of a page. `next` is where the next page begins, undefined at the end. */
export function pageCursors(
  trail: Trail,
  next: string | undefined,
  scope: string,
  key: Uint8Array,
): { readonly nextCursor: string | null; readonly prevCursor: string | null } {
  return {
    nextCursor: next === undefined ? null : sealCursor([...trail, next], scope, key),
    prevCursor: trail.length === 0 ? null : sealCursor(trail.slice(0, -1), scope, key),
  };
}

/**
 * Seals the way to a page for one list with its filters (`scope`). It is sealed and not only signed
 * because a page may begin behind a row that its reader may not see. Of a way that is too long the
 * oldest steps are forgotten: going back past them begins again at the first page.
 */
export function sealCursor(trail: Trail, scope: string, key: Uint8Array): string {
  let kept = trail;
  let text = encode(kept, scope, key);
  while (text.length > CURSOR_CHARS_MAX && kept.length > 1) {
    kept = kept.slice(1);
    text = encode(kept, scope, key);
  }
  return text;
}

/** The way that a cursor holds; one that was changed, or is of another list or filter, is refused. */
export function readCursor(text: string, scope: string, key: Uint8Array): Trail {
  const bytes = CURSOR.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
  const mac = bytes.subarray(0, MAC_BYTES);
  const content =
    mac.length === MAC_BYTES ? crypted(bytes.subarray(MAC_BYTES), mac, key) : Buffer.alloc(0);
  const wanted = macOf(content, scope, key);
  // The text is compared too: base64 has spellings that decode to the same bytes.
  const genuine = mac.length === MAC_BYTES && timingSafeEqual(mac, wanted);
  if (!genuine || bytes.toString('base64url') !== text) {
    throw new RequestError(
      'invalid-cursor',
      `cursor: ${JSON.stringify(shown(text))} is not a cursor of this list with these filters; ` +
        'allowed: a nextCursor or prevCursor as it was answered, with the same filters.',
    );
  }
  return JSON.parse(content.toString()) as Trail;
}

function encode(trail: Trail, scope: string, key: Uint8Array): string {
  const content = Buffer.from(JSON.stringify(trail));
  const mac = macOf(content, scope, key);
  return Buffer.concat([mac, crypted(content, mac, key)]).toString('base64url');
}

/**
 * There and back. The MAC of the content begins the counter, as in RFC 5297 (SIV): no randomness is
 * needed, and equal contents alone look equal.
 */
function crypted(bytes: Uint8Array, mac: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-ctr', partOf(key, 'encryption'), mac);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

function partOf(key: Uint8Array, use: 'encryption' | 'authentication'): Buffer {
  return createHmac('sha256', key).update(use).digest();
}

function macOf(content: Uint8Array, scope: string, key: Uint8Array): Buffer {
  const macKey = partOf(key, 'authentication');
  const mac = createHmac('sha256', macKey).update(`${Buffer.byteLength(scope)}:${scope}`);
  return mac.update(content).digest().subarray(0, MAC_BYTES);
}
