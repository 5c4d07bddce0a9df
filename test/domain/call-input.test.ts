import { describe, expect, it } from 'vitest';
import { RequestError } from '../../lib/domain/errors.ts';
import { parseExactJson } from '../../lib/domain/exact-json.ts';
import { parseCallInput } from '../../lib/domain/input/call-input.ts';
import { REQUEST_DEFAULTS } from '../../lib/domain/integration.ts';
import { integration } from '../contracts/fixtures.ts';

const ERP = integration(1, {
  serviceType: 'rest_api',
  endpoint: 'https://erp.example.com/v1?version=2',
  auth: { type: 'apiKey', header: 'X-Key', value: 'a-key' },
  request: { ...REQUEST_DEFAULTS, headers: { 'X-Env': 'prod' }, timeoutSeconds: 30 },
});
const parse = (body: unknown) => parseCallInput(body, ERP, 'call_x');

function problemsOf(body: unknown): readonly string[] {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof RequestError) {
      return error.fields.map(({ path, message }) => `${path}: ${message}`);
    }
    throw error;
  }
  return [];
}

describe('a call', () => {
  it('needs a method and a path, and may take 25 seconds at most', () => {
    expect(parse({ method: 'GET', path: '/a' })).toEqual({
      call: { id: 'call_x', method: 'GET', path: '/a', query: [], headers: {} },
      isIdempotent: true,
      timeoutMs: 25_000,
    });
    expect(parse({ method: 'GET', path: '/a', timeoutSeconds: 3 }).timeoutMs).toBe(3_000);
  });

  it.each([
    ['GET', true],
    ['HEAD', true],
    ['OPTIONS', true],
    ['PUT', true],
    ['DELETE', true],
    ['POST', false],
    ['PATCH', false],
  ])('with %s may be made twice: %s, unless it says otherwise', (method, isIdempotent) => {
    expect(parse({ method, path: '/' }).isIdempotent).toBe(isIdempotent);
    const other = parse({ method, path: '/', idempotent: !isIdempotent });
    expect(other.isIdempotent).toBe(!isIdempotent);
  });

  it.each([
    [{ n: 1 }, undefined, '{"n":1}', 'application/json'],
    [[1, 'a', null], undefined, '[1,"a",null]', 'application/json'],
    [0, undefined, '0', 'application/json'],
    [false, undefined, 'false', 'application/json'],
    ['text', undefined, '"text"', 'application/json'],
    ['<a/>', 'application/xml', '<a/>', 'application/xml'],
    ['', 'text/plain', '', 'text/plain'],
    ['{"raw":1}', 'application/json', '{"raw":1}', 'application/json'],
    [{ n: 1 }, 'application/vnd.x+json', '{"n":1}', 'application/vnd.x+json'],
  ])('with the body %j of the type %s sends %s', (body, type, sent, sentType) => {
    const headers = type === undefined ? {} : { 'Content-Type': type };
    const { call } = parse({ method: 'POST', path: '/', headers, body });
    expect([call.body, call.headers]).toEqual([sent, { 'content-type': sentType }]);
  });

  it('sends no body for null, and numbers as they came', () => {
    const none = parse({ method: 'POST', path: '/', body: null }).call;
    expect('body' in none || 'content-type' in none.headers).toBe(false);
    const text =
      '{"method":"POST","path":"/","query":{"id":12345678901234567890},"body":{"id":12345678901234567890}}';
    const { call } = parse(parseExactJson(text));
    expect(call.body).toBe('{"id":12345678901234567890}');
    expect(call.query).toEqual([['id', '12345678901234567890']]);
  });

  it('repeats a name of the query for each value of a list', () => {
    const { call } = parse({ method: 'GET', path: '/', query: { a: [1, true], b: '', c: [] } });
    expect(call.query).toEqual([
      ['a', '1'],
      ['a', 'true'],
      ['b', ''],
    ]);
  });

  it('is refused with every mistake named, and no secret quoted', () => {
    const wrong = {
      ...{ method: 'TRACE', path: '/../a', timeoutSeconds: 26, idempotent: 'yes', extra: 1 },
      query: { version: '3', deep: { a: 1 }, list: [null] },
      headers: { Authorization: 'secret-value', 'x-key': 'secret-value', 'X-ENV': 'x', Host: 'x' },
    };
    const problems = problemsOf(wrong);
    for (const path of [
      ...['method', 'path', 'timeoutSeconds', 'idempotent', 'extra'],
      ...['query.version', 'query.deep', 'query.list'],
      ...['headers.Authorization', 'headers.x-key', 'headers.X-ENV', 'headers.Host'],
    ]) {
      expect(problems.filter((problem) => problem.startsWith(`${path}: `))).toHaveLength(1);
    }
    expect(problems.join()).not.toContain('secret-value');
  });

  it.each([
    [{ method: 'GET', path: '/', body: {} }, 'body: is not allowed with GET'],
    [{ method: 'HEAD', path: '/', body: 'a' }, 'body: is not allowed with HEAD'],
    [
      { method: 'GET', path: '/', headers: { 'Content-Type': 'text/plain' } },
      'headers.Content-Type: is not allowed without a body',
    ],
    [
      { method: 'POST', path: '/', headers: { 'content-type': 'a\nb' }, body: 'a' },
      'headers.content-type: allowed: a media type of at most 256 characters',
    ],
    [
      { method: 'GET', path: '/', query: { a: Array.from({ length: 101 }, () => 1) } },
      'query: 101 values; allowed: 100',
    ],
    [{ path: '/' }, 'method: is required: one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    [[], ': a list of 0 is not allowed: a JSON object'],
  ])('%j is refused: %s', (body, problem) => {
    expect(problemsOf(body)).toEqual([problem]);
  });

  it('may carry data as deep as a document of the service', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 50; i++) deep = { deep };
    expect(parse({ method: 'POST', path: '/', body: deep }).call.body).toContain('deep');
  });
});
