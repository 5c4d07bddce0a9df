import { createHmac, createPublicKey, randomBytes, verify } from 'node:crypto';
import { verify as verifyGithub } from '@octokit/webhooks-methods';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { verifiedByBoth } from './oracles.ts';
import { type Arrival, type Receiver, startReceiver } from './receiver.ts';

const EVENT_BYTES_MAX = 1_048_576;

let gateway: Gateway;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await startGateway();
  receiver = await startReceiver();
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

/** Registers an integration with these fields, and what one event came as. */
async function sent(name: string, fields: Json): Promise<{ made: Json; arrival: Arrival }> {
  const endpoint = `${receiver.url}/${name}`;
  const made = await gateway.register({ name, endpoint, eventTypes: [name], ...fields });
  await gateway.publish({ type: name, data: { text: 'žluťoučký 🐎', n: 1 } });
  const [arrival] = await receiver.waitFor(`/${name}`);
  if (arrival === undefined) throw new Error('nothing arrived');
  return { made, arrival };
}

const header = ({ headers }: Arrival, name: string): string => headers[name] ?? '';

describe('what an integration is sent by each signing scheme', () => {
  it('standard-webhooks satisfies standardwebhooks and svix, and neither takes other bytes', async () => {
    const { made, arrival } = await sent('sw', { signing: { scheme: 'standard-webhooks' } });
    expect(made.signing.secret).toMatch(/^whsec_/);
    expect(verifiedByBoth(arrival, made.signing.secret)).toMatchObject({ type: 'sw' });
    const changed = { ...arrival, body: Buffer.concat([arrival.body, Buffer.from(' ')]) };
    expect(() => verifiedByBoth(changed, made.signing.secret)).toThrow();
  });

  it('standard-webhooks-ed25519 satisfies the public key that the integration shows', async () => {
    const { made, arrival } = await sent('ed25519', {
      signing: { scheme: 'standard-webhooks-ed25519' },
    });
    const read = (await gateway.call('GET', `/v1/integrations/${made.id}`)).json;
    expect(read.signing).toEqual({
      scheme: 'standard-webhooks-ed25519',
      publicKey: expect.stringMatching(/^whpk_/),
    });
    const x = Buffer.from(read.signing.publicKey.slice('whpk_'.length), 'base64url');
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') };
    const [version, signature = ''] = header(arrival, 'webhook-signature').split(',');
    const said = `${header(arrival, 'webhook-id')}.${header(arrival, 'webhook-timestamp')}.`;
    const content = Buffer.concat([Buffer.from(said), arrival.body]);
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    expect(version).toBe('v1a');
    expect(verify(null, content, key, Buffer.from(signature, 'base64'))).toBe(true);
  });

  it('github satisfies @octokit/webhooks-methods', async () => {
    const { made, arrival } = await sent('github', { signing: { scheme: 'github' } });
    const signature = header(arrival, 'x-hub-signature-256');
    const { secret } = made.signing;
    expect(await verifyGithub(secret, arrival.body.toString(), signature)).toBe(true);
    expect(await verifyGithub(secret, `${arrival.body} `, signature)).toBe(false);
  });

  it('stripe satisfies the stripe library', async () => {
    const { made, arrival } = await sent('stripe', { signing: { scheme: 'stripe' } });
    const { webhooks } = new Stripe('sk_test_unused');
    const event = webhooks.constructEvent(
      arrival.body,
      header(arrival, 'stripe-signature'),
      made.signing.secret,
    );
    expect(event).toMatchObject({ type: 'stripe' });
  });

  it('hmac puts together what its template says, with the secret that was given', async () => {
    const secret = 'an-own-secret-of-enough-characters';
    const hmac = {
      header: 'X-Signature',
      prefix: 'v0=',
      algorithm: 'sha512',
      encoding: 'base64url',
      content: 'v0:{timestamp}:{id}:{body}',
      timestampHeader: 'X-Timestamp',
      idHeader: 'X-Id',
    };
    const { made, arrival } = await sent('hmac', { signing: { scheme: 'hmac', secret, hmac } });
    expect(made.signing).toEqual({ scheme: 'hmac', hmac, secret });
    const said = `v0:${header(arrival, 'x-timestamp')}:${header(arrival, 'x-id')}:`;
    const mac = createHmac('sha512', secret).update(said).update(arrival.body);
    expect(header(arrival, 'x-signature')).toBe(`v0=${mac.digest('base64url')}`);
  });

  it('hmac without a template signs the body, and the time with it where it is asked for', async () => {
    const { made, arrival } = await sent('plain-hmac', { signing: { scheme: 'hmac' } });
    const mac = (said: string, key: string, { body }: { readonly body: Buffer }) =>
      createHmac('sha256', key).update(said).update(body).digest('hex');
    expect(header(arrival, 'x-signature')).toBe(mac('', made.signing.secret, arrival));
    const hmac = { timestampHeader: 'X-Time' };
    const timed = await sent('timed-hmac', { signing: { scheme: 'hmac', hmac } });
    const said = `${header(timed.arrival, 'x-time')}.`;
    const signature = mac(said, timed.made.signing.secret, timed.arrival);
    expect(header(timed.arrival, 'x-signature')).toBe(signature);
  });

  it('none carries the id and the time, and no signature', async () => {
    const { made, arrival } = await sent('unsigned', { signing: { scheme: 'none' } });
    expect(made.signing).toEqual({ scheme: 'none' });
    expect(header(arrival, 'webhook-id')).toMatch(/^evt_/);
    expect(Object.keys(arrival.headers).filter((name) => name.includes('signature'))).toEqual([]);
  });
});

describe('what an integration is sent besides', () => {
  it.each([
    ['bearer', { type: 'bearer', token: 'tok-en' }, 'authorization', 'Bearer tok-en'],
    [
      'basic',
      { type: 'basic', username: 'jörg', password: 'pa:ss' },
      'authorization',
      `Basic ${Buffer.from('jörg:pa:ss').toString('base64')}`,
    ],
    ['apikey', { type: 'apiKey', header: 'X-Api-Key', value: 'k 1' }, 'x-api-key', 'k 1'],
  ])('its credentials by %s, which no answer shows again', async (name, auth, sentAs, value) => {
    const { made, arrival } = await sent(`auth-${name}`, { auth });
    expect(header(arrival, sentAs)).toBe(value);
    const { type, token: _t, password: _p, value: _v, ...open } = auth as Json;
    expect(made.auth).toEqual({ type, ...open });
    const read = (await gateway.call('GET', `/v1/integrations/${made.id}`)).json;
    expect(read.auth).toEqual({ type, ...open });
  });

  it('its own headers, method and content type', async () => {
    const { arrival } = await sent('request', {
      request: {
        method: 'PUT',
        contentType: 'application/vnd.acme+json',
        headers: { 'X-Env': 'prod', Accept: 'application/json' },
      },
    });
    expect(arrival.method).toBe('PUT');
    expect(arrival.headers).toMatchObject({
      'content-type': 'application/vnd.acme+json',
      'x-env': 'prod',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-length': String(arrival.body.length),
      host: new URL(receiver.url).host,
    });
  });

  it('numbers that no double holds just as they were written, in history too', async () => {
    const data = '{"id":12345678901234567890,"price":0.10000000000000000001,"far":1E400}';
    await gateway.register({ name: 'num', endpoint: `${receiver.url}/num`, eventTypes: ['num'] });
    const { status, json } = await gateway.call('POST', '/v1/events', {
      raw: `{"type":"num","data":${data}}`,
    });
    expect(status).toBe(202);
    const [arrival] = await receiver.waitFor('/num');
    expect(arrival?.body.toString()).toContain(`"data":${data}}`);
    const read = await gateway.call('GET', `/v1/events/${json.id}`);
    expect(read.text).toContain(`"data":${data}`);
  });

  it('an event of a whole mebibyte that hardly compresses, byte for byte; one more is 413', async () => {
    const { signing } = await gateway.register({
      name: 'large',
      endpoint: `${receiver.url}/large`,
      eventTypes: ['large'],
    });
    const event = (data: string) => `{"type":"large","data":"${data}"}`;
    const noise = randomText(EVENT_BYTES_MAX - event('').length);
    const tooLarge = await gateway.call('POST', '/v1/events', { raw: event(`${noise}x`) });
    expect([tooLarge.status, tooLarge.json.code]).toEqual([413, 'payload-too-large']);

    const published = await gateway.call('POST', '/v1/events', { raw: event(noise) });
    expect([published.status, published.json.deliveries]).toMatchObject([202, [{}]]);
    const [arrival] = await receiver.waitFor('/large', 1, 60_000);
    if (arrival === undefined) throw new Error('nothing arrived');
    // What it is sent as has the time besides, and so is larger than what came.
    expect(arrival.body.length).toBeGreaterThan(EVENT_BYTES_MAX);
    expect(arrival.body.toString().endsWith(`,"data":"${noise}"}`)).toBe(true);
    verifiedByBoth(arrival, signing.secret);
    const read = await gateway.call('GET', `/v1/events/${published.json.id}`);
    expect(read.json.data === noise).toBe(true);
  });
});

/** Random characters that JSON holds as they are, one byte each. */
function randomText(chars: number): string {
  const bytes = randomBytes(chars);
  return Array.from(bytes, (byte) => String.fromCharCode(0x23 + (byte % 57))).join('');
}
