import { expect, it } from 'vitest';
import { ROUTES } from '../../lib/names.ts';
import { type Answer, type Call, httpWorld } from './http-world.ts';

const NOWHERE_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const API_POLICY = `default-src 'none'; ${NOWHERE_ELSE}`;
const PAGE_POLICY = new RegExp(
  `^default-src 'none'; style-src 'sha256-[\\w+/]{43}='; img-src data:; ${NOWHERE_ELSE}$`,
);

const HEADERS = {
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** What a browser of another origin would say. */
const FOREIGN = {
  origin: 'https://evil.example',
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization',
};

function isPage({ headers }: Answer): boolean {
  return headers['content-type']?.startsWith('text/html') === true;
}

function expectSafe(answer: Answer): void {
  expect(answer.headers).toMatchObject({
    ...HEADERS,
    'content-security-policy': isPage(answer) ? expect.stringMatching(PAGE_POLICY) : API_POLICY,
    'x-request-id': expect.any(String),
    'cache-control': expect.stringMatching(/^(no-store|public, max-age=300)$/),
  });
  const allowing = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'));
  expect(allowing).toEqual([]);
}

const routes = Object.keys(ROUTES).map((route) => {
  const [method = 'GET', template = '/nowhere'] = route === '$default' ? [] : route.split(' ');
  return [method === 'ANY' ? 'POST' : method, template.replace(/\{\w+\}/g, 'x')] as const;
});

it.each(routes)('%s %s: safe for whoever asks, and for no other origin', async (method, path) => {
  const { call } = httpWorld();
  const asked: Call[] = [
    {},
    { principal: null },
    { principal: { scopes: [] } },
    { raw: '{"x":', headers: { 'content-type': 'application/json' } },
    { raw: '{}', headers: { 'content-type': 'text/plain' } },
    { raw: 'x'.repeat(4_200_000), headers: { 'content-type': 'application/json' } },
  ];
  for (const given of asked) {
    expectSafe(await call(method, path, { ...given, headers: { ...FOREIGN, ...given.headers } }));
  }
  expectSafe(await call(method, `${path}?no-such-parameter=1`, { headers: FOREIGN }));
  const preflight = await call('OPTIONS', path, { headers: FOREIGN, principal: null });
  expectSafe(preflight);
  expect(preflight.status).toBeGreaterThanOrEqual(400);
});

it('an outage, a bug and an answer that is too late are safe too', async () => {
  for (const thrown of [new Error('a bug'), Object.assign(new Error(), { name: 'TimeoutError' })]) {
    const { call, deps } = httpWorld();
    deps.events.list = () => Promise.reject(thrown);
    const answer = await call('GET', '/v1/events');
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expectSafe(answer);
  }
});
