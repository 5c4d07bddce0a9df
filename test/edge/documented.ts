import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../lib/edge/openapi/document.ts';
import { ROUTES } from '../../lib/names.ts';

/** An answer as it was seen, to be held against the OpenAPI document. */
export interface Seen {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the document is walked by name.
type Node = any;

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;
const ROOT = 'openapi';

const document: Node = openApiDocument();
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('date-time', DATE_TIME);
ajv.addSchema(closed(document), ROOT);
const validators = new Map<string, ValidateFunction>();

/** What an answer has that the document does not say, one sentence each; empty if all is well. */
export function undocumented(seen: Seen): readonly string[] {
  const { status, contentType } = seen;
  const route = routeOf(seen);
  const where = `${seen.method} ${seen.path} → ${status}`;
  if (route === undefined) return unrouted(seen, where);
  const { responses } = document.paths[route.path][route.method];
  const key = keyOf(responses, status);
  if (key === undefined) return [`${where}: the status is not documented`];
  const pointer = `/paths/${escaped(route.path)}/${route.method}/responses/${key}`;
  const [at, response] = resolved(pointer, responses[key]);
  if (response.content === undefined) {
    return seen.text === '' ? [] : [`${where}: a body is not documented`];
  }
  if (seen.method === 'HEAD') return [];
  const type = (contentType ?? '').split(';')[0]?.trim() ?? '';
  const media = [type, '*/*'].find((name) => Object.hasOwn(response.content, name));
  if (media === undefined) return [`${where}: the content type ${type} is not documented`];
  if (!type.endsWith('json')) return [];
  return problemsOf(`${at}/content/${escaped(media)}/schema`, JSON.parse(seen.text), where);
}

/** What is wrong with a value by the schema at a place of the document, such as `/components/…`. */
export function problemsOf(pointer: string, value: unknown, where = pointer): readonly string[] {
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `${ROOT}#${pointer}` });
  validators.set(pointer, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${where}: ${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** What no route answers is a problem like any other: 404, or 405. */
function unrouted(seen: Seen, where: string): readonly string[] {
  if (![404, 405, 400, 413, 500, 503].includes(seen.status)) return [`${where}: by no route`];
  if (seen.method === 'HEAD' || !seen.contentType?.includes('problem')) return [];
  return problemsOf('/components/schemas/Problem', JSON.parse(seen.text), where);
}

function routeOf({ method, path }: Seen) {
  const parts = path.split('/');
  const fitting = Object.keys(ROUTES).flatMap((key) => {
    const [wanted, template = ''] = key.split(' ');
    const names = template.split('/');
    if (wanted !== 'ANY' && wanted !== method) return [];
    const fits =
      names.length === parts.length &&
      names.every((name, i) => (name.startsWith('{') ? parts[i] !== '' : name === parts[i]));
    return fits ? [{ path: template, method: method.toLowerCase() }] : [];
  });
  return fitting.sort((a, b) => count(a.path) - count(b.path))[0];
}

function count(template: string): number {
  return template.split('{').length;
}

/** An exact status wins over its class, and both over the default. */
function keyOf(responses: Node, status: number): string | undefined {
  const keys = [String(status), `${Math.floor(status / 100)}XX`, 'default'];
  return keys.find((key) => Object.hasOwn(responses, key));
}

function resolved(pointer: string, node: Node): [string, Node] {
  if (node.$ref === undefined) return [pointer, node];
  const at = node.$ref.slice(1);
  const found = at
    .split('/')
    .slice(1)
    .reduce((above: Node, name: string) => above[name], document);
  return [at, found];
}

function escaped(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** Clients must expect new fields, a test must not: objects have the fields that are named. */
function closed(node: Node): Node {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, closed(value)]),
  );
  const isOpen = node.type === 'object' && node.properties !== undefined;
  if (!isOpen || 'additionalProperties' in node || 'propertyNames' in node) return copy;
  return { ...copy, additionalProperties: false };
}
