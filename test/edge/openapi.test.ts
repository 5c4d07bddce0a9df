import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../lib/edge/openapi/document.ts';
import { EXAMPLES } from '../../lib/edge/openapi/examples.ts';
import { callRoutes } from '../../lib/edge/routes/call.ts';
import { publishRoutes } from '../../lib/edge/routes/publish.ts';
import { receiveRoutes } from '../../lib/edge/routes/receive.ts';
import { apiRoutes } from '../../lib/edge/routes.ts';
import { ROUTES } from '../../lib/names.ts';
import { problemsOf } from './documented.ts';
import { httpWorld } from './http-world.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is walked by name.
const document: any = openApiDocument();
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const routes = Object.keys(ROUTES).filter((route) => route !== '$default');

interface Documented {
  readonly route: string;
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  readonly operation: any;
}

const operations: readonly Documented[] = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item as object)
    .filter(([method]) => METHODS.includes(method))
    .map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
);

describe('the OpenAPI document', () => {
  it('has every route, and nothing else', () => {
    const wanted = routes.flatMap((route) =>
      route.startsWith('ANY ')
        ? METHODS.map((method) => `${method.toUpperCase()} ${route.slice(4)}`)
        : [route],
    );
    expect(operations.map(({ route }) => route).sort()).toEqual(wanted.sort());
  });

  it('names the scope that each route asks for', () => {
    const { deps } = httpWorld();
    const table: Record<string, { readonly scope: string | null }> = {
      ...apiRoutes(deps),
      ...publishRoutes(deps),
      ...callRoutes(deps),
      ...receiveRoutes(deps),
    };
    for (const { route, operation } of operations) {
      const { scope } = table[route] ?? table[`ANY ${route.split(' ')[1]}`] ?? {};
      const told = operation.security.map((one: { readonly key?: string[] }) => one.key?.[0]);
      expect([route, told[0] ?? null]).toEqual([route, scope]);
    }
  });

  it('has the query parameters that each route takes, and no others', async () => {
    const { call } = httpWorld();
    for (const { route, operation } of operations) {
      const [method = '', template = ''] = route.split(' ');
      // An answer to HEAD has no words.
      if (template.startsWith('/in/') || method === 'HEAD') continue;
      const path = template.replace(/\{\w+\}/g, 'x');
      const body = operation.requestBody?.required === true ? {} : undefined;
      const { json } = await call(method, `${path}?no-such-parameter=1`, { body });
      const message = json.errors?.[0]?.message ?? `${route}: ${JSON.stringify(json)}`;
      const [, allowed = message] = /allowed: (.*)$/.exec(message) ?? [];
      const told = (operation.parameters ?? [])
        .filter((one: { readonly in?: string }) => one.in === 'query')
        .map((one: { readonly name: string }) => one.name);
      expect([route, allowed === 'none' ? [] : allowed.split(', ').sort()]).toEqual([
        route,
        told.sort(),
      ]);
    }
  });

  it('has ids that are unique, a summary, and what may go wrong, of each', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { route, operation } of operations) {
      expect([route, operation.summary]).toEqual([route, expect.stringMatching(/.{5,}/)]);
      const statuses = Object.keys(operation.responses);
      const always = ['400', '413', '422', '429', '500', '503'];
      expect([route, statuses]).toEqual([route, expect.arrayContaining(always)]);
    }
  });

  it('refers to nothing that it does not have, and has nothing that nobody refers to', () => {
    const text = JSON.stringify(document);
    const used = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)].map(String),
    );
    const names = Object.entries(document.components)
      .filter(([kind]) => kind !== 'securitySchemes')
      .flatMap(([kind, all]) => Object.keys(all as object).map((name) => `${kind}/${name}`));
    const referred = [...used].map((match) => match.split(',').slice(1).join('/'));
    expect(referred.sort()).toEqual(names.filter((name) => name !== 'none').sort());
  });

  it('says which ids of events nobody may take', () => {
    const problems = (id: string) =>
      problemsOf('/components/schemas/NewEvent', { type: 'a', id }).length;
    expect(['breaker-int_1', 'breaker-1', 'a'].map(problems)).toEqual([1, 0, 0]);
    for (const name of ['NewEvent', 'CloudEvent']) {
      const { description } = document.components.schemas[name].properties.id;
      expect(description).toContain('`breaker-int_`');
    }
  });

  it('gives an example for every schema that holds against it', () => {
    const names = Object.keys(document.components.schemas);
    expect(Object.keys(EXAMPLES).sort()).toEqual(names.sort());
    const wrong = names.flatMap((name) =>
      problemsOf(`/components/schemas/${name}`, EXAMPLES[name]),
    );
    expect(wrong).toEqual([]);
  });
});

describe('GET /openapi.json', () => {
  it('is open to everybody, may be kept a while, and is the document', async () => {
    const { call } = httpWorld();
    const { status, headers, json } = await call('GET', '/openapi.json', { principal: null });
    expect([status, json]).toEqual([200, JSON.parse(JSON.stringify(document))]);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('answers 304 to who has it already', async () => {
    const { call } = httpWorld();
    const { etag = '' } = (await call('GET', '/openapi.json')).headers;
    expect(etag).toMatch(/^W\/"[\w-]{43}"$/);
    for (const known of [etag, `"other", ${etag}`, '*']) {
      const again = await call('GET', '/openapi.json', { headers: { 'if-none-match': known } });
      expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
    }
    const other = await call('GET', '/openapi.json', { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });
});
