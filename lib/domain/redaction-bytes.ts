import type { Auth } from './integration.ts';
import { secretsOf } from './redaction.ts';
import type { Headers } from './secret-headers.ts';

/** Shorter credentials are not looked for: an answer must not lose an ordinary word. */
const CHARS_MIN = 12;
const STRUCK = '***';

/** As it is, in JSON (some write a slash as `\\/`), in a URL, in HTML; the longest first. */
function spellings(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const all = [secret, json, json.replaceAll('/', '\\/'), encodeURIComponent(secret), html];
  return [...new Set(all)].toSorted((a, b) => b.length - a.length);
}

/** Takes the credentials that a request carried out of what is answered to it. */
export function credentialsStruck(
  auth: Auth,
  headers: Headers,
): {
  text(value: string): string;
  /** Of what may be no text: every other byte stays as it is. Works in the memory of `value`. */
  bytes(value: Uint8Array): Uint8Array;
  /** Whether there is something to take out. */
  isIn(value: Uint8Array): boolean;
} {
  const secrets = secretsOf({ auth, signing: { scheme: 'none' }, request: { headers } })
    .filter(({ length }) => length >= CHARS_MIN)
    .flatMap(spellings);
  const text = (value: string) =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, STRUCK), value);
  return {
    text,
    bytes: (value) => struckOut(value, secrets),
    isIn: (value) => secrets.some((secret) => bytesOf(value).includes(secret)),
  };
}

/**
 * The bytes without the secrets. An answer may be of megabytes: nothing is copied, for what stands
 * for a secret is never longer than one.
 */
export function struckOut(value: Uint8Array, secrets: readonly string[]): Uint8Array {
  return secrets.reduce((rest, secret) => withoutOne(rest, Buffer.from(secret)), value);
}

function withoutOne(value: Uint8Array, secret: Buffer): Uint8Array {
  if (secret.length < STRUCK.length) return value;
  const all = bytesOf(value);
  let read = 0;
  let written = 0;
  for (let at = all.indexOf(secret); at >= 0; at = all.indexOf(secret, read)) {
    all.copyWithin(written, read, at);
    written += at - read;
    written += all.write(STRUCK, written);
    read = at + secret.length;
  }
  if (read === 0) return value;
  all.copyWithin(written, read);
  return all.subarray(0, written + all.length - read);
}

function bytesOf(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
