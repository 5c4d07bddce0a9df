import { beforeEach, describe, expect, it } from 'vitest';
import { KEY_REFUSALS_PER_MINUTE_MAX } from '../../lib/app/audit-key-refusal.ts';
import { type AuditEntry, entryText, hashOf } from '../../lib/domain/audit.ts';
import { CHANGES, READINGS } from '../../lib/edge/audit-rules.ts';
import { ROUTES } from '../../lib/names.ts';
import type { FakeAuditTrail } from '../fakes/stores-audit.ts';
import { type HttpWorld, httpWorld, keyWith } from './http-world.ts';

const TOKEN = 'a-token-that-nobody-may-see';
const SECRET = `whsec_${Buffer.from('a signing secret that nobody may see').toString('base64')}`;
const ERP = {
  ...{ name: 'erp', serviceType: 'webhook', endpoint: 'https://erp.example.com/in?key=hidden-key' },
  auth: { type: 'bearer', token: TOKEN },
  signing: { scheme: 'standard-webhooks', secret: SECRET },
};

interface Entry {
  readonly action: string;
  readonly seq: number;
  readonly tenant: string;
  // biome-ignore lint/suspicious/noExplicitAny: the entries are of every shape.
  readonly [other: string]: any;
}

let world: HttpWorld;
beforeEach(() => {
  world = httpWorld();
});

async function audit(query = ''): Promise<Entry[]> {
  const answer = await world.call('GET', `/v1/audit${query}`);
  expect(answer.status).toBe(200);
  return answer.json.data;
}

async function create(body: object = ERP, principal = {}): Promise<{ id: string }> {
  const answer = await world.call('POST', '/v1/integrations', { body, principal });
  expect(answer.status).toBe(201);
  return answer.json;
}

describe('the routes', () => {
  it('that may change something each have an entry of their own, or a reason for none', () => {
    const changing = Object.keys(ROUTES).filter((key) =>
      /^(POST|PUT|PATCH|DELETE) \/v1\//.test(key),
    );
    expect(changing.sort()).toEqual(Object.keys(CHANGES).sort());
    for (const rule of Object.values(CHANGES)) {
      if ('unaudited' in rule) expect(rule.unaudited.length).toBeGreaterThan(20);
      else expect(rule.action).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
    }
  });

  it('that show secrets are told of when they are read', () => {
    expect(Object.keys(READINGS)).toContain('GET /v1/integrations/{integration}/secret');
    for (const key of Object.keys(READINGS)) expect(Object.keys(ROUTES)).toContain(key);
  });
});

describe('every change', () => {
  it('is an entry: who, what, from where, before and after', async () => {
    const { id } = await create();
    const at = '/v1/integrations/erp';
    await world.call('PATCH', at, { body: { description: 'the ERP' } });
    await world.call('PUT', at, { body: { ...ERP, description: 'again' } });
    await world.call('PUT', '/v1/integrations/crm', { body: { ...ERP, name: 'crm' } });
    await world.call('POST', `${at}/pause`);
    await world.call('POST', `${at}/resume`);
    await world.call('POST', `${at}/secret/rotate`, { body: {} });
    await world.call('POST', `${at}/breaker/trip`, { body: { reason: 'maintenance' } });
    await world.call('POST', `${at}/breaker/reset`);
    await world.call('DELETE', `/v1/integrations/${id}`);
    const entries = (await audit()).toReversed();
    expect(entries.map(({ action }) => action)).toEqual([
      ...['integration.create', 'integration.update', 'integration.update', 'integration.create'],
      ...['integration.pause', 'integration.resume', 'secret.rotate', 'breaker.trip'],
      ...['breaker.reset', 'integration.delete'],
    ]);
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const entry of entries) {
      expect(entry).toMatchObject({
        actor: { kind: 'key', keyId: 'key_admin', name: 'admin' },
        ...{ tenant: 'default', outcome: 'succeeded', sourceIp: '203.0.113.9' },
      });
      expect(entry.requestId).toMatch(/^req-/);
    }
    const [created, patched, , , paused, , rotated, tripped, , removed] = entries;
    expect(created).toMatchObject({ resource: { id, name: 'erp' }, before: null });
    expect(patched).toMatchObject({
      before: { description: '', version: 1 },
      after: { description: 'the ERP', version: 2, secretsChanged: [] },
    });
    expect(paused).toMatchObject({ before: { status: 'active' }, after: { status: 'paused' } });
    expect(rotated?.after.secretsChanged).toEqual(['signing']);
    expect(tripped).toMatchObject({
      resource: { kind: 'breaker', id, name: 'primary' },
      after: { state: 'forced-open', reason: 'maintenance' },
    });
    expect(removed).toMatchObject({ resource: { id }, before: { name: 'erp' }, after: null });
  });

  it('shows no secret, neither in entries nor in what is stored of them', async () => {
    await create();
    const other = 'another-token-that-nobody-may-see';
    await world.call('PATCH', '/v1/integrations/erp', {
      body: { auth: { type: 'bearer', token: other } },
    });
    const rotated = await world.call('POST', '/v1/integrations/erp/secret/rotate', { body: {} });
    const key = await world.call('POST', '/v1/keys', {
      body: { name: 'ci', scopes: ['audit:read'] },
    });
    const source = { name: 'hooks', provider: 'github', secret: 'a-github-secret-of-ours' };
    expect((await world.call('POST', '/v1/sources', { body: source })).status).toBe(201);
    const text = JSON.stringify(await audit());
    const secrets = [TOKEN, other, SECRET, rotated.json.current, key.json.key, 'hidden-key'];
    for (const secret of [...secrets, source.secret]) expect(text).not.toContain(secret);
    expect(text).toContain('"secretsChanged":["auth"]');
    expect((await audit('?action=key.create'))[0]).toMatchObject({
      ...{ tenant: '*', resource: { kind: 'key', id: key.json.id, name: 'ci' } },
      after: { scopes: ['audit:read'] },
    });
  });

  it('that is refused is none; one that repeats itself by its idempotency key is one', async () => {
    await create();
    expect((await world.call('POST', '/v1/integrations', { body: ERP })).status).toBe(409);
    expect((await world.call('PATCH', '/v1/integrations/erp', { body: { name: '' } })).status).toBe(
      422,
    );
    expect((await world.call('DELETE', '/v1/integrations/nobody')).status).toBe(404);
    const crm = { body: { ...ERP, name: 'crm' }, headers: { 'idempotency-key': 'once' } };
    for (const _ of [1, 2]) await world.call('POST', '/v1/integrations', crm);
    expect((await audit()).map(({ resource }) => resource.name)).toEqual(['crm', 'erp']);
    expect(await world.deps.auditIntents.oldest(9)).toEqual([]);
  });

  it('that is refused for what it says is not even begun', async () => {
    const { id } = await create();
    const { put } = world.deps.auditIntents;
    let begun = 0;
    world.deps.auditIntents.put = async (intent) => {
      begun += 1;
      await put(intent);
    };
    const changing = Object.entries(CHANGES).filter(([, rule]) => !('unaudited' in rule));
    for (const [route] of changing) {
      const [method = '', path = ''] = route.split(' ');
      // A removal has no body that could be refused.
      const ref = method === 'DELETE' ? 'nobody' : id;
      for (const one of [path.replace('{integration}', ref), path]) {
        const at = one.replace(/\{\w+\}/, 'nobody');
        const answer = await world.call(method, at, { body: { x: 'is unknown' } });
        expect([400, 404, 422], `${method} ${at}`).toContain(answer.status);
        expect((await world.call(method, at, { raw: '{' })).status).toBeGreaterThanOrEqual(400);
      }
    }
    expect(changing.length).toBeGreaterThan(20);
    expect(begun).toBe(0);
    await world.call('PATCH', '/v1/integrations/erp', { body: { description: 'begun' } });
    expect(begun).toBe(1);
    expect(await audit()).toHaveLength(2);
  });

  it('is answered 503 and not made while the audit log cannot be written', async () => {
    await create();
    world.deps.auditIntents.put = async () => {
      throw new Error('down');
    };
    const answer = await world.call('DELETE', '/v1/integrations/erp');
    expect([answer.status, answer.json.code]).toEqual([503, 'unavailable']);
    expect((await world.call('GET', '/v1/integrations/erp')).status).toBe(200);
  });

  it('of what is put under a name is, from its beginning, of the tenant that the body names', async () => {
    await create();
    const { put } = world.deps.auditIntents;
    const begun: [string, string | null, string | null][] = [];
    world.deps.auditIntents.put = async (intent) => {
      const { tenant, resource } = intent.draft;
      begun.push([tenant, resource.id, resource.name]);
      await put(intent);
    };
    const made = await create({ ...ERP, tenant: 'acme' });
    for (const [at, tenant] of [
      ['/v1/integrations/erp', 'acme'],
      [`/v1/integrations/${made.id}`, 'acme'],
      ['/v1/integrations/crm', 'other'],
    ]) {
      const name = at?.endsWith('crm') ? 'crm' : 'erp';
      await world.call('PUT', at ?? '', { body: { ...ERP, name, tenant } });
    }
    await world.call('PUT', '/v1/integrations/erp', { body: { ...ERP, tenant: '*' } });
    expect(begun.slice(0, 4)).toEqual([
      ['acme', null, null],
      ['acme', made.id, 'erp'],
      ['acme', made.id, 'erp'],
      ['other', 'crm', null],
    ]);
  });

  it('of deliveries, events and jobs is there too', async () => {
    await create();
    const published = await world.call('POST', '/v1/events', { body: { type: 'a.b', data: {} } });
    const [{ id }] = published.json.deliveries;
    await world.call('POST', `/v1/deliveries/${id}/cancel`);
    await world.call('POST', `/v1/deliveries/${id}/retry`);
    await world.call('POST', `/v1/events/${published.json.id}/replay`, { body: {} });
    const since = new Date(world.clock.nowMs() - 1_000).toISOString();
    const job = await world.call('POST', '/v1/integrations/erp/recover', { body: { since } });
    await world.call('POST', `/v1/jobs/${job.json.id}/cancel`);
    const entries = (await audit()).toReversed().slice(1);
    expect(entries.map(({ action }) => action)).toEqual([
      ...['delivery.cancel', 'delivery.retry', 'event.replay', 'integration.recover', 'job.cancel'],
    ]);
    expect(entries[0]).toMatchObject({ resource: { id }, after: { status: 'cancelled' } });
    expect(entries[1]).toMatchObject({ before: { status: 'cancelled' } });
    expect(entries[3]).toMatchObject({ resource: { kind: 'integration', name: 'erp' } });
    expect(entries[4]).toMatchObject({
      before: { state: 'queued' },
      after: { state: 'cancelled' },
    });
  });
});

describe('readings', () => {
  it('of secrets and exports are told of, and go out only then', async () => {
    await create();
    expect((await world.call('GET', '/v1/integrations/erp/secret')).status).toBe(200);
    await world.call('GET', '/v1/deliveries', { headers: { accept: 'text/csv' } });
    await world.call('GET', '/v1/deliveries');
    expect((await audit()).map(({ action }) => action).sort()).toEqual([
      ...['delivery.export', 'integration.create', 'secret.read'],
    ]);
    (world.deps.auditTrail as { append: unknown }).append = async () => {
      throw new Error('down');
    };
    const answer = await world.call('GET', '/v1/integrations/erp/secret');
    expect(answer.status).toBe(503);
    expect(answer.text).not.toContain(SECRET);
  });

  it('and changes that a key may not are told of, a few in a minute', async () => {
    for (let n = 0; n < KEY_REFUSALS_PER_MINUTE_MAX + 3; n++) {
      const answer = await world.call('DELETE', '/v1/integrations/erp', {
        principal: { keyId: 'key_small', name: 'small', ...keyWith('events:read') },
      });
      expect(answer.status).toBe(403);
    }
    const entries = await audit('?action=auth.*');
    expect(entries).toHaveLength(KEY_REFUSALS_PER_MINUTE_MAX);
    expect(entries[0]).toMatchObject({
      ...{ action: 'auth.forbidden', outcome: 'refused', tenant: '*' },
      actor: { keyId: 'key_small' },
      resource: { kind: 'route', name: 'DELETE /v1/integrations/{integration}' },
    });
    world.clock.advance(60_000);
    await world.call('DELETE', '/v1/integrations/erp', { principal: keyWith('events:read') });
    expect(await audit('?action=auth.forbidden')).toHaveLength(KEY_REFUSALS_PER_MINUTE_MAX + 1);
  });
});

describe('GET /v1/audit', () => {
  it('shows a key that is bound to a tenant that tenant alone', async () => {
    await create({ ...ERP, tenant: 'acme' });
    await create({ ...ERP, tenant: 'other' });
    const bound = { principal: { tenant: 'acme', ...keyWith('audit:read') } };
    const own = await world.call('GET', '/v1/audit', bound);
    expect(own.json.data.map(({ tenant }: Entry) => tenant)).toEqual(['acme']);
    for (const tenant of ['other', '*']) {
      expect((await world.call('GET', `/v1/audit?tenant=${tenant}`, bound)).status).toBe(403);
    }
    expect((await audit('?tenant=other')).map(({ tenant }) => tenant)).toEqual(['other']);
    expect(await audit('?action=integration.*')).toHaveLength(2);
    const verified = await world.call('GET', '/v1/audit/verify', bound);
    expect(verified.json.chains.map(({ tenant }: Entry) => tenant)).toEqual(['acme']);
  });

  it('needs its own scope', async () => {
    const principal = keyWith('integrations:read', 'keys:write');
    for (const path of ['/v1/audit', '/v1/audit/verify']) {
      expect((await world.call('GET', path, { principal })).status).toBe(403);
      const reader = keyWith('audit:read');
      expect((await world.call('GET', path, { principal: reader })).status).toBe(200);
    }
  });

  it('filters by who, what, which and when, and pages', async () => {
    const { id } = await create();
    world.clock.advance(10_000);
    const since = new Date(world.clock.nowMs()).toISOString();
    const operator = { principal: { keyId: 'key_operator', name: 'operator' } } as const;
    await world.call('POST', '/v1/integrations/erp/pause', operator);
    world.clock.advance(10_000);
    const until = new Date(world.clock.nowMs()).toISOString();
    await world.call('POST', '/v1/integrations/erp/resume');
    const actions = async (query: string) => (await audit(query)).map(({ action }) => action);
    expect(await actions('?actor=operator')).toEqual(['integration.pause']);
    expect(await actions('?actor=key_operator')).toEqual(['integration.pause']);
    expect(await actions('?action=integration.re*')).toEqual(['integration.resume']);
    expect(await actions('?action=integration.resume')).toEqual(['integration.resume']);
    expect(await actions(`?resource=${id}`)).toHaveLength(3);
    expect(await actions('?resource=erp')).toHaveLength(3);
    expect(await actions('?resource=integration')).toHaveLength(3);
    expect(await actions('?resource=crm')).toEqual([]);
    expect(await actions(`?since=${since}&until=${until}`)).toEqual(['integration.pause']);
    const first = await world.call('GET', '/v1/audit?limit=2');
    expect(first.json.data.map(({ seq }: Entry) => seq)).toEqual([3, 2]);
    const next = await world.call('GET', `/v1/audit?limit=2&cursor=${first.json.nextCursor}`);
    expect(next.json.data.map(({ seq }: Entry) => seq)).toEqual([1]);
    expect([next.json.nextCursor, typeof next.json.prevCursor]).toEqual([null, 'string']);
    expect((await world.call('GET', '/v1/audit?outcome=x')).status).toBe(422);
  });
});

describe('GET /v1/audit/verify', () => {
  const rows = () => (world.deps.auditTrail as FakeAuditTrail).rows('default');
  const verify = async (query = '') => (await world.call('GET', `/v1/audit/verify${query}`)).json;

  it('says that every chain is whole, and where each ends', async () => {
    await create();
    await create({ ...ERP, tenant: 'acme' });
    const [last] = await audit('?tenant=acme');
    const { ok, chains, nextCursor } = await verify();
    expect([ok, nextCursor]).toEqual([true, null]);
    expect(chains.map(({ tenant }: Entry) => tenant)).toEqual(['*', 'acme', 'default']);
    const head = { seq: 1, hash: last?.hash };
    expect(chains[1]).toEqual({ tenant: 'acme', checked: 1, head, problem: null });
    expect((await verify('?tenant=*')).chains).toMatchObject([{ tenant: '*', checked: 0 }]);
  });

  it('finds what was changed, by a head that was noted too', async () => {
    await create();
    for (const what of ['pause', 'resume']) {
      await world.call('POST', `/v1/integrations/erp/${what}`);
    }
    const [last, middle] = await audit();
    const noted = `?tenant=default&head=${last?.seq}:${last?.hash}`;
    expect((await verify(noted)).ok).toBe(true);
    expect((await verify(`?tenant=default&head=3:${middle?.hash}`)).chains).toMatchObject([
      { problem: { seq: 3, kind: 'rewritten' } },
    ]);
    expect((await verify(`?tenant=default&head=9:${middle?.hash}`)).chains).toMatchObject([
      { problem: { seq: 4, kind: 'truncated' } },
    ]);
    rows().set(2, (rows().get(2) ?? '').replace('integration.pause', 'integration.other'));
    expect(await verify('?tenant=default')).toMatchObject({
      ok: false,
      chains: [{ checked: 1, head: { seq: 1 }, problem: { seq: 2, kind: 'edited' } }],
    });
  });

  it('finds rows that nobody appended, and no list shows them', async () => {
    await create();
    const [first] = await audit();
    const { hash: _, ...said } = {
      ...first,
      seq: 0,
      action: 'forged.entry',
    } as never as AuditEntry;
    const trail = world.deps.auditTrail as FakeAuditTrail;
    trail.rows('default').set(0, entryText({ ...said, hash: hashOf(said) }));
    trail.strays.add('OTHER#x');
    const chains = [
      { tenant: '*', problem: null },
      { tenant: 'default', problem: { seq: 1, kind: 'moved' } },
      { tenant: 'OTHER#x', checked: 0, problem: { kind: 'moved' } },
    ];
    expect(await verify()).toMatchObject({ ok: false, chains, nextCursor: null });
    expect((await verify('?tenant=default')).ok).toBe(false);
    expect((await audit()).map(({ action }) => action)).toEqual(['integration.create']);
    const told = world.telemetry.lines.filter(({ message }) => message === 'audit.broken');
    expect(told).toMatchObject([{ fields: { count: 1 } }]);
    expect(world.telemetry.counts.get('AuditChainsBroken')).toBe(1);
  });

  it.each(['?head=1', `?head=1:${'a'.repeat(64)}`, '?tenant=acme&head=x:y', '?limit=5'])(
    'refuses %s',
    async (query) => {
      expect((await world.call('GET', `/v1/audit/verify${query}`)).status).toBe(422);
    },
  );

  it('goes on where it stopped in a chain that is long', async () => {
    const { chainOf, TENANT } = await import('../domain/audit-chains.ts');
    const chain = chainOf(10_003);
    for (const entry of chain) await world.deps.auditTrail.append(entry);
    const first = await verify(`?tenant=${TENANT}`);
    expect(first).toMatchObject({ ok: true, chains: [{ checked: 10_000, head: { seq: 10_000 } }] });
    const rest = await verify(`?tenant=${TENANT}&cursor=${first.nextCursor}`);
    const head = { seq: 10_003, hash: chain.at(-1)?.hash };
    expect(rest).toMatchObject({ chains: [{ checked: 3, head }], nextCursor: null });
    const foreign = await world.call('GET', `/v1/audit/verify?cursor=${first.nextCursor}`);
    expect(foreign.status).toBe(400);
  });
});
