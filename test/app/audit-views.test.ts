import { describe, expect, it } from 'vitest';
import { recording } from '../../lib/app/audit-recorder.ts';
import { createIntegration, patchIntegration, putIntegration } from '../../lib/app/integrations.ts';
import { ADMIN, registryWorld } from '../fakes/registry-world.ts';

const CALLER = { principal: ADMIN };
/** In every place where a tenant may put a secret of its own. */
const CANARY = 'canary';

const SLACK = 'https://hooks.slack.com/services/T000/B000';
const DISCORD = 'https://discord.com/api/webhooks/1234';

interface Secrets {
  readonly query?: string;
  readonly link?: string;
  readonly health?: string;
  readonly token?: string;
  readonly path?: string;
  readonly header?: string;
}

function body(of: Secrets) {
  const { query = '1', link = '1', health = '1', token = '1', path = '1', header = '1' } = of;
  const text = (which: string) => `${CANARY}-${which}`;
  const headers = {
    ...{ 'Ocp-Apim-Subscription-Key': text('a'), 'X-Secret-Header': text(header) },
    ...{ 'X-Token-Format': text('b'), 'X-Env': text('c') },
  };
  return {
    ...{ name: 'erp', serviceType: 'webhook', signing: { scheme: 'none' } },
    endpoint: `https://erp.example.com/in?tok=${text(query)}`,
    request: { headers },
    healthCheck: { url: `https://erp.example.com/up?tok=${text(health)}` },
    auth: {
      ...{ type: 'oauth2ClientCredentials', clientId: 'us', clientSecret: text('secret') },
      tokenUrl: `https://id.example.com/token?tok=${text(token)}`,
    },
    fallback: [
      {
        type: 'url',
        url: `https://dr.example.com/in?tok=${text(link)}`,
        on: ['exhausted'],
        headers,
      },
      { type: 'url', url: `${SLACK}/${text(path)}`, on: ['exhausted'] },
      { type: 'url', url: `${DISCORD}/${text(path)}`, on: ['exhausted'] },
    ],
  };
}

async function changed(from: Secrets, to: Secrets) {
  const world = registryWorld();
  await createIntegration(world, CALLER, body(from));
  const { stores, recorder } = recording(world);
  await putIntegration(stores, CALLER, 'erp', body(to));
  const [entry] = recorder.of('integration');
  expect(JSON.stringify(entry)).not.toContain(CANARY);
  return (entry?.after as { readonly secretsChanged: readonly string[] } | undefined)
    ?.secretsChanged;
}

describe('an entry of an integration', () => {
  it.each<readonly [keyof Secrets, readonly string[]]>([
    ['query', ['endpoint']],
    ['health', ['healthCheck.url']],
    ['token', ['auth.tokenUrl']],
    ['link', ['fallback.1.url']],
    ['path', ['fallback.2.url', 'fallback.3.url']],
    ['header', ['request.headers.X-Secret-Header', 'fallback.1.headers.X-Secret-Header']],
  ])('names what has changed though it is not shown: %s', async (which, places) => {
    expect(await changed({}, { [which]: '2' })).toEqual(places);
    expect(await changed({}, {})).toEqual([]);
  });

  it('shows the names of headers, and URLs as far as they are no secret', async () => {
    const world = registryWorld();
    const { stores, recorder } = recording(world);
    await createIntegration(stores, CALLER, body({}));
    await patchIntegration(stores, CALLER, 'erp', { endpoint: `${SLACK}/${CANARY}` });
    const [entry] = recorder.of('integration');
    expect(JSON.stringify(entry)).not.toContain(CANARY);
    const hidden = {
      ...{ 'Ocp-Apim-Subscription-Key': '…', 'X-Secret-Header': '…' },
      ...{ 'X-Token-Format': '…', 'X-Env': '…' },
    };
    expect(entry?.after).toMatchObject({
      ...{ endpoint: `${SLACK}/…`, request: { headers: hidden } },
      healthCheck: { url: 'https://erp.example.com/up?…' },
      auth: { tokenUrl: 'https://id.example.com/token?…' },
      fallback: [
        { url: 'https://dr.example.com/in?…', headers: hidden },
        { url: `${SLACK}/…` },
        { url: `${DISCORD}/…` },
      ],
    });
  });
});
