import type { APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda';
import { issue } from '../../lib/app/api-keys.ts';
import type { Scope } from '../../lib/domain/api-key.ts';
import { authorizerHandler } from '../../lib/edge/authorizer.ts';
import type { Access } from './access-table.ts';
import { type Answer, type HttpWorld, httpWorld } from './http-world.ts';

const SOURCE_IP = '192.0.2.10';
const MISSING = '01kf0rdqg00000000000000000';

/** To which tenant a key is bound; the resources are all `a`'s. */
export const BINDINGS = { own: 'a', foreign: 'b', unbound: undefined } as const;
export type Binding = keyof typeof BINDINGS;

/** The three HTTP functions behind the real authorizer, asked with real keys. */
export async function accessWorld() {
  const world = httpWorld();
  const authorize = authorizerHandler(world.deps);
  const ids = await fill(world);
  let requests = 0;

  const keyFor = async (scope: Scope, binding: Binding): Promise<string> => {
    const tenant = BINDINGS[binding];
    const input = { name: scope, scopes: [scope], ...(tenant !== undefined && { tenant }) };
    return (await issue({ ...world.deps, pepper: await world.deps.pepper() }, input)).key;
  };

  /** Asks for the resource of `a`, or for one of that kind that nobody has. */
  const ask = async (
    key: string,
    route: string,
    access: Access,
    of: 'existing' | 'missing',
  ): Promise<Answer & { readonly id: string }> => {
    const [method = '', template = ''] = route.split(' ');
    const name = /\{(\w+)\}/.exec(template)?.[1] ?? '';
    const id = of === 'existing' ? ids(route, name) : missing(name, ids(route, name));
    const path = template.replace(`{${name}}`, id);
    const http = { method, path, sourceIp: SOURCE_IP };
    const event = { headers: { authorization: `Bearer ${key}` }, requestContext: { http } };
    const given = { ...event, rawPath: path, rawQueryString: access.query ?? '' };
    const { context } = await authorize(
      given as unknown as APIGatewayRequestAuthorizerEventV2,
      {} as Context,
    );
    const requestContext = {
      requestId: `req-${++requests}`,
      http,
      authorizer: { lambda: context },
    };
    const url = access.query === undefined ? path : `${path}?${access.query}`;
    const answer = await world.call(method, url, {
      ...(access.body !== undefined && { body: access.body }),
      event: { requestContext } as never,
    });
    return { ...answer, id };
  };
  return { ask, keyFor };
}

/** One of everything, all of the tenant `a`. */
async function fill({ call, deps }: HttpWorld) {
  const endpoint = 'https://erp.example.com/in';
  const create = async (path: string, body: object) => {
    const { json, status, text } = await call('POST', path, { body: { ...body, tenant: 'a' } });
    if (status >= 300) throw new Error(`${path} answers ${status}: ${text}`);
    return json;
  };
  const erp = await create('/v1/integrations', { name: 'erp', serviceType: 'webhook', endpoint });
  const rest = await create('/v1/integrations', {
    name: 'rest',
    serviceType: 'rest_api',
    endpoint: 'https://api.example.com',
  });
  const source = await create('/v1/sources', { name: 'hub', provider: 'standard-webhooks' });
  const event = await create('/v1/events', {
    type: 'invoice.paid',
    data: {},
    integrations: ['erp'],
  });
  const since = new Date(deps.clock.nowMs() - 1_000).toISOString();
  const job = await call('POST', `/v1/integrations/${erp.id}/recover`, { body: { since } });
  const key = await create('/v1/keys', { name: 'a', scopes: ['keys:write'] });
  const known: Readonly<Record<string, string>> = {
    integration: erp.id,
    source: source.id,
    event: event.id,
    delivery: event.deliveries[0].id,
    job: job.json.id,
    key: key.id,
  };
  return (route: string, name: string): string =>
    route.endsWith('/call') ? rest.id : (known[name] ?? '');
}

/** Of the same shape, and nobody's. */
function missing(name: string, id: string): string {
  if (name === 'event') return 'evt_missing';
  return name === 'delivery' ? id.replace(/.{4}$/, '0000') : id.replace(/_.*/, `_${MISSING}`);
}
