import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether a receiver that keeps to Standard Webhooks takes a request for genuine. */
export type Verdict = 'good' | 'unsigned' | 'wrong' | 'stale';

const TOLERANCE_SECONDS = 5 * 60;
const PREFIX = 'whsec_';

/**
 * Checks a request the way the specification says a receiver does, written without a look at how
 * the product signs. `secrets` are those the receiver knows, `whsec_…`.
 */
export function verdictOn(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  { secrets, nowMs }: { readonly secrets: readonly string[]; readonly nowMs: number },
): Verdict {
  const named = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const id = named.get('webhook-id');
  const timestamp = named.get('webhook-timestamp');
  const signatures = named.get('webhook-signature');
  if (id === undefined || timestamp === undefined || signatures === undefined) return 'unsigned';
  const given = signatures.split(' ').filter((one) => one.startsWith('v1,'));
  const isGood = secrets.some((secret) => {
    const expected = macOf(secret, `${id}.${timestamp}.`, body);
    return given.some((one) => isSame(Buffer.from(one.slice('v1,'.length), 'base64'), expected));
  });
  if (!isGood) return 'wrong';
  return Math.abs(nowMs / 1_000 - Number(timestamp)) <= TOLERANCE_SECONDS ? 'good' : 'stale';
}

function macOf(secret: string, beginning: string, body: Uint8Array): Buffer {
  const key = Buffer.from(secret.replace(PREFIX, ''), 'base64');
  return createHmac('sha256', key).update(beginning).update(body).digest();
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
