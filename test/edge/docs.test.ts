import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { html as template } from '../../lib/edge/docs/html.ts';
import { docsPage } from '../../lib/edge/docs/page.ts';
import { docsText } from '../../lib/edge/docs/text.ts';
import { openApiDocument } from '../../lib/edge/openapi/document.ts';
import type { Schema } from '../../lib/edge/openapi/schema.ts';
import { httpWorld } from './http-world.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is walked by name.
const document: any = openApiDocument();
const { html } = docsText();

/** As a browser reads them: every tag that a page has, with its attributes. */
function tagsOf(page: string): readonly { readonly name: string; readonly attributes: string }[] {
  return [...page.matchAll(/<([a-z][a-z0-9]*)((?:\s+[^\s=<>]+="[^"]*"|\s+[a-z-]+)*)\s*>/gi)].map(
    ([, name = '', attributes = '']) => ({ name: name.toLowerCase(), attributes }),
  );
}

const valuesOf = (page: string, attribute: string) =>
  [...page.matchAll(new RegExp(` ${attribute}="([^"]*)"`, 'g'))].map(([, value = '']) => value);

describe('GET /docs', () => {
  it('is open to everybody, may be kept a while, and has a policy of its own', async () => {
    const answer = await httpWorld().call('GET', '/docs', { principal: null });
    expect([answer.status, answer.text]).toEqual([200, html]);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'cross-origin-opener-policy': 'same-origin',
    });
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(answer.text) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(answer.headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; ` +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  it('is told by HEAD as by GET, for the length of its body, and by 304 to who has it already', async () => {
    const { call } = httpWorld();
    const page = await call('GET', '/docs');
    const head = await call('HEAD', '/docs', { principal: null });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(page.text)));
    for (const name of ['etag', 'content-type', 'cache-control', 'content-security-policy']) {
      expect(head.headers[name]).toBe(page.headers[name]);
    }
    const known = { headers: { 'if-none-match': page.headers.etag ?? '' } };
    for (const method of ['GET', 'HEAD']) {
      const again = await call(method, '/docs', known);
      expect([again.status, again.text]).toEqual([304, '']);
      // A cache takes them over those that it has.
      const name = 'content-security-policy';
      expect(again.headers[name]).toBe(page.headers[name]);
    }
    expect((await call('GET', '/docs?theme=dark')).status).toBe(422);
    expect((await call('POST', '/docs')).headers.allow).toBe('GET, HEAD');
  });

  it('is compressed for who can read that', async () => {
    const headers = { 'accept-encoding': 'gzip' };
    const answer = await httpWorld().call('GET', '/docs', { headers });
    expect([answer.headers['content-encoding'], answer.text]).toEqual(['gzip', html]);
  });
});

describe('the page', () => {
  it('has a place for every operation, schema, header and code, and leads nowhere else', () => {
    const ids = valuesOf(html, 'id');
    expect(new Set(ids).size).toBe(ids.length);
    const operations = Object.values(document.paths).flatMap((item) =>
      Object.values(item as object).flatMap(({ operationId }) => operationId ?? []),
    );
    const { schemas, headers } = document.components;
    const wanted = [
      ...operations,
      ...Object.keys(schemas).map((name) => `schema-${name}`),
      ...Object.keys(headers).map((name) => `header-${name}`),
      ...schemas.Problem.properties.code.enum.map((code: string) => `error-${code}`),
    ];
    expect(wanted.length).toBeGreaterThan(150);
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
    const links = valuesOf(html, 'href').filter((href) => href.startsWith('#'));
    expect(links.filter((href) => !ids.includes(decodeURIComponent(href.slice(1))))).toEqual([]);
    const others = valuesOf(html, 'href').filter((href) => !/^#|^data:image/.test(href));
    expect(others).toEqual(['/openapi.json']);
  });

  it('says of a field what the document says: type, limits, choices, example', () => {
    const [, schema = ''] = /id="schema-IntegrationInput">([\s\S]*?)<\/section>/.exec(html) ?? [];
    const text = schema.replace(/<[^>]+>/g, '').replaceAll('&quot;', '"');
    for (const told of ['name required string', 'length ≤ 63', 'default "webhook"', '≥ 1 ≤ 30']) {
      expect(text).toContain(told);
    }
    expect(text).toContain('"rest_api" | "slack"');
    expect(text).toContain('"endpoint": "https://');
  });

  it('runs nothing and asks for nothing', () => {
    const tags = tagsOf(html);
    expect(tags.length).toBeGreaterThan(3_000);
    const running = /^(script|iframe|object|embed|form|base|img|video|audio|svg)$/;
    expect(tags.filter(({ name }) => running.test(name))).toEqual([]);
    expect(tags.filter(({ attributes }) => /\s(on\w+|style|src|srcset)=/.test(attributes))).toEqual(
      [],
    );
    expect(html).not.toMatch(/javascript:|@import|url\(/i);
  });
});

const HOSTILE =
  '</style></title></code><script>alert(1)</script>"><img src=x onerror=alert(1)>' +
  "' onmouseover='alert(1) **<b onclick=alert(1)>** `<i>` &lt;";

describe('a document that says hostile things', () => {
  it('has them shown as text, wherever it says them', () => {
    const tame = spoilt(document, 'tame text') as Schema;
    const hostile = spoilt(document, HOSTILE) as Schema;
    const errorOf = (title: string) => [{ code: title, status: 400, title }];
    const [before, after] = [
      docsPage(tame, errorOf('tame text')),
      docsPage(hostile, errorOf(HOSTILE)),
    ];
    // The same tags, in the same order, but those that its own small Markdown makes.
    const small = /^(strong|code)$/;
    const shape = (page: string) =>
      tagsOf(page).flatMap(({ name, attributes }) =>
        small.test(name) ? [] : [`${name}${attributes.replace(/="[^"]*"/g, '')}`],
      );
    expect(shape(after)).toEqual(shape(before));
    expect(after).not.toContain('<script');
    expect(after).not.toContain('<img');
    expect(after).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(after.split('</style>')).toHaveLength(2);
  });

  it('does not pass for markup by its shape', () => {
    const info = { title: 'x', description: { markup: '<script>' }, summary: '<u>', version: '1' };
    expect(docsPage({ info }, [])).not.toMatch(/<script|<u>/);
    const made = template`<p title="${'"'}">${{ markup: '<b>' }}</p>`;
    expect(made.markup).toBe('<p title="&quot;">{&quot;markup&quot;:&quot;&lt;b&gt;&quot;}</p>');
    expect(template`${made}`.markup).toBe(made.markup);
  });
});

/** Every text that is said, and every name that is given, ends in `text`. */
function spoilt(node: unknown, text: string, name = ''): unknown {
  if (typeof node === 'string') return /^(\$ref|type|in|scheme)$/.test(name) ? node : node + text;
  if (Array.isArray(node)) return node.map((one) => spoilt(one, text, name));
  if (typeof node !== 'object' || node === null) return node;
  const isNamed = /^(properties|examples|headers|tags)$/.test(name);
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      isNamed ? key + text : key,
      spoilt(value, text, isNamed ? '' : key),
    ]),
  );
}
