import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { retryDelivery } from '../../lib/app/delivery-actions.ts';
import {
  createIntegration,
  getIntegration,
  patchIntegration,
  putIntegration,
} from '../../lib/app/integrations.ts';
import { testCall } from '../../lib/app/test-call.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';
import { refusalOf } from '../fakes/registry-world.ts';
import { BASE, ME, setUp } from './integrations-world.ts';

const KEY = 'e93facc04764012d7bfb002500d5d1a6';
const jmespath = (expression: string) => ({ language: 'jmespath' as const, expression });
const bearer = { type: 'bearer', token: KEY } as const;

async function delivered(more: Partial<Integration>) {
  const world = deliveryWorld();
  const target = await world.register('ops', more);
  await world.publish({ id: 'e1', type: 'invoice.paid', data: { id: 'inv-1', amount: 120 } });
  await world.pump();
  const bodies = world.sender.sent.map(({ body }) => new TextDecoder().decode(body));
  return { world, target, bodies, delivery: await world.delivery('e1', target.id) };
}

describe('a delivery to a service', () => {
  it.each([
    ['slack', { text: 'invoice.paid', blocks: expect.any(Array) }],
    ['discord', { embeds: [expect.objectContaining({ title: 'invoice.paid' })] }],
    ['teams', { type: 'message', attachments: [expect.anything()] }],
    ['pagerduty', { routing_key: KEY, dedup_key: 'e1', event_action: 'trigger' }],
    ['rest_api', { type: 'invoice.paid', data: { id: 'inv-1', amount: 120 } }],
  ] as const)('%s arrives in its shape', async (serviceType, shape) => {
    const auth = serviceType === 'pagerduty' ? bearer : ({ type: 'none' } as const);
    const { world, bodies, delivery } = await delivered({ serviceType, auth });
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject(shape);
    expect(world.sender.sent[0]?.headers).not.toHaveProperty('authorization');
    expect(delivery?.state.status).toBe('delivered');
  });

  it('sends the same bytes on every try', async () => {
    const world = deliveryWorld();
    await world.register('a', { serviceType: 'slack' });
    await world.register('b', { transform: jmespath('{n: data.n, at: timestamp}') });
    world.sender.answers(500, 500, 500, 500, 200);
    await world.publish();
    await world.pump();
    const bodies = world.sender.sent.map(({ url, body }) => `${url} ${Buffer.from(body)}`);
    expect(bodies.length).toBeGreaterThan(4);
    expect(new Set(bodies).size).toBe(2);
  });

  it('keeps the token of a Slack URL out of its history', async () => {
    const endpoint = 'https://hooks.slack.example.com/services/T0/B0/s3cr3t-t0ken';
    const world = deliveryWorld();
    const { id } = await world.register('ops', { serviceType: 'slack', endpoint });
    world.sender.answers({ statusCode: 404, responseBody: 'no_service s3cr3t-t0ken' });
    await world.publish({ id: 'e1' });
    await world.pump();
    const [attempt] = (await world.delivery('e1', id))?.attempts ?? [];
    expect(attempt?.target).toBe('https://hooks.slack.example.com/services/T0/B0/…');
    expect(attempt?.responseBody).toBe('no_service ***');
    expect(world.sender.sent[0]?.url).toBe(endpoint);
  });
});

describe('a transform', () => {
  it('is what the signature is over', async () => {
    const secret = 'a-github-secret-1';
    const { world, bodies } = await delivered({
      ...{ transform: jmespath('{n: data.amount}') },
      signing: { scheme: 'github', secrets: [{ secret }] },
    });
    const digest = createHmac('sha256', secret).update('{"n":120}').digest('hex');
    expect(bodies).toEqual(['{"n":120}']);
    expect(world.sender.sent[0]?.headers['x-hub-signature-256']).toBe(`sha256=${digest}`);
  });
});

describe('a transform that fails', () => {
  it('ends the delivery at once, without a request, and says why', async () => {
    const { world, delivery } = await delivered({ transform: jmespath('sum(data.missing)') });
    expect(world.sender.sent).toEqual([]);
    expect(delivery?.state.status).toBe('failed');
    expect(delivery?.attempts).toEqual([
      expect.objectContaining({
        outcome: 'permanent',
        error: 'blocked',
        statusCode: null,
        responseBody: 'Not sent. transform: sum() takes a list of numbers as argument 1, not null.',
      }),
    ]);
  });

  it('says nothing about the other side to its breaker', async () => {
    const { world, target } = await delivered({ transform: jmespath('data.missing') });
    const breaker = await world.breakers.load({
      ...{ tenant: 'default', integrationId: target.id, target: 0 },
    });
    expect(breaker?.consecutiveFailures ?? 0).toBe(0);
  });

  it('is mended by another expression and a retry', async () => {
    const { world, target, delivery } = await delivered({ transform: jmespath('data.missing') });
    if (delivery === undefined) throw new Error('There is no delivery.');
    await world.change(target.id, { transform: jmespath('data.id') });
    await retryDelivery(world.deps, delivery);
    await world.pump();
    expect(world.sender.sent.map(({ body }) => Buffer.from(body).toString())).toEqual(['inv-1']);
    expect((await world.delivery('e1', target.id))?.state.status).toBe('delivered');
  });
});

describe('registering a service', () => {
  it.each(['slack', 'discord', 'teams'])('%s is not signed unless asked', async (serviceType) => {
    const { world } = setUp();
    const made = await createIntegration(world, ME, { ...BASE, serviceType });
    expect(made).toMatchObject({ serviceType, signing: { scheme: 'none' }, transform: null });
    const signed = await createIntegration(world, ME, {
      ...{ ...BASE, name: 'signed', serviceType, signing: { scheme: 'github' } },
    });
    expect(signed.signing).toMatchObject({ scheme: 'github', secret: expect.any(String) });
  });

  it('pagerduty needs its routing key alone, and never shows it', async () => {
    const { world } = setUp();
    const made = await createIntegration(world, ME, {
      ...{ name: 'oncall', serviceType: 'pagerduty', auth: bearer },
    });
    expect(made).toMatchObject({
      endpoint: 'https://events.pagerduty.com/v2/enqueue',
      auth: { type: 'bearer' },
      signing: { scheme: 'none' },
    });
    const patched = await patchIntegration(world, ME, 'oncall', { auth: { type: 'bearer' } });
    const called = await testCall(world, ME, 'oncall', {});
    expect(JSON.parse(Buffer.from(world.sender.sent[0]?.body ?? []).toString()).routing_key).toBe(
      KEY,
    );
    expect(called.request.body).toContain('"routing_key":"***"');
    expect(JSON.stringify([made, patched, called])).not.toContain(KEY);
  });

  it.each([
    [{ serviceType: 'pagerduty' }, 'auth'],
    [{ serviceType: 'pagerduty', auth: { type: 'none' } }, 'auth'],
    [{ serviceType: 'pagerduty', auth: { type: 'bearer', token: 'hunter2' } }, 'auth.token'],
    [{ serviceType: 'slack', endpoint: undefined }, 'endpoint'],
    [{ transform: { language: 'jmespath', expression: 'data.' } }, 'transform.expression'],
    [{ transform: { language: 'jmespath', expression: 'a'.repeat(4097) } }, 'transform.expression'],
    [{ transform: { language: 'jsonata', expression: '$' } }, 'transform.language'],
    [{ transform: 'data' }, 'transform'],
    [{ request: { contentType: 'text/plain' } }, 'request.contentType'],
  ])('%j is refused at %s', async (more, path) => {
    const { world } = setUp();
    const { fields } = await refusalOf(() => createIntegration(world, ME, { ...BASE, ...more }));
    expect(Object.keys(fields)).toEqual([path]);
    expect(JSON.stringify(fields)).not.toContain('hunter2');
  });

  it('a transform may be patched in and out, and stays through an answer sent back', async () => {
    const { world, stored } = setUp();
    const transform = jmespath('data.id');
    await createIntegration(world, ME, { ...BASE, transform });
    const shown = await getIntegration(world, ME, 'erp');
    expect(shown.transform).toEqual(transform);
    expect((await putIntegration(world, ME, 'erp', shown)).integration.transform).toEqual(
      transform,
    );
    const changed = await patchIntegration(world, ME, 'erp', {
      ...{ transform: { expression: 'data' }, request: { contentType: 'text/plain' } },
    });
    expect(changed.transform).toEqual(jmespath('data'));
    const without = { transform: null, request: { contentType: 'application/json' } };
    expect((await patchIntegration(world, ME, 'erp', without)).transform).toBeNull();
    expect(await stored()).not.toHaveProperty('transform');
    expect((await putIntegration(world, ME, 'erp', BASE)).integration.transform).toBeNull();
  });

  it('a test call shows what would be sent, or why nothing would', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, { ...BASE, transform: jmespath('{m: data.message}') });
    const body = { data: { message: 'hello' } };
    const good = await testCall(world, ME, 'erp', body);
    expect([good.ok, good.request.body]).toEqual([true, '{"m":"hello"}']);
    await patchIntegration(world, ME, 'erp', { transform: { expression: 'data.nothing' } });
    const bad = await testCall(world, ME, 'erp', body);
    expect(bad).toMatchObject({
      ...{ ok: false, statusCode: null, error: 'blocked' },
      response: { body: 'Not sent. transform: its result is null.' },
    });
    expect(world.sender.sent).toHaveLength(1);
  });
});
