import { type ErrorCode, STATUS_OF } from '../../domain/errors.ts';
import type { Operation } from './operation.ts';
import { ref, type Schema } from './schema.ts';

/** Which problems a route may answer, and how they are documented. */

const ALWAYS: readonly ErrorCode[] = [
  ...(['malformed-request', 'payload-too-large', 'invalid'] as const),
  ...(['too-many-requests', 'internal', 'unavailable'] as const),
];
/** By the key alone, whatever the route: signed requests have more that can be wrong. */
const KEYED: readonly ErrorCode[] = [
  ...(['invalid-header', 'unauthorized', 'invalid-signature'] as const),
  ...(['timestamp-out-of-tolerance', 'replayed', 'forbidden', 'address-not-allowed'] as const),
  ...(['rate-limited', 'locked-out'] as const),
];
const WITH_BODY: readonly ErrorCode[] = ['malformed-json', 'unsupported-media-type'];
const POSTED: readonly ErrorCode[] = [
  ...(['request-in-progress', 'answer-not-kept', 'idempotency-key-reused'] as const),
];
/** The gateway itself answers these too, before or in place of a function, in its own words. */
const OF_THE_GATEWAY: readonly number[] = [413, 429, 500, 503];

/** How the key's bucket stands, where it has a limit. */
export const RATE_HEADERS = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];

/** Every code that the route may answer. */
export function problemsOf(route: string, operation: Operation): readonly ErrorCode[] {
  const [method = '', path = ''] = route.split(' ');
  const keyed = operation.scope !== null;
  const codes = [
    ...ALWAYS,
    ...(keyed ? KEYED : []),
    ...(operation.body !== undefined ? WITH_BODY : []),
    ...(keyed && method === 'POST' ? POSTED : []),
    ...(operation.query?.cursor === undefined ? [] : (['invalid-cursor'] as const)),
    ...(path.includes('{') ? (['not-found'] as const) : []),
    ...(operation.problems ?? []),
  ];
  return [...new Set(codes)];
}

/**
 * The answers to what goes wrong, by status: components, for many routes have the same. Where a
 * service's own answer is passed on, it may be any of the same status.
 */
export function problemAnswers(route: string, operation: Operation): Record<string, Schema> {
  return Object.fromEntries(
    byStatus(problemsOf(route, operation)).map(([status, codes]) => [
      String(status),
      passesOn(operation)
        ? { ...problemAnswer(status, codes), content: { ...problem(status, codes), '*/*': {} } }
        : { $ref: `#/components/responses/${nameOf(status, codes)}` },
    ]),
  );
}

function passesOn({ answers }: Operation): boolean {
  return answers.default !== undefined;
}

/** Those components, for all of the routes. */
export function problemComponents(
  operations: readonly (readonly [route: string, operation: Operation])[],
): Record<string, Schema> {
  const all = operations
    .filter(([, operation]) => !passesOn(operation))
    .flatMap(([route, operation]) => byStatus(problemsOf(route, operation)));
  return Object.fromEntries(
    all.map(([status, codes]) => [nameOf(status, codes), problemAnswer(status, codes)]),
  );
}

type Codes = readonly ErrorCode[];

function byStatus(codes: Codes): readonly (readonly [status: number, codes: Codes])[] {
  const statuses = [...new Set(codes.map((code) => STATUS_OF[code]))].sort();
  return statuses.map((status) => [status, codes.filter((code) => STATUS_OF[code] === status)]);
}

function nameOf(status: number, codes: Codes): string {
  return [status, ...codes].join('.');
}

function problem(status: number, codes: Codes): Record<string, Schema> {
  const schema: Schema = {
    allOf: [ref('Problem')],
    properties: { status: { const: status }, code: { enum: codes } },
  };
  return { 'application/problem+json': { schema } };
}

function problemAnswer(status: number, codes: Codes): Schema {
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: Object.fromEntries(
      ['X-Request-Id', ...headersOf(status)].map((name) => [name, headerRef(name)]),
    ),
    content: {
      ...problem(status, codes),
      ...(OF_THE_GATEWAY.includes(status) && {
        'application/json': { schema: ref('GatewayMessage') },
      }),
    },
  };
}

function headersOf(status: number): readonly string[] {
  if (status === 401) return ['WWW-Authenticate'];
  if (status === 429) return ['Retry-After', ...RATE_HEADERS];
  return status === 503 ? ['Retry-After'] : [];
}

export function headerRef(name: string): Schema {
  return { $ref: `#/components/headers/${name}` };
}
