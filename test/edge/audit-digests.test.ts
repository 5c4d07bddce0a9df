import { beforeEach, describe, expect, it } from 'vitest';
import { signHeads } from '../../lib/app/audit-digests.ts';
import { completeIntents, INTERRUPTED_MS } from '../../lib/app/audited-change.ts';
import type { AuditIntent } from '../../lib/app/ports-audit.ts';
import type { FakeAuditDigests } from '../fakes/stores-audit.ts';
import { type HttpWorld, httpWorld } from './http-world.ts';

const TOKEN = 'a-token-that-nobody-may-see';
const ERP = {
  ...{ name: 'erp', serviceType: 'webhook', endpoint: 'https://erp.example.com/in' },
  auth: { type: 'bearer', token: TOKEN },
};
const never = () => false;

let world: HttpWorld;
beforeEach(async () => {
  world = httpWorld();
  for (const tenant of ['default', 'acme']) {
    const made = await world.call('POST', '/v1/integrations', { body: { ...ERP, tenant } });
    expect(made.status).toBe(201);
  }
});

const verify = async (query = '') => (await world.call('GET', `/v1/audit/verify${query}`)).json;

describe('digests', () => {
  beforeEach(() => signHeads(world.deps, never));

  it('are listed whole, the oldest first, page by page', async () => {
    await world.call('POST', '/v1/integrations/erp/pause');
    world.clock.advance(300_000);
    await signHeads(world.deps, never);
    const first = (await world.call('GET', '/v1/audit/digests?limit=1')).json;
    expect(first.data).toMatchObject([
      { number: 1, heads: [{ tenant: 'acme' }, { tenant: 'default', seq: 1 }] },
    ]);
    const next = `/v1/audit/digests?limit=1&cursor=${first.nextCursor}`;
    const { data, nextCursor } = (await world.call('GET', next)).json;
    expect(data).toMatchObject([{ number: 2, heads: [{ tenant: 'default', seq: 2 }] }]);
    expect([data[0].signature.length > 90, nextCursor]).toEqual([true, null]);
  });

  it('show a key of one tenant what they say of that one, and prove that alone', async () => {
    const bound = { principal: { tenant: 'acme' } };
    const { json } = await world.call('GET', '/v1/audit/digests', bound);
    expect(json.data).toMatchObject([
      { heads: [{ tenant: 'acme', seq: 1 }], key: null, signature: null },
    ]);
    const verified = await world.call('GET', '/v1/audit/verify', bound);
    expect(verified.json).toMatchObject({ ok: true, digests: { checked: 1, problem: null } });
    const foreign = await world.call('GET', '/v1/audit/digests?tenant=default', bound);
    expect(foreign.status).toBe(403);
  });

  it('are verified after the chains: by signature, by number, and by one that was noted', async () => {
    const seen = await verify();
    expect(seen).toMatchObject({ ok: true, digests: { checked: 1, gaps: [], problem: null } });
    const { number, hash } = seen.digests.head;
    expect((await verify(`?digest=${number}:${hash}`)).ok).toBe(true);
    const { texts } = world.deps.auditDigests as FakeAuditDigests;
    texts.set(1, (texts.get(1) ?? '').replace('"seq":1', '"seq":2'));
    expect(await verify()).toMatchObject({
      ...{ ok: false, digests: { checked: 0, problem: { number: 1, kind: 'unsigned' } } },
    });
    expect(await verify(`?digest=9:${hash}`)).toMatchObject({ ok: false });
    expect((await world.call('GET', '/v1/audit/verify?digest=x')).status).toBe(422);
  });

  it('are missed where the tick signs no more: the answer names since when', async () => {
    world.clock.advance(7_200_001);
    const { ok, digests } = await verify();
    expect([ok, digests.problem]).toEqual([false, null]);
    expect(digests.gaps).toMatchObject([{ number: 2 }]);
  });
});

describe('an entry of a request that died', () => {
  it('says how it was before, and nothing secret', async () => {
    const { auditIntents } = world.deps;
    const { put } = auditIntents;
    const begun: AuditIntent[] = [];
    auditIntents.put = async (intent) => {
      begun.push(intent);
      await put(intent);
    };
    await world.call('PATCH', '/v1/integrations/erp', { body: { description: 'changed' } });
    const [intent] = begun as [AuditIntent];
    // It is put back, as if nobody had come to tell of the end.
    await put({ ...intent, draft: { ...intent.draft, id: 'aud_0000000000000000000000dead' } });
    world.clock.advance(INTERRUPTED_MS + 1);
    expect(await completeIntents(world.deps, never)).toBe(1);
    const [entry] = (await world.call('GET', '/v1/audit?tenant=default')).json.data;
    expect(entry).toMatchObject({
      ...{ outcome: 'interrupted', action: 'integration.update', after: null },
      before: { name: 'erp', description: '', version: 1 },
    });
    expect(JSON.stringify(entry)).not.toContain(TOKEN);
  });

  it('leaves what succeeded and what was only read as it was', async () => {
    await world.call('POST', '/v1/integrations/erp/test', { body: {} });
    await world.call('GET', '/v1/integrations/erp/secret');
    const { data } = (await world.call('GET', '/v1/audit?tenant=default')).json;
    expect(data.slice(0, 2)).toMatchObject([
      { action: 'secret.read', before: null, after: null },
      { action: 'integration.test', before: null, after: null },
    ]);
  });
});
