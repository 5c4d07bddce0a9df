import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cachedSources } from '../../lib/adapters/dynamodb/sources.ts';
import { receiveInbound } from '../../lib/app/receive-inbound.ts';
import type { HmacTemplate } from '../../lib/domain/signing.ts';
import type { InboundRequest, Source, Verification } from '../../lib/domain/source.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

const SECRET = 'a-secret-of-github';
const github: Verification = {
  provider: 'github',
  secrets: [{ secret: SECRET }],
  toleranceSeconds: 300,
};

async function inboundWorld(verification: Verification = github) {
  const world = deliveryWorld();
  const source: Source = {
    id: 'src_01hzxk5v0000000000000000ab',
    tenant: 'default',
    name: 'gh',
    description: '',
    verification,
    eventTypePrefix: 'github',
    createdAtMs: 0,
    updatedAtMs: 0,
    version: 1,
  };
  await world.sources.create(source);
  const deps = { ...world.deps, sourceOf: (id: Source['id']) => world.sources.byId(id) };
  return { world, deps, source };
}

function signed(body: string, deliveryId: string, secret = SECRET): InboundRequest {
  const bytes = Buffer.from(body);
  return {
    method: 'POST',
    path: '/in/x',
    query: '',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': deliveryId,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`,
    },
    body: bytes,
  };
}

describe('a foreign webhook', () => {
  it('that verifies is published like any event', async () => {
    const { world, deps, source } = await inboundWorld();
    const { id } = await world.register('erp', { eventTypes: ['github.*'] });
    const { published } = await receiveInbound(deps, source.id, signed('{"a":1}', 'd-1'));
    expect(published).toMatchObject({ type: 'github.push', deliveries: [{ integration: id }] });
    await world.pump();
    expect(JSON.parse(Buffer.from(world.sender.sent[0]?.body ?? []).toString())).toMatchObject({
      type: 'github.push',
      data: { a: 1 },
    });
    const stored = await world.events.get({ tenant: 'default', eventId: published.id });
    expect(stored?.source).toBe(source.id);
  });

  it('is taken once for 24 hours by the provider’s own id', async () => {
    const { world, deps, source } = await inboundWorld();
    await world.register('erp');
    const first = await receiveInbound(deps, source.id, signed('{"a":1}', 'd-1'));
    world.clock.advance(86_399_000);
    const again = await receiveInbound(deps, source.id, signed('{"a":1}', 'd-1'));
    expect(again.published).toMatchObject({ id: first.published.id, duplicate: true });
    world.clock.advance(2_000);
    const later = await receiveInbound(deps, source.id, signed('{"a":1}', 'd-1'));
    expect(later.published.id).not.toBe(first.published.id);
    await world.pump();
    expect(world.sender.sent).toHaveLength(2);
  });

  it('sent many times at once is published once', async () => {
    const { world, deps, source } = await inboundWorld();
    await world.register('erp');
    await Promise.all(
      Array.from({ length: 20 }, () => receiveInbound(deps, source.id, signed('{}', 'd-1'))),
    );
    expect(world.queue.rung).toHaveLength(1);
  });

  it('is completed by the next try when the first died after its claim', async () => {
    const { world, deps, source } = await inboundWorld();
    await world.register('erp');
    const store = async () => {
      throw new Error('killed');
    };
    const dying = { ...deps, events: { ...deps.events, store } };
    await expect(receiveInbound(dying, source.id, signed('{}', 'd-1'))).rejects.toThrow('killed');
    const { published } = await receiveInbound(deps, source.id, signed('{}', 'd-1'));
    expect(published.duplicate).toBe(false);
    expect(world.queue.rung).toHaveLength(1);
  });

  it('with other bytes under the same id is answered as the first was', async () => {
    const { world, deps, source } = await inboundWorld();
    await world.register('erp');
    const first = await receiveInbound(deps, source.id, signed('{"a":1}', 'd-1'));
    const other = await receiveInbound(deps, source.id, signed('{"a":2}', 'd-1'));
    expect(other.published).toMatchObject({ id: first.published.id, duplicate: true });
    expect(world.queue.rung).toHaveLength(1);
  });

  it('with a bad signature leaves nothing but a count, and does not use up its id', async () => {
    const { world, deps, source } = await inboundWorld();
    await world.register('erp');
    await expect(
      receiveInbound(deps, source.id, signed('{"a":1}', 'd-1', 'another-secret-than-ours')),
    ).rejects.toMatchObject({ code: 'invalid-signature' });
    expect(world.telemetry.counts.get('InboundVerificationFailures')).toBe(1);
    expect(world.queue.rung).toEqual([]);
    const good = await receiveInbound(deps, source.id, signed('{"a":1}', 'd-1'));
    expect(good.published.duplicate).toBe(false);
  });

  describe('whose time is signed, and no id', () => {
    const seconds = (nowMs: number) => Math.floor(nowMs / 1000);
    const mac = (content: string) => createHmac('sha256', SECRET).update(content).digest('hex');
    const template: HmacTemplate = {
      ...{ header: 'x-signature', prefix: '', algorithm: 'sha256', encoding: 'hex' },
      ...{ content: '{timestamp}.{body}', timestampHeader: 'x-time' },
    };
    const secrets = [{ secret: SECRET }];
    const hmac = { provider: 'hmac', secrets, toleranceSeconds: 3_600, hmac: template } as const;
    const stripe = { provider: 'stripe', secrets, toleranceSeconds: 300 } as const;
    const ids = { ...hmac, hmac: { ...template, idHeader: 'x-id' } } as const;
    const SCHEMES: readonly [string, Verification, (t: number, body: string) => object][] = [
      ['hmac', hmac, (t, body) => ({ 'x-time': `${t}`, 'x-signature': mac(`${t}.${body}`) })],
      ['stripe', stripe, (t, body) => ({ 'stripe-signature': `t=${t},v1=${mac(`${t}.${body}`)}` })],
    ];
    const request = (headers: object, body = '{"a":1}'): InboundRequest => ({
      ...signed(body, 'x'),
      headers: { 'content-type': 'application/json', ...headers },
    });

    it.each(SCHEMES)('is taken once, and so is its equal at another time: %s', async (...row) => {
      const [, verification, headersAt] = row;
      const { world, deps, source } = await inboundWorld(verification);
      const t = seconds(world.clock.nowMs());
      const receive = (at: number) =>
        receiveInbound(deps, source.id, request(headersAt(at, '{"a":1}')));
      const first = await receive(t);
      world.clock.advance(60_000);
      const again = await Promise.all([receive(t), receive(t)]);
      for (const { published } of again) {
        expect(published).toMatchObject({ id: first.published.id, duplicate: true });
      }
      const honest = await receive(t + 60);
      expect(honest.published).toMatchObject({ duplicate: false });
      expect(honest.published.id).not.toBe(first.published.id);
    });

    it('is not taken again under an id that is not signed', async () => {
      const { world, deps, source } = await inboundWorld(ids);
      const t = seconds(world.clock.nowMs());
      const headers = { 'x-time': `${t}`, 'x-signature': mac(`${t}.{"a":1}`) };
      const receive = (id: string, more: object = headers) =>
        receiveInbound(deps, source.id, request({ ...more, 'x-id': id }));
      const first = await receive('id-1');
      const other = await receive('id-2');
      expect(other.published).toMatchObject({ id: first.published.id, duplicate: true });
      // What the provider sends again it signs anew, under the same id.
      const later = { 'x-time': `${t + 1}`, 'x-signature': mac(`${t + 1}.{"a":1}`) };
      const retried = await receive('id-1', later);
      expect(retried.published).toMatchObject({ id: first.published.id, duplicate: true });
    });
  });

  it('that is stale says so', async () => {
    const { world, deps, source } = await inboundWorld({
      provider: 'stripe',
      secrets: [{ secret: SECRET }],
      toleranceSeconds: 300,
    });
    const t = Math.floor(world.clock.nowMs() / 1000) - 301;
    const body = '{"id":"evt_1","type":"charge.failed"}';
    const v1 = createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex');
    const request = {
      ...signed(body, 'x'),
      headers: { 'content-type': 'application/json', 'stripe-signature': `t=${t},v1=${v1}` },
    };
    await expect(receiveInbound(deps, source.id, request)).rejects.toMatchObject({
      code: 'timestamp-out-of-tolerance',
    });
  });

  it('signed with the newest secret passes though an older source is remembered; forgeries ask rarely', async () => {
    const { world, deps, source } = await inboundWorld();
    const read: number[] = [];
    const cached = cachedSources(
      {
        byId: (id) => {
          read.push(world.clock.nowMs());
          return world.sources.byId(id);
        },
      },
      world.clock,
    );
    const remembering = { ...deps, sourceOf: cached };
    await receiveInbound(remembering, source.id, signed('{}', 'd-1'));
    const secrets = [{ secret: 'rotated-a-moment-ago' }];
    const stored = await world.sources.byId(source.id);
    const next = { ...(stored ?? source), verification: { ...github, secrets } };
    expect(await world.sources.save(next, source.name)).toBe('saved');
    world.clock.advance(300);
    const fresh = signed('{}', 'd-2', 'rotated-a-moment-ago');
    expect((await receiveInbound(remembering, source.id, fresh)).published.duplicate).toBe(false);
    const old = receiveInbound(remembering, source.id, signed('{}', 'd-3'));
    await expect(old).rejects.toMatchObject({ code: 'invalid-signature' });
    read.length = 0;
    for (let i = 0; i < 100; i++) {
      world.clock.advance(10);
      await receiveInbound(remembering, source.id, signed('{}', 'd', 'forged')).catch(() => {});
    }
    expect(read).toHaveLength(4);
  });

  it('for a source that does not exist is not found', async () => {
    const { deps } = await inboundWorld();
    await expect(
      receiveInbound(deps, 'src_01hzxk5v0000000000000000zz', signed('{}', 'd')),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});
