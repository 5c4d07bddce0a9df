import { createHmac, sign } from 'node:crypto';
import { templateMac } from './hmac-template.ts';
import { EVENT_ID } from './ids.ts';
import { hmacKey, liveSecrets, signingKey } from './secrets.ts';
import type { Signing, SigningSecret } from './signing.ts';

/** What is signed: the bytes that go on the wire, and what tells two sendings of them apart. */
export interface SignedMessage {
  /** The event's id: the same on every try, so that the receiver can tell a repetition. */
  readonly id: string;
  /** When this attempt is made. */
  readonly timestampSeconds: number;
  readonly body: Uint8Array;
}

/**
 * The headers that carry id, time and signature of one attempt, names in lower case.
 *
 * Every scheme sends `webhook-id` and `webhook-timestamp`, `none` too: delivery is at least once,
 * and the id is what a receiver drops repetitions by. Both Standard Webhooks schemes and `stripe`
 * carry one signature per live secret. The `github` and `hmac` formats have room for one only:
 * the current secret's, so a receiver accepts the new secret before or while it is rotated in.
 */
export function signatureHeaders(
  signing: Signing,
  message: SignedMessage,
  nowMs: number,
): Record<string, string> {
  const { id, timestampSeconds } = message;
  if (!EVENT_ID.test(id)) throw new Error('An id with other characters could be cut elsewhere.');
  if (!/^\d{1,12}$/.test(String(timestampSeconds))) {
    throw new Error('A timestamp is in whole seconds.');
  }
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    ...schemeHeaders(signing, message, nowMs),
  };
}

function schemeHeaders(
  signing: Signing,
  message: SignedMessage,
  nowMs: number,
): Record<string, string> {
  switch (signing.scheme) {
    case 'none':
      return {};
    case 'standard-webhooks':
      return { 'webhook-signature': each(signing.secrets, nowMs, (s) => v1(s, message)).join(' ') };
    case 'standard-webhooks-ed25519':
      return {
        'webhook-signature': each(signing.secrets, nowMs, (s) => v1a(s, message)).join(' '),
      };
    case 'github': {
      const mac = createHmac('sha256', current(signing.secrets, nowMs)).update(message.body);
      return { 'x-hub-signature-256': `sha256=${mac.digest('hex')}` };
    }
    case 'stripe': {
      const signatures = each(signing.secrets, nowMs, (s) => `v1=${stripeMac(s, message)}`);
      return { 'stripe-signature': [`t=${message.timestampSeconds}`, ...signatures].join(',') };
    }
    case 'hmac':
      return hmacHeaders(signing, message, nowMs);
  }
}

function hmacHeaders(
  { secrets, hmac }: Extract<Signing, { scheme: 'hmac' }>,
  { id, timestampSeconds, body }: SignedMessage,
  nowMs: number,
): Record<string, string> {
  const timestamp = String(timestampSeconds);
  const mac = templateMac(hmac, current(secrets, nowMs), { id, timestamp, body });
  const headers: Record<string, string> = {};
  if (hmac.timestampHeader !== undefined) headers[hmac.timestampHeader.toLowerCase()] = timestamp;
  if (hmac.idHeader !== undefined) headers[hmac.idHeader.toLowerCase()] = id;
  headers[hmac.header.toLowerCase()] = hmac.prefix + mac.toString(hmac.encoding);
  return headers;
}

function v1(secret: string, { id, timestampSeconds, body }: SignedMessage): string {
  const mac = createHmac('sha256', hmacKey(secret));
  return `v1,${mac.update(`${id}.${timestampSeconds}.`).update(body).digest('base64')}`;
}

function v1a(secret: string, { id, timestampSeconds, body }: SignedMessage): string {
  const content = Buffer.concat([Buffer.from(`${id}.${timestampSeconds}.`), body]);
  return `v1a,${sign(null, content, signingKey(secret)).toString('base64')}`;
}

function stripeMac(secret: string, { timestampSeconds, body }: SignedMessage): string {
  const mac = createHmac('sha256', secret);
  return mac.update(`${timestampSeconds}.`).update(body).digest('hex');
}

function each(
  secrets: readonly SigningSecret[],
  nowMs: number,
  signature: (secret: string) => string,
): readonly string[] {
  return [current(secrets, nowMs), ...liveSecrets(secrets, nowMs).slice(1)].map(signature);
}

/** The newest live secret. A signed integration always has one: better no request than a bare one. */
function current(secrets: readonly SigningSecret[], nowMs: number): string {
  const [secret] = liveSecrets(secrets, nowMs);
  if (secret === undefined) throw new Error('No live secret is left to sign with.');
  return secret;
}
