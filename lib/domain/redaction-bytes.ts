import type { Auth } from './integration.ts';
import { secretsOf } from './redaction.ts';

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
export function credentialsStruck(auth: Auth): {
  text(value: string): string;
  /** Of what may be no text: every other byte stays as it is. */
  bytes(value: Uint8Array): Uint8Array;
} {
  const secrets = secretsOf({ auth, signing: { scheme: 'none' } })
    .filter(({ length }) => length >= CHARS_MIN)
    .flatMap(spellings);
  const text = (value: string) =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, STRUCK), value);
  return {
    text,
    bytes(value) {
      const all = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      if (!secrets.some((secret) => all.includes(secret, 0, 'latin1'))) return value;
      return Buffer.from(text(all.toString('latin1')), 'latin1');
    },
  };
}
