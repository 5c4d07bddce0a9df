import { describe, expect, it } from 'vitest';
import { recording } from '../../lib/app/audit-recorder.ts';
import { eventView } from '../../lib/app/history-views.ts';
import { rotateSecret } from '../../lib/app/integration-secrets.ts';
import { pauseIntegration } from '../../lib/app/integration-status.ts';
import {
  createIntegration,
  getIntegration,
  patchIntegration,
  putIntegration,
} from '../../lib/app/integrations.ts';
import { listIntegrations } from '../../lib/app/list-integrations.ts';
import { testCall } from '../../lib/app/test-call.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';
import { refusalOf } from '../fakes/registry-world.ts';
import { callWorld, links } from './call-world.ts';
import { ME } from './integrations-world.ts';
import { sealedWorld } from './sealed-world.ts';

const KEY = 'canary-key-0123456789';
const LINK_TOKEN = 'canary-token-of-the-link';
const HEADERS = { 'X-Env': 'prod', 'X-Api-Key': KEY };
const SHOWN = { 'X-Env': 'prod', 'X-Api-Key': '…' };
const LINK = { type: 'url', url: 'https://dr.example.com/hooks', on: ['exhausted'] };
const BODY = {
  ...{ name: 'erp', endpoint: 'https://erp.example.com/hooks', signing: { scheme: 'none' } },
  request: { headers: HEADERS },
  fallback: [{ ...LINK, headers: { 'X-Auth-Token': LINK_TOKEN } }],
};

async function made() {
  const world = await sealedWorld();
  const { id } = await createIntegration(world.deps, ME, BODY);
  const sent = async () => {
    await testCall(world.deps, ME, 'erp', {});
    return world.sender.sent.at(-1)?.headers;
  };
  const opened = async () => {
    const found = await world.deps.integrations.byName('default', 'erp');
    if (found === undefined) throw new Error('It is gone.');
    return await world.deps.integrations.open(found);
  };
  return { ...world, id, sent, opened };
}

describe('a header that is a credential', () => {
  it('is sealed where it is stored, shown by its name alone, and sent', async () => {
    const { deps, kms, id, row, sent } = await made();
    kms.asked.length = 0;
    const created = await createIntegration(deps, ME, { ...BODY, name: 'other' });
    const seen = await getIntegration(deps, ME, 'erp');
    const listed = await listIntegrations(deps, { ...ME, tenant: 'default' }, { limit: 5 });
    const tested = await testCall(deps, ME, 'erp', {});
    expect(kms.asked).toEqual(['GenerateDataKeyCommand', 'DecryptCommand']);
    for (const answer of [created, seen, listed.items[0]]) {
      expect(answer).toMatchObject({
        ...{ request: { headers: SHOWN }, fallback: [{ headers: { 'X-Auth-Token': '…' } }] },
      });
    }
    expect(tested.request.headers).toMatchObject({ 'x-env': 'prod', 'x-api-key': '***' });
    const { text } = await row(id);
    expect(JSON.stringify([created, seen, listed, tested, text])).not.toContain('canary');
    expect(await sent()).toMatchObject({ 'x-env': 'prod', 'x-api-key': KEY });
  });

  it('stays when an answer is sent back as it is, and when it is not spoken of', async () => {
    const { deps, opened, sent } = await made();
    const before = await opened();
    const answer = JSON.parse(JSON.stringify(await getIntegration(deps, ME, 'erp')));
    await putIntegration(deps, ME, 'erp', answer);
    await patchIntegration(deps, ME, 'erp', { request: { headers: { 'X-Api-Key': '…' } } });
    await patchIntegration(deps, ME, 'erp', { fallback: answer.fallback, request: answer.request });
    await patchIntegration(deps, ME, 'erp', {});
    await pauseIntegration(deps, ME, 'erp');
    const { request, fallback } = await opened();
    expect([request, fallback]).toEqual([before.request, before.fallback]);
    expect(await sent()).toMatchObject({ 'x-api-key': KEY });
    await putIntegration(deps, ME, 'erp', { ...BODY, request: { headers: { 'X-Env': 'prod' } } });
    expect((await opened()).request.headers).toEqual({ 'X-Env': 'prod' });
  });

  it.each([
    [{ request: { headers: { 'X-Other-Key': '…' } } }, 'request.headers.X-Other-Key'],
    [{ request: { headers: { 'X-Env': '…' } } }, 'request.headers.X-Env'],
    [{ auth: { type: 'apiKey', header: 'X-Key', value: '…' } }, 'auth.value'],
    [{ fallback: [{ ...LINK, headers: { 'X-Key': '…' } }] }, 'fallback.0.headers.X-Key'],
    [
      { fallback: [{ ...LINK, url: `${LINK.url}/2`, headers: { 'X-Auth-Token': '…' } }] },
      'fallback.0.headers.X-Auth-Token',
    ],
  ])('is not what … stands for elsewhere: %j', async (change, path) => {
    const { deps } = await made();
    const { fields } = await refusalOf(patchIntegration(deps, ME, 'erp', change));
    expect(Object.keys(fields)).toEqual([path]);
    const { name: _, ...body } = BODY;
    const put = await refusalOf(putIntegration(deps, ME, 'new', { ...body, ...change }));
    expect(Object.keys(put.fields)).toEqual([path]);
  });

  it('that an earlier version stored in the clear is read, and sealed by the next change', async () => {
    const { deps, kms, id, row, putClear, opened, sent } = await made();
    const { sealed: _, version: __, ...doc } = await opened();
    await putClear(id, doc);
    kms.asked.length = 0;
    expect(JSON.stringify(await getIntegration(deps, ME, 'erp'))).not.toContain('canary');
    expect(await sent()).toMatchObject({ 'x-api-key': KEY });
    expect((await row(id)).text).toContain(KEY);
    expect(kms.asked).toEqual([]);
    await patchIntegration(deps, ME, 'erp', {});
    expect((await row(id)).text).not.toContain('canary');
    expect(await sent()).toMatchObject({ 'x-api-key': KEY });
  });

  it('is in the audit log by its name, where it has changed', async () => {
    const { deps } = await made();
    const { stores, recorder } = recording({ ...deps });
    await patchIntegration(stores, ME, 'erp', { description: 'same' });
    const [same] = recorder.of('integration');
    const headers = { 'X-Env': '…', 'X-Api-Key': '…' };
    expect(same?.after).toMatchObject({ secretsChanged: [], request: { headers } });
    const changed = recording({ ...deps });
    await patchIntegration(changed.stores, ME, 'erp', {
      request: { headers: { 'X-Api-Key': 'canary-next', 'X-Env': 'test' } },
      fallback: [{ ...LINK, headers: { 'X-Auth-Token': 'canary-next' } }],
    });
    const [entry] = changed.recorder.of('integration');
    expect(entry?.after).toMatchObject({
      secretsChanged: [
        ...['request.headers.X-Env', 'request.headers.X-Api-Key'],
        'fallback.1.headers.X-Auth-Token',
      ],
    });
    expect(JSON.stringify([same, entry])).not.toContain('canary');
  });

  it('is there after the signing secret was rotated', async () => {
    const { deps, sent } = await made();
    await patchIntegration(deps, ME, 'erp', { signing: { scheme: 'standard-webhooks' } });
    await rotateSecret(deps, ME, 'erp', {});
    expect(await sent()).toMatchObject({ 'x-api-key': KEY });
  });
});

describe('a header that is a credential, echoed by the receiver,', () => {
  it('is not in the attempt', async () => {
    const world = deliveryWorld();
    const request = {
      method: 'POST',
      contentType: 'application/json',
      timeoutSeconds: 15,
    } as const;
    const { id } = await world.register('erp', { request: { ...request, headers: HEADERS } });
    world.sender.answers({
      ...{ statusCode: 200, responseBody: `{"k":"${KEY}","env":"prod"}` },
      responseHeaders: { 'x-echo': KEY },
    });
    const { id: eventId } = await world.publish();
    await world.pump();
    const delivery = await world.delivery(eventId, id);
    expect(world.sender.sent[0]?.headers).toMatchObject({ 'x-api-key': KEY });
    expect(delivery?.attempts[0]).toMatchObject({
      ...{ responseBody: '{"k":"***","env":"prod"}', responseHeaders: { 'x-echo': '***' } },
    });
    expect(JSON.stringify([delivery, world.telemetry.lines])).not.toContain(KEY);
  });

  it('is not in the answer to a call', async () => {
    const world = callWorld();
    const request = {
      method: 'POST',
      contentType: 'application/json',
      timeoutSeconds: 15,
    } as const;
    await world.service('erp', { request: { ...request, headers: HEADERS } });
    world.behave('erp', { text: `{"k":"${KEY}"}`, responseHeaders: { 'x-echo': KEY } });
    const got = await world.call('erp', { method: 'GET', path: '/' });
    expect(got).toMatchObject({ text: '{"k":"***"}', headers: { 'x-echo': '***' } });
  });

  const GET = { method: 'GET', path: '/', headers: { 'X-User-Token': KEY } };

  it('and a caller’s own, comes back to the caller and is kept for nobody', async () => {
    const world = callWorld();
    await world.service('erp', { fallback: [links.cache(60)] });
    world.behave('erp', { text: `{"k":"${KEY}"}` }, 500);
    expect(await world.call('erp', GET)).toMatchObject({ text: `{"k":"${KEY}"}` });
    expect(await world.call('erp', GET)).toMatchObject({ source: 'primary', status: 500 });
  });

  it('and a caller’s own, is not in the attempt at a call that was queued', async () => {
    const world = callWorld();
    const { id } = await world.service('erp', { fallback: [links.queue()] });
    world.behave('erp', 'refused');
    const { published } = await world.call('erp', GET);
    world.sender.answers({ statusCode: 200, responseBody: `you sent ${KEY}` });
    await world.pump();
    expect(world.sender.sent[0]?.headers).toMatchObject({ 'x-user-token': KEY });
    const delivery = await world.delivery(published?.id ?? '', id);
    expect(delivery?.attempts[0]?.responseBody).toBe('you sent ***');
    const event = await world.events.get({ tenant: 'default', eventId: published?.id ?? '' });
    expect(event && eventView(event).data).toMatchObject({ headers: { 'x-user-token': '…' } });
    expect(JSON.stringify([delivery, world.telemetry.lines])).not.toContain(KEY);
  });
});
