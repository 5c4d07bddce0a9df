import { describe, expect, it } from 'vitest';
import { readSecrets, rotateSecret } from '../../lib/app/integration-secrets.ts';
import {
  createIntegration,
  getIntegration,
  patchIntegration,
  putIntegration,
} from '../../lib/app/integrations.ts';
import { listIntegrations } from '../../lib/app/list-integrations.ts';
import type { FallbackLink } from '../../lib/domain/fallback.ts';
import { refusalOf } from '../fakes/registry-world.ts';
import { BASE, BASIC, ME, setUp } from './integrations-world.ts';

const DR = { type: 'url', url: 'https://dr.example.com/hooks' };
const STD = { scheme: 'standard-webhooks' };
const ED = { scheme: 'standard-webhooks-ed25519' };
const KEY = { type: 'apiKey', header: 'X-Key', value: 'v4lue-of-the-key' };
const OWN = 'own-secret-of-the-link';

async function made(...fallback: object[]) {
  const { world, stored } = setUp();
  const answer = await createIntegration(world, ME, { ...BASE, fallback });
  const patch = (body: object) => patchIntegration(world, ME, 'erp', body);
  const links = async () => (await stored()).fallback;
  return { world, stored, answer, patch, links };
}

function secretOf(link: FallbackLink | undefined): string | undefined {
  if (link?.type !== 'url' || link.signing === undefined) return undefined;
  return link.signing.scheme === 'none' ? undefined : link.signing.secrets[0]?.secret;
}

describe('secrets of fallback links', () => {
  it('are made where not given, shown once, and then with the own scope alone', async () => {
    const { world, answer, links } = await made(
      DR,
      { ...DR, url: `${DR.url}/2`, signing: STD, auth: BASIC },
      { ...DR, url: `${DR.url}/3`, signing: { scheme: 'github', secret: OWN } },
      { ...DR, url: `${DR.url}/4`, signing: { scheme: 'none' } },
    );
    const secret = expect.stringMatching(/^whsec_/);
    expect(answer.fallback.map((link) => 'signing' in link && link.signing)).toEqual([
      false,
      { ...STD, secret },
      { scheme: 'github', secret: OWN },
      { scheme: 'none' },
    ]);
    const shown = await getIntegration(world, ME, 'erp');
    expect(shown.fallback[1]).toEqual({
      type: 'url',
      url: `${DR.url}/2`,
      auth: { type: 'basic', username: 'u' },
      headers: {},
      signing: STD,
      on: ['breaker-open', 'exhausted'],
    });
    const listed = await listIntegrations(world, ME, { limit: 5 });
    for (const text of [JSON.stringify(shown), JSON.stringify(listed)]) {
      for (const hidden of ['whsec_', OWN, BASIC.password]) expect(text).not.toContain(hidden);
      expect(text).toContain(`${DR.url}/3`);
    }
    const [, second] = await links();
    expect(await readSecrets(world, ME, 'erp')).toEqual({
      current: answer.signing && 'secret' in answer.signing && answer.signing.secret,
      previous: [],
      fallback: {
        '2': {
          current: secretOf(second),
          previous: [],
        },
        '3': { current: OWN, previous: [] },
      },
    });
    expect(await rotateSecret(world, ME, 'erp', {})).not.toHaveProperty('fallback');
    expect(JSON.stringify(world.telemetry.lines)).not.toMatch(/whsec_|own-secret|p4ssw0rd/);
  });

  it('can be read where the integration itself has none', async () => {
    const { world, patch } = await made({ ...DR, signing: { scheme: 'github', secret: OWN } });
    await patch({ signing: { scheme: 'none' } });
    expect(await readSecrets(world, ME, 'erp')).toEqual({
      current: null,
      previous: [],
      fallback: { '1': { current: OWN, previous: [] } },
    });
    await patch({ fallback: [DR] });
    expect((await refusalOf(readSecrets(world, ME, 'erp'))).code).toBe('invalid-state');
  });

  it('stay with the URL and the scheme, wherever in the chain the link stands', async () => {
    const link = { ...DR, signing: STD, auth: KEY };
    const { patch, links } = await made(link);
    const before = await links();
    const bare = { ...DR, signing: STD, auth: { type: 'apiKey', header: 'X-Key' } };
    const other = { ...DR, url: 'https://other.example.com/', on: ['exhausted'] };
    const same = { ...bare, url: 'https://DR.example.com/hooks' };
    for (const chain of [[bare], [other, bare], [same, other], [bare]]) {
      const answer = await patch({ fallback: chain });
      expect(JSON.stringify(answer)).not.toContain('whsec_');
      const kept = (await links()).find((one) => one.type === 'url' && /dr\./i.test(one.url));
      expect(kept).toMatchObject({ ...before[0], url: expect.any(String) });
    }
    await patch({ description: 'new' });
    expect(await links()).toEqual(before);
  });

  it('begin anew with another scheme or URL, and are shown in that one answer', async () => {
    const { patch, links } = await made({ ...DR, signing: STD }, { type: 'hold' });
    const [before] = await links();
    const changed = await patch({ fallback: [{ ...DR, signing: { scheme: 'github' } }] });
    const [after] = await links();
    expect(changed.fallback[0]).toMatchObject({ signing: { secret: expect.any(String) } });
    expect(after).not.toEqual(before);
    const moved = { ...DR, url: 'https://moved.example.com/', signing: STD };
    const answer = await patch({ fallback: [{ ...DR, signing: { scheme: 'github' } }, moved] });
    expect(answer.fallback[0]).toMatchObject({ signing: { scheme: 'github' } });
    expect(JSON.stringify(answer.fallback[0])).not.toContain('secret');
    expect(answer.fallback[1]).toMatchObject({
      signing: { secret: expect.stringMatching(/^whsec_/) },
    });
    const given = { ...moved, signing: { scheme: 'github', secret: OWN } };
    expect((await patch({ fallback: [given] })).fallback[0]).toMatchObject({
      signing: { secret: OWN },
    });
    expect(JSON.stringify(await patch({ fallback: [given] }))).not.toContain(OWN);
    expect(await links()).toMatchObject([{ signing: { secrets: [{ secret: OWN }] } }]);
  });

  it('of credentials are asked for again at another URL or of another type', async () => {
    const { patch } = await made({ ...DR, auth: BASIC });
    const bare = { type: 'basic', username: 'u' };
    for (const [link, path] of [
      [{ ...DR, url: 'https://other.example.com/', auth: bare }, 'fallback.0.auth.password'],
      [{ ...DR, auth: { type: 'bearer' } }, 'fallback.0.auth.token'],
      [{ type: 'static', auth: bare }, 'fallback.0.auth'],
    ] as const) {
      const { fields } = await refusalOf(patch({ fallback: [link] }));
      expect(Object.keys(fields)).toContain(path);
    }
    await patch({ fallback: [DR] });
    expect(
      Object.keys((await refusalOf(patch({ fallback: [{ ...DR, auth: bare }] }))).fields),
    ).toEqual(['fallback.0.auth.password']);
  });
});

describe('a chain in an answer', () => {
  it('can be sent back as it is, twice, by PUT and PATCH, with everything kept', async () => {
    const { world, stored, patch } = await made();
    await createIntegration(world, ME, { ...BASE, name: 'ops' });
    await patch({
      serviceType: 'rest_api',
      fallback: [
        { ...DR, signing: ED, auth: BASIC, headers: { 'X-Env': 'dr' } },
        { type: 'integration', integration: 'ops', on: ['breaker-open'] },
        { type: 'cache', maxAgeSeconds: 60 },
        { type: 'queue' },
        { type: 'static', statusCode: 503, headers: { 'Retry-After': '5' }, body: '{}' },
      ],
    });
    const before = await stored();
    const answer = await getIntegration(world, ME, 'erp');
    expect(answer.fallback[0]).toMatchObject({
      signing: { publicKey: expect.stringMatching(/^whpk_/) },
    });
    for (const round of [1, 2]) {
      const { integration } = await putIntegration(world, ME, 'erp', answer);
      expect(integration).toEqual(answer);
      expect(await stored()).toEqual({ ...before, version: before.version + round });
    }
    expect(await patch(answer)).toEqual(answer);
    expect((await stored()).fallback).toEqual(before.fallback);
    const other = { ...ED, publicKey: 'whpk_other' };
    const { fields } = await refusalOf(patch({ fallback: [{ ...DR, signing: other }] }));
    expect(Object.keys(fields)).toEqual(['fallback.0.signing.publicKey']);
  });

  it('is gone when a PUT leaves it out, and stays when a PATCH does', async () => {
    const { world, patch, links } = await made(DR, { type: 'hold' });
    await patch({ eventTypes: ['a'] });
    expect(await links()).toHaveLength(2);
    await putIntegration(world, ME, 'erp', BASE);
    expect(await links()).toEqual([]);
    await patch({ fallback: [{ type: 'hold' }] });
    expect(await links()).toEqual([{ type: 'hold', on: ['breaker-open'] }]);
    expect((await patch({ fallback: null })).fallback).toEqual([]);
  });

  it('is checked against the rest: what a patch changes may not clash with the links there are', async () => {
    const { patch } = await made(DR);
    expect(Object.keys((await refusalOf(patch({ endpoint: DR.url }))).fields)).toEqual([
      'fallback.0.url',
    ]);
    await patch({ serviceType: 'rest_api', fallback: [{ type: 'static' }] });
    expect(Object.keys((await refusalOf(patch({ serviceType: 'webhook' }))).fields)).toEqual([
      'fallback.0.type',
    ]);
  });
});
