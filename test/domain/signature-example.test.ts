import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { receiver, verifySignature } from '../../examples/verify-signature.ts';
import { signatureHeaders } from '../../lib/domain/signature.ts';
import {
  bytes,
  MESSAGE_BODY,
  NOW_SECONDS,
  OTHER_WHSEC,
  standardRequest,
  V1,
  V1A,
  WHPK,
  WHSEC,
} from './verify-fixtures.ts';

const body = bytes(MESSAGE_BODY);
const check = (keys: readonly string[], changed: Record<string, string> = {}, now = NOW_SECONDS) =>
  verifySignature(keys, standardRequest(changed).headers, body, now);

describe('examples/verify-signature.ts', () => {
  it('accepts the published vectors, with either key of a rotation', () => {
    expect(check([WHSEC])).toBe(true);
    expect(check([OTHER_WHSEC, WHSEC])).toBe(true);
    expect(check([WHPK], { 'webhook-signature': V1A })).toBe(true);
    expect(check([WHSEC], { 'webhook-signature': `v1,AAAA ${V1A} ${V1}` })).toBe(true);
  });

  it.each([
    ['another secret', [OTHER_WHSEC], {}],
    ['no key', [], {}],
    ['a key of another kind', [WHPK], {}],
    ['a secret of another kind', [WHSEC], { 'webhook-signature': V1A }],
    ['an empty secret', ['whsec_'], {}],
    ['an id with a dot', [WHSEC], { 'webhook-id': 'a.b' }],
    ['another id', [WHSEC], { 'webhook-id': 'msg_other' }],
    ['a loose timestamp', [WHSEC], { 'webhook-timestamp': `${NOW_SECONDS}x` }],
    ['another timestamp', [WHSEC], { 'webhook-timestamp': String(NOW_SECONDS + 1) }],
    ['joined signatures', [WHSEC], { 'webhook-signature': `${V1},${V1}` }],
  ] as const)('refuses %s', (_, keys, changed) => {
    expect(check(keys, changed)).toBe(false);
  });

  it('refuses with an empty secret what anybody could sign', () => {
    const content = `${standardRequest().headers['webhook-id']}.${NOW_SECONDS}.${MESSAGE_BODY}`;
    const mac = createHmac('sha256', '').update(content).digest('base64');
    expect(check(['whsec_'], { 'webhook-signature': `v1,${mac}` })).toBe(false);
  });

  it('refuses what is older or newer than five minutes, and headers that are missing', () => {
    expect(check([WHSEC], {}, NOW_SECONDS + 300)).toBe(true);
    expect(check([WHSEC], {}, NOW_SECONDS + 301)).toBe(false);
    expect(check([WHSEC], {}, NOW_SECONDS - 301)).toBe(false);
    for (const name of Object.keys(standardRequest().headers)) {
      const { [name]: _, ...headers } = standardRequest().headers;
      expect(verifySignature([WHSEC], headers, body, NOW_SECONDS)).toBe(false);
    }
  });

  it('answers 204 to the genuine and 401 to the forged, and survives what is no JSON', async () => {
    const events: unknown[] = [];
    const server = receiver([WHSEC], (id, event) => events.push([id, event]));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const post = async (text: string, signed = text) => {
      const nowMs = Date.now();
      const message = {
        id: 'evt_1',
        timestampSeconds: Math.floor(nowMs / 1000),
        body: bytes(signed),
      };
      const headers = signatureHeaders(
        { scheme: 'standard-webhooks', secrets: [{ secret: WHSEC }] },
        message,
        nowMs,
      );
      const url = `http://127.0.0.1:${port}`;
      return (await fetch(url, { method: 'POST', headers, body: text })).status;
    };
    expect(await post('{"a":1}')).toBe(204);
    expect(await post('{"a":2}', '{"a":1}')).toBe(401);
    expect(await post('no JSON')).toBe(400);
    expect(events).toEqual([['evt_1', { a: 1 }]]);
    server.close();
  });
});
