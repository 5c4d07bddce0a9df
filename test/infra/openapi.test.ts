import { readdirSync, readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { STYLE } from '../../lib/edge/docs/style.ts';
import { docsText } from '../../lib/edge/docs/text.ts';
import { openApiDocument } from '../../lib/edge/openapi/document.ts';

const DIST = new URL('../../dist/', import.meta.url);
/** Something that only the document says. */
const SAID = 'there is no CORS';

it('the document lies beside the code of api, packed, and is that of the source', () => {
  const packed = readFileSync(new URL('api/openapi.json.br', DIST));
  expect(brotliDecompressSync(packed).toString()).toBe(JSON.stringify(openApiDocument()));
  expect(packed.length).toBeLessThan(32_000);
});

it('so does the page, and the code knows the hash of its style and no more of it', () => {
  const { html, style } = docsText();
  const packed = readFileSync(new URL('api/docs.html.br', DIST));
  expect(brotliDecompressSync(packed).toString()).toBe(html);
  expect(packed.length).toBeLessThan(32_000);
  const code = readFileSync(new URL('api/index.js', DIST), 'utf8');
  expect(code).toContain(style);
  expect([code.includes(STYLE.slice(0, 60)), code.includes('<!doctype')]).toEqual([false, false]);
});

it('no function has it, or what it is made of, in its code', () => {
  const names = readdirSync(DIST, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const codes = names.map(({ name }) => readFileSync(new URL(`${name}/index.js`, DIST), 'utf8'));
  expect(codes.length).toBeGreaterThan(5);
  expect(JSON.stringify(openApiDocument())).toContain(SAID);
  expect(codes.filter((code) => code.includes(SAID) || code.includes('toJSONSchema'))).toEqual([]);
});
