import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from './gateway.ts';
import { expectProblem } from './problems.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.stop();
});

const AT_ONCE = 12;

interface Entry {
  readonly action: string;
  readonly seq: number;
  readonly hash: string;
}

async function entries(query = ''): Promise<Entry[]> {
  return (await gateway.call('GET', `/v1/audit${query}`)).json.data;
}

describe('the audit log', () => {
  it('tells of changes, of many at the same time too, and is found whole', async () => {
    await gateway.register({ name: 'erp', endpoint: 'https://erp.example.com/hooks' });
    await gateway.call('POST', '/v1/integrations/erp/pause');
    await gateway.call('GET', '/v1/integrations/erp/secret');
    const told = await entries('?tenant=default');
    expect(told.map(({ action }) => action)).toEqual([
      ...['secret.read', 'integration.pause', 'integration.create'],
    ]);
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, n) =>
        gateway.call('PUT', `/v1/integrations/crm-${n}`, {
          body: { serviceType: 'webhook', endpoint: `https://crm-${n}.example.com/hooks` },
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const [last] = await entries('?tenant=default');
    expect(last?.seq).toBe(3 + AT_ONCE);
    const path = `/v1/audit/verify?tenant=default&head=${last?.seq}:${last?.hash}`;
    const head = { seq: 3 + AT_ONCE, hash: last?.hash };
    const whole = { ok: true, chains: [{ checked: 3 + AT_ONCE, head, problem: null }] };
    expect((await gateway.call('GET', path)).json).toMatchObject(whole);
    await gateway.restart();
    expect((await gateway.call('GET', path)).json).toMatchObject(whole);
    expect((await gateway.call('GET', '/v1/audit/verify')).json.ok).toBe(true);
  });

  it('shows a key of one tenant that one, and tells of what a key may not', async () => {
    const key = await gateway.key({ scopes: ['audit:read'], tenant: 'acme' });
    const made = (await entries('?tenant=acme')).map(({ action }) => action);
    expect(made).toEqual(['key.create']);
    const own = await gateway.call('GET', '/v1/audit', { key });
    expect(own.json.data).toHaveLength(1);
    expectProblem(await gateway.call('GET', '/v1/audit?tenant=default', { key }), 403, 'forbidden');
    expectProblem(await gateway.call('GET', '/v1/keys', { key }), 403, 'forbidden');
    const [first] = await entries('?tenant=acme');
    expect(first).toMatchObject({
      ...{ action: 'auth.forbidden', outcome: 'refused' },
      ...{ resource: { kind: 'route', name: 'GET /v1/keys' }, sourceIp: '127.0.0.1' },
    });
    // What publishes and what calls may not write there: the authorizer tells of these.
    const event = { key, body: { type: 'a.b', data: {} } };
    expectProblem(await gateway.call('POST', '/v1/events', event), 403, 'forbidden');
    expect((await entries('?tenant=acme'))[0]).toMatchObject({
      ...{ action: 'auth.forbidden', outcome: 'refused', after: { reason: 'forbidden' } },
      ...{ resource: { kind: 'route', name: 'POST /v1/events' }, sourceIp: '127.0.0.1' },
    });
  });

  it('leaves the tick nothing to complete after requests that ended, but all to sign', async () => {
    await gateway.run.tick();
    const { json } = await gateway.call('GET', '/v1/audit/verify');
    expect(json).toMatchObject({ ok: true, digests: { checked: 1, gaps: [], problem: null } });
    const [digest] = (await gateway.call('GET', '/v1/audit/digests')).json.data;
    const tenants = digest.heads.map(({ tenant }: { tenant: string }) => tenant);
    expect(tenants).toEqual(['*', 'acme', 'default']);
    expect(digest.key).toMatch(/^arn:aws:kms:/);
    const noted = `${json.digests.head.number}:${json.digests.head.hash}`;
    await gateway.restart();
    const again = await gateway.call('GET', `/v1/audit/verify?digest=${noted}`);
    expect(again.json).toMatchObject({ ok: true, digests: { checked: 1, problem: null } });
    const forged = await gateway.call('GET', `/v1/audit/verify?digest=1:${'f'.repeat(64)}`);
    expect(forged.json.digests.problem).toMatchObject({ number: 1, kind: 'rewritten' });
    const key = await gateway.key({ scopes: ['audit:read'], tenant: 'acme' });
    const [own] = (await gateway.call('GET', '/v1/audit/digests', { key })).json.data;
    expect(own).toMatchObject({ heads: [{ tenant: 'acme' }], key: null, signature: null });
  });
});
