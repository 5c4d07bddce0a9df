import { createHmac } from 'node:crypto';
import { answer, type Destination, type SeenRequest, type Step } from '../fakes/destination.ts';
import type { Call, Json } from './client.ts';
import type { Gateway } from './gateway.ts';

/** Credentials and secrets: whoever has one can act as somebody else. */
export const SECRETS = {
  bearer: 'cnry-bearer-Qk3vT0Zm8aLw',
  basic: 'cnry-basic-password-9dKx2PfRtY',
  apiKey: 'cnry-api-key-value-U7sBn4HcJq',
  clientSecret: 'cnry-oauth-client-secret-Wm5eGz',
  badClientSecret: 'cnry-oauth-bad-secret-Lp8rDx',
  accessToken: 'cnry-oauth-access-token-Vb2nXs',
  linkBearer: 'cnry-bearer-of-a-link-Ht6yCq',
  github: 'cnry-github-signing-secret-Zk1mPw',
  whsec: `whsec_${Buffer.from('cnry-standard-webhooks-32-bytes!').toString('base64')}`,
  linkWhsec: `whsec_${Buffer.from('cnry-signing-secret-of-the-link!').toString('base64')}`,
  source: 'cnry-source-secret-Ag4tRe',
  rotated: 'cnry-source-secret-rotated-Bn9uKo',
  query: 'cnry-query-of-the-endpoint-Dj3fYh',
  tokenQuery: 'cnry-query-of-the-token-url-Ek7gUj',
  linkQuery: 'cnry-query-of-the-link-Fl2hIm',
  healthQuery: 'cnry-query-of-the-health-check-Gm6jOn',
  header: 'cnry-value-of-a-request-header-Hn1kPp',
  linkHeader: 'cnry-value-of-a-header-of-a-link-Kq7nRw',
  callerToken: 'cnry-credential-of-a-caller-Lr2oTx',
  refused: 'cnry-secret-that-was-refüsed-Jp3lVw',
  forged: 'cnryForgedKeyOfNobody0123456789abcd',
} as const;

/** What customers say and send: in the history and nowhere else. */
export const CONTENTS = {
  payload: 'cnry-payload-Io5lQr',
  inbound: 'cnry-body-of-a-webhook-Jp9mRs',
  inboundHeader: 'cnry-header-of-a-webhook-Kq4nSt',
  unsigned: 'cnry-body-without-signature-Lr8oTu',
  callBody: 'cnry-body-of-a-call-Ms3pUv',
  callHeader: 'cnry-header-of-a-call-Nt7qVw',
  callQuery: 'cnry-query-of-a-call-Ou2rWx',
  cookie: 'cnry-cookie-of-an-answer-Pv6sXy',
  malformed: 'cnry-malformed-body-Qw1tYz',
  poison: 'cnry-poison-in-a-queue-Rx5uZa',
  orderingKey: 'cnry-ordering-key-Sy9vAb',
  idempotencyKey: 'cnry-idempotency-key-Tz4wBc',
} as const;

/** Echoes all that it gets, as services in trouble do. */
export function echo({ path, headers, body }: SeenRequest): readonly Step[] {
  if (path.startsWith('/hang')) return [{ kind: 'hang' }];
  if (path.startsWith('/reset')) return [{ kind: 'reset' }];
  if (path.startsWith('/token')) return tokenAnswer(body.toString(), headers);
  const text = JSON.stringify({ path, headers, body: body.toString() });
  const echoed = headers.authorization ?? headers['x-key'] ?? '';
  return answer(path.startsWith('/fail') ? 500 : 200, text, {
    'set-cookie': CONTENTS.cookie,
    'x-echo': echoed,
    'www-authenticate': `Bearer token="${echoed}"`,
  });
}

function tokenAnswer(body: string, headers: SeenRequest['headers']): readonly Step[] {
  const isBad = body.includes(SECRETS.badClientSecret);
  const granted = { access_token: SECRETS.accessToken, token_type: 'bearer', expires_in: 3_600 };
  const refused = {
    error: 'invalid_client',
    error_description: `${body} ${headers.authorization}`,
  };
  return answer(isBad ? 400 : 200, JSON.stringify(isBad ? refused : granted), {
    'content-type': 'application/json',
  });
}

export interface Walk {
  readonly gateway: Gateway;
  readonly destination: Destination;
  readonly call: Call;
}

/** Registers an integration with every kind of secret. */
export async function register({ gateway, destination: { url } }: Walk): Promise<void> {
  const make = (name: string, fields: Json) =>
    gateway.register({
      ...{ name, endpoint: `${url}/${name}?token=${SECRETS.query}`, eventTypes: [`${name}.*`] },
      retry: { schedule: [1], maxAttempts: 2 },
      request: { timeoutSeconds: 1, headers: { 'X-Api-Token': SECRETS.header } },
      breaker: { minimumCalls: 2, consecutiveFailures: 2, openSeconds: 1 },
      ...fields,
    });
  const oauth2 = {
    ...{ type: 'oauth2ClientCredentials', clientId: 'me' },
    tokenUrl: `${url}/token?k=${SECRETS.tokenQuery}`,
  };
  const link = {
    ...{
      type: 'url',
      url: `${url}/fallback?key=${SECRETS.linkQuery}`,
      on: ['breaker-open', 'exhausted'],
    },
    auth: { type: 'bearer', token: SECRETS.linkBearer },
    headers: { 'X-Access-Key': SECRETS.linkHeader },
    signing: { scheme: 'standard-webhooks', secret: SECRETS.linkWhsec },
  };
  const bearer = { type: 'bearer', token: SECRETS.bearer };
  await make('echo', {
    ...{ auth: bearer, signing: { scheme: 'standard-webhooks', secret: SECRETS.whsec } },
    healthCheck: { url: `${url}/health?check=${SECRETS.healthQuery}`, intervalSeconds: 60 },
  });
  await make('fail', {
    auth: { type: 'basic', username: 'me', password: SECRETS.basic },
    ...{ signing: { scheme: 'github', secret: SECRETS.github }, fallback: [link] },
  });
  await make('reset', { auth: { type: 'apiKey', header: 'X-Key', value: SECRETS.apiKey } });
  await make('hang', { auth: bearer });
  await make('oauth', { auth: { ...oauth2, clientSecret: SECRETS.clientSecret } });
  await make('refused', { auth: { ...oauth2, clientSecret: SECRETS.badClientSecret } });
  await make('service', { serviceType: 'rest_api', auth: bearer });
}

export const NAMES = ['echo', 'fail', 'reset', 'hang', 'oauth', 'refused'] as const;

/** Events and calls with something to hide, and what the service makes of them. */
export async function send({ call }: Walk): Promise<void> {
  for (const name of NAMES) {
    await call('POST', '/v1/events', {
      body: { type: `${name}.paid`, data: CONTENTS.payload, orderingKey: CONTENTS.orderingKey },
      headers: { 'idempotency-key': `${CONTENTS.idempotencyKey}-${name}` },
    });
    await call('PATCH', `/v1/integrations/${name}`, { body: { description: 'changed' } });
    await call('POST', `/v1/integrations/${name}/test`, { body: {} });
  }
  for (const path of ['/echo', '/fail', '/hang', '/reset']) {
    const headers = {
      'x-of-the-caller': CONTENTS.callHeader,
      'x-session-token': SECRETS.callerToken,
    };
    const query = { q: CONTENTS.callQuery };
    const body = { text: CONTENTS.callBody };
    const asked = { method: 'PUT', path, headers, query, body, timeoutSeconds: 2 };
    await call('POST', '/v1/integrations/service/call', { body: asked });
  }
}

/** Webhooks of others: signed, signed wrongly, not signed at all, not even text. */
export async function receive({ call }: Walk): Promise<void> {
  const { json } = await call('POST', '/v1/sources', {
    body: { name: 'gh', provider: 'github', secret: SECRETS.source },
  });
  const path = `/in/${json.id}`;
  const body = JSON.stringify({ text: CONTENTS.inbound });
  const right = createHmac('sha256', SECRETS.source).update(body).digest('hex');
  for (const [signature, raw] of [
    [`sha256=${right}`, body],
    [`sha256=${right.replaceAll('a', 'b')}`, JSON.stringify({ text: CONTENTS.unsigned })],
    [SECRETS.source, `{"text": ${CONTENTS.unsigned}`],
  ] as const) {
    const headers = {
      ...{ 'x-hub-signature-256': signature, 'x-github-event': 'push' },
      'x-other': CONTENTS.inboundHeader,
    };
    await call('POST', path, { raw, headers, key: null });
  }
  const rotated = { secret: SECRETS.rotated };
  await call('POST', `/v1/sources/gh/secret/rotate`, { body: rotated });
}

/** Requests that are refused for what is in them, by somebody who is nobody. */
export async function misuse({ call }: Walk): Promise<void> {
  const json = (body: Json) => call('POST', '/v1/integrations', { body });
  await json({ auth: { type: 'bearer', token: [SECRETS.bearer] } });
  await json({ name: 'x', endpoint: `https://me:${SECRETS.basic}@example.com/` });
  await json({ name: 'x', endpoint: `https://127.0.0.1/${SECRETS.query}?a=${SECRETS.query}` });
  await call('PATCH', '/v1/integrations/echo', { body: { auth: { token: SECRETS.refused } } });
  await json({ auth: SECRETS.refused, signing: { scheme: 'github', secret: SECRETS.refused } });
  await call('POST', '/v1/events', { raw: `{"type": ${CONTENTS.malformed}` });
  await call('POST', '/v1/events', {
    raw: Uint8Array.of(0xff, 0xfe, ...Buffer.from(CONTENTS.malformed)),
  });
  await call('GET', '/v1/events', { key: `bwk_${SECRETS.forged}` });
  await call('GET', '/v1/events', { key: SECRETS.forged });
  await call('GET', `/v1/deliveries?status=${CONTENTS.malformed}`);
  await call('GET', `/v1/integrations/${CONTENTS.malformed}`);
}
