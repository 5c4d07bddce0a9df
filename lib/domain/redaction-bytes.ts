import type { Integration } from './integration.ts';
import { type Addressed, pathSecret, querySecrets, type Sent, secretsOf } from './redaction.ts';
import type { Headers } from './secret-headers.ts';
import { spellingsOf } from './spellings.ts';

/** Shorter credentials are not looked for: an answer must not lose an ordinary word. */
const CHARS_MIN = 12;
const STRUCK = '***';

/** What a request is made with, as far as there are credentials in it. */
type Carrier = Pick<Integration, 'auth'> & Addressed & Sent;

/** Takes the credentials of an integration out of what is answered to its caller. */
export function credentialsStruck(of: Carrier): Striker {
  const { auth, request, endpoint } = of;
  return striker([
    ...secretsOf({ auth, signing: { scheme: 'none' }, request }),
    ...querySecrets(endpoint),
    pathSecret(of) ?? '',
  ]);
}

/** The same for headers alone, such as a caller's own. */
export function headersStruck(headers: Headers): Striker {
  const [auth, signing] = [{ type: 'none' }, { scheme: 'none' }] as const;
  return striker(secretsOf({ auth, signing, request: { headers } }));
}

export interface Striker {
  text(value: string): string;
  /** Of what may be no text: every other byte stays as it is. Works in the memory of `value`. */
  bytes(value: Uint8Array): Uint8Array;
  /** Whether there is something to take out. */
  isIn(value: Uint8Array): boolean;
}

/** Takes these out, however they are spelt, but for what has fewer characters than `charsMin`. */
export function striker(given: readonly string[], charsMin = CHARS_MIN): Striker {
  const secrets = given
    .filter(({ length }) => length >= charsMin)
    .flatMap(spellingsOf)
    .toSorted((a, b) => b.length - a.length);
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
function struckOut(value: Uint8Array, secrets: readonly string[]): Uint8Array {
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
