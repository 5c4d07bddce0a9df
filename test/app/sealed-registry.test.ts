import { describe, expect, it } from 'vitest';
import { readSecrets, rotateSecret } from '../../lib/app/integration-secrets.ts';
import { pauseIntegration } from '../../lib/app/integration-status.ts';
import {
  createIntegration,
  getIntegration,
  patchIntegration,
  putIntegration,
} from '../../lib/app/integrations.ts';
import { listIntegrations } from '../../lib/app/list-integrations.ts';
import { createSource, getSource, patchSource } from '../../lib/app/sources.ts';
import { testCall } from '../../lib/app/test-call.ts';
import { asRequestError } from '../../lib/edge/problem.ts';
import { ME as ADMIN } from './integrations-world.ts';
import { sealedWorld as world } from './sealed-world.ts';

/** Of one tenant: its list is read without an index, which would lag. */
const MINE = { ...ADMIN, tenant: 'default' };
const SECRET_URL = 'https://erp.example.com/hooks?token=canary-endpoint';
const SHOWN_URL = 'https://erp.example.com/hooks?…';
const BODY = {
  name: 'erp',
  endpoint: SECRET_URL,
  auth: { type: 'bearer', token: 'canary-token-000000' },
  signing: { scheme: 'standard-webhooks-ed25519' },
  healthCheck: { url: 'https://erp.example.com/up?key=canary-check' },
  fallback: [
    { type: 'url', url: 'https://dr.example.com/a?k=canary-1', on: ['exhausted'] },
    { type: 'url', url: 'https://dr.example.com/a?k=canary-2', on: ['exhausted'] },
  ],
};

describe('a registry under KMS', () => {
  it('shows no secret and no query, and asks KMS for nothing to show the rest', async () => {
    const { deps, kms } = await world();
    const made = await createIntegration(deps, ADMIN, BODY);
    expect(made.signing).toHaveProperty('secret');
    kms.asked.length = 0;
    kms.world.isDown = true;
    const seen = await getIntegration(deps, ADMIN, 'erp');
    const { items } = await listIntegrations(deps, MINE, { limit: 5, q: 'erp.example' });
    const paused = await pauseIntegration(deps, ADMIN, 'erp');
    expect(kms.asked).toEqual([]);
    expect(items).toHaveLength(1);
    expect(JSON.stringify([seen, items, paused])).not.toContain('canary');
    expect(seen).toMatchObject({
      endpoint: SHOWN_URL,
      healthCheck: { url: 'https://erp.example.com/up?…' },
      signing: { publicKey: expect.stringMatching(/^whpk_/) },
    });
    expect(JSON.stringify(made)).not.toContain('canary');
  });

  it('keeps every URL and secret when an answer is sent back as it is', async () => {
    const { deps, sender } = await world();
    await createIntegration(deps, ADMIN, BODY);
    const before = await readSecrets(deps, ADMIN, 'erp');
    const answer = await getIntegration(deps, ADMIN, 'erp');
    await putIntegration(deps, ADMIN, 'erp', JSON.parse(JSON.stringify(answer)));
    await patchIntegration(deps, ADMIN, 'erp', { endpoint: SHOWN_URL, description: 'new' });
    expect(await readSecrets(deps, ADMIN, 'erp')).toEqual(before);
    await testCall(deps, ADMIN, 'erp', {});
    expect(sender.sent.at(-1)).toMatchObject({
      url: SECRET_URL,
      headers: { authorization: 'Bearer canary-token-000000' },
    });
    const stored = await deps.integrations.byName('default', 'erp');
    if (stored === undefined) throw new Error('It is gone.');
    const opened = await deps.integrations.open(stored);
    expect(opened.fallback).toMatchObject(BODY.fallback.map(({ url }) => ({ url })));
    expect(opened.healthCheck?.url).toBe(BODY.healthCheck.url);
  });

  it('takes ?… for nothing but the very URL that is shown so', async () => {
    const { deps } = await world();
    await createIntegration(deps, ADMIN, BODY);
    for (const [change, path] of [
      [{ endpoint: 'https://evil.example.com/hooks?…' }, 'endpoint'],
      [{ healthCheck: { url: SHOWN_URL } }, 'healthCheck.url'],
      [{ fallback: [{ type: 'url', url: SHOWN_URL, on: ['exhausted'] }] }, 'fallback.0.url'],
    ] as const) {
      const refused = patchIntegration(deps, ADMIN, 'erp', change);
      await expect(refused).rejects.toMatchObject({
        fields: expect.arrayContaining([expect.objectContaining({ path })]),
      });
    }
    const created = createIntegration(deps, ADMIN, { name: 'two', endpoint: SHOWN_URL });
    await expect(created).rejects.toMatchObject({ code: 'invalid' });
  });

  it('answers 503 while KMS is away, and has written nothing', async () => {
    const { deps, kms } = await world();
    await createIntegration(deps, ADMIN, BODY);
    kms.clock.advance(300_000);
    kms.world.isDown = true;
    for (const asked of [
      createIntegration(deps, ADMIN, { ...BODY, name: 'two' }),
      patchIntegration(deps, ADMIN, 'erp', { description: 'x' }),
      rotateSecret(deps, ADMIN, 'erp', {}),
      testCall(deps, ADMIN, 'erp', {}),
      createSource(deps, ADMIN, { name: 'in', provider: 'standard-webhooks' }),
    ]) {
      const error: unknown = await asked.catch((thrown: unknown) => thrown);
      expect(asRequestError(error).code).toBe('unavailable');
    }
    kms.world.isDown = false;
    expect(await deps.integrations.byName('default', 'two')).toBeUndefined();
    expect((await getIntegration(deps, ADMIN, 'erp')).description).toBe('');
  });

  it('makes a change with a data key of its own: one request to open, one to seal', async () => {
    const { deps, kms } = await world();
    await createIntegration(deps, ADMIN, BODY);
    kms.asked.length = 0;
    await rotateSecret(deps, ADMIN, 'erp', { graceSeconds: 60 });
    expect(kms.asked).toEqual(['DecryptCommand', 'GenerateDataKeyCommand']);
    const { previous } = await readSecrets(deps, ADMIN, 'erp');
    expect(previous).toHaveLength(1);
  });

  it('keeps the secret of a source through a change, and shows it once', async () => {
    const { deps } = await world();
    const made = await createSource(deps, ADMIN, { name: 'in', provider: 'standard-webhooks' });
    expect(made.secret).toMatch(/^whsec_/);
    expect(await getSource(deps, ADMIN, 'in')).not.toHaveProperty('secret');
    await patchSource(deps, ADMIN, 'in', { description: 'changed' });
    const stored = await deps.sources.byName('default', 'in');
    if (stored === undefined) throw new Error('It is gone.');
    expect(JSON.stringify(stored)).not.toContain(made.secret);
    expect((await deps.sources.open(stored)).verification).toMatchObject({
      secrets: [{ secret: made.secret }],
    });
  });
});
