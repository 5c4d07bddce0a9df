/** Looks for secrets in texts, as they are and as something may have written them. */

/** Every way in which a secret is looked for; of base64 also from the middle of other bytes. */
export function spellingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // Without what its neighbours have a part in.
    return text.slice(offset === 0 ? 0 : offset + 1, -4);
  });
  const all = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...inBase64,
    ...inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  return [...new Set(all)].filter((text) => text.length >= SPELLING_CHARS_MIN);
}

const SPELLING_CHARS_MIN = 8;

/** By the name of each secret that is in one of the texts, the beginning of the first of them. */
export function leaksIn(
  texts: readonly string[],
  secrets: Readonly<Record<string, string>>,
): readonly string[] {
  const all = texts.join('\n');
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const found = spellingsOf(secret).find((spelling) => all.includes(spelling));
    if (found === undefined) return [];
    const where = texts.find((text) => text.includes(found)) ?? '';
    return [`${name} (${found}) in: ${where.slice(0, WHERE_CHARS_MAX)}`];
  });
}

const WHERE_CHARS_MAX = 400;

/** Fields of requests and answers whose texts are secrets, wherever they stand. */
const SECRET_FIELDS =
  /^(secret|secrets|password|token|clientSecret|accessToken|key|current|privateKey)$/;
/** Shorter ones turn up by chance. */
const SECRET_CHARS_MIN = 12;

/** The secrets in a body that was sent or answered; `auth.value` is one too. */
export function secretsOf(body: unknown, name = ''): readonly string[] {
  if (typeof body === 'string') {
    return SECRET_FIELDS.test(name) && body.length >= SECRET_CHARS_MIN ? [body] : [];
  }
  if (Array.isArray(body)) return body.flatMap((one) => secretsOf(one, name));
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([field, value]) =>
    secretsOf(value, name === 'auth' && field === 'value' ? 'secret' : field),
  );
}
