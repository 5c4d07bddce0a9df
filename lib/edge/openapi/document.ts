import { ROUTES, type RouteKey } from '../../names.ts';
import { components } from './components.ts';
import { linksFrom } from './links.ts';
import type { Answered, Body, Operation, Operations } from './operation.ts';
import { HISTORY_OPERATIONS } from './operations-history.ts';
import { INTEGRATION_OPERATIONS } from './operations-integrations.ts';
import { KEY_OPERATIONS } from './operations-keys.ts';
import { REST_OPERATIONS } from './operations-rest.ts';
import { headerRef, problemAnswers, problemComponents, RATE_HEADERS } from './problems.ts';
import type { Schema } from './schema.ts';

/** The contract of this API; another one would have another path. */
const CONTRACT_VERSION = '1.0.0';
/** What a route of every method is documented for. */
const EVERY_METHOD = [...['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']];

const DESCRIPTION = `JSON, camelCase; times are RFC 3339 in UTC with milliseconds, taken with any
offset, of the years 0001 to 9999 in UTC; durations seconds unless the name says otherwise.

**Errors** are \`application/problem+json\` (RFC 9457) with a stable \`code\`; 422 names every wrong
field in \`errors\`. A path that exists for other methods answers 405 with \`Allow\`, any other 404.
Where the gateway itself refuses a request it says so as \`{"message": …}\`.

**Lists** take \`limit\` and \`cursor\` and answer \`{data, nextCursor, prevCursor}\`, newest first. A
cursor belongs to its filters. Unknown and repeated query parameters are refused, and so are unknown
fields and repeated names in bodies.

**\`Idempotency-Key\`** on any POST: the first answer again for 24 hours; another body is 422, one
that still runs 409.

**Tenants**: a key bound to one sees that one only; any other key takes \`tenant\`.

No answer allows another origin to read it: there is no CORS.`;

/** Every documented route; which of `ROUTES` it lacks a test tells. */
const OPERATIONS: Operations = {
  ...INTEGRATION_OPERATIONS,
  ...HISTORY_OPERATIONS,
  ...KEY_OPERATIONS,
  ...REST_OPERATIONS,
};

/** The whole contract as OpenAPI 3.1, made of the schemas that requests are read with. */
export function openApiDocument(): Schema {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Breakwater',
      version: CONTRACT_VERSION,
      summary: 'A self-hosted gateway for webhooks and integrations.',
      description: DESCRIPTION,
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values(OPERATIONS).map(({ tag }) => tag))].map((name) => ({ name })),
    paths: paths(),
    components: {
      ...components(),
      responses: problemComponents(Object.entries(OPERATIONS)),
    },
  };
}

function paths(): Record<string, Record<string, unknown>> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const route of Object.keys(ROUTES) as RouteKey[]) {
    const operation = OPERATIONS[route];
    if (operation === undefined) continue;
    const [method = '', path = ''] = route.split(' ');
    const item = found[path] ?? { ...pathParameters(path) };
    found[path] = item;
    if (method !== 'ANY') item[method.toLowerCase()] = documented(route, operation);
    else for (const each of EVERY_METHOD) item[each] = ofMethod(each, route, operation);
  }
  return found;
}

/** One of the methods of a route for all: ids are unique, and some methods have no content. */
function ofMethod(method: string, route: string, operation: Operation): Schema {
  const id = method === 'post' ? operation.id : `${operation.id}By${capital(method)}`;
  const { body, ...bodiless } = operation;
  const hasBody = ['put', 'post', 'patch'].includes(method);
  return documented(route, { ...(hasBody ? operation : bodiless), id });
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

function pathParameters(path: string): { readonly parameters?: readonly Schema[] } {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  if (names.length === 0) return {};
  return {
    parameters: names.map((name) => ({
      ...{ name, in: 'path', required: true, description: PATH_NAMES[name] ?? 'Its id.' },
      schema: { type: 'string', minLength: 1 },
    })),
  };
}

const PATH_NAMES: Readonly<Record<string, string>> = {
  integration: 'Its id or its name.',
  source: 'Its id or, under `/v1`, its name.',
};

function documented(route: string, operation: Operation): Schema {
  const { id, tag, summary, scope, body, answers } = operation;
  const isPost = route.startsWith('POST ') && scope !== null;
  const parameters = [
    ...Object.entries(operation.query ?? {}).map(([name, given]) => parameter(name, given)),
    ...(isPost ? [{ $ref: '#/components/parameters/Idempotency-Key' }] : []),
  ];
  const succeeding = Object.entries(answers).map(([status, answer]) => [
    status,
    { ...answered(answer, isPost, scope !== null), ...linksFrom(id, status, OPERATIONS) },
  ]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    security: scope === null ? [] : securityOf(scope),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: requestBody(body) }),
    responses: { ...problemAnswers(route, operation), ...Object.fromEntries(succeeding) },
  };
}

/** With the key itself, or signed with it: then the three headers belong together. */
function securityOf(scope: string): readonly Schema[] {
  return [{ key: [scope] }, { signedBy: [scope], signedAt: [scope], signature: [scope] }];
}

function parameter(name: string, { description, ...schema }: Schema): Schema {
  return { name, in: 'query', ...(description !== undefined && { description }), schema };
}

function requestBody({ content, optional }: Body): Schema {
  return { required: optional !== true, content: contentOf(content) };
}

function answered(
  { description, content, headers = [] }: Answered,
  isPost: boolean,
  isKeyed: boolean,
): Schema {
  const names = [
    'X-Request-Id',
    ...(isPost ? ['Idempotency-Replayed'] : []),
    ...(isKeyed ? RATE_HEADERS : []),
    ...headers,
  ];
  return {
    description,
    headers: Object.fromEntries(names.map((name) => [name, headerRef(name)])),
    ...(content !== undefined && { content: contentOf(content) }),
  };
}

function contentOf(content: Readonly<Record<string, Schema>>): Schema {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}
