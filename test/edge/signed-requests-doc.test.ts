import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseKey } from '../../lib/domain/keys.ts';
import { signingKeyOf } from '../../lib/domain/request-signature.ts';
import { signatureHeaders } from '../fakes/auth-requests.ts';

const run = promisify(execFile);
const page = await readFile(new URL('../../docs/signed-requests.md', import.meta.url), 'utf8');

/** What the table of the example says of `name`. */
function said(name: string): string {
  const row = page.split('\n').findLast((line) => line.startsWith(`| ${name} |`)) ?? '';
  return /\| `([^`]+)`/.exec(row.slice(name.length + 2))?.[1] ?? '';
}

function snippet(language: string): string {
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1] ?? '';
}

const KEY = said('key');
const BODY = said('body');
const AT_MS = 1_768_478_400_000;
const WANTED = signatureHeaders(KEY, {
  ...{ method: 'POST', path: '/v1/events', body: BODY, atMs: AT_MS },
});

describe('docs/signed-requests.md', () => {
  it('has an example that the server takes', () => {
    expect(parseKey(KEY)).toBeDefined();
    expect(said('signing key, hex')).toBe(Buffer.from(signingKeyOf(KEY)).toString('hex'));
    expect(said('`content-digest`')).toBe(WANTED['content-digest']);
    expect(said('`bw-signature`')).toBe(WANTED['bw-signature']);
  });

  it('has a shell script that makes the very same', async () => {
    // In place of a request, what would be sent.
    const script = `curl() { printf '%s\\n' "$@"; }\n${snippet('bash')}`;
    const env = { ...process.env, KEY, URL: 'https://x', TIMESTAMP: String(AT_MS / 1000) };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { env });
    const sent = stdout.split('\n');
    for (const [name, value] of Object.entries(WANTED)) {
      expect(sent).toContain(`${name}: ${value}`);
    }
    expect(sent).toContain(BODY);
    expect(stdout).not.toContain(KEY);
  });

  it('has a function for Node that makes the very same, and with nonce and query too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'breakwater-docs-'));
    try {
      const file = join(folder, 'signed.mjs');
      await writeFile(file, snippet('js'));
      const { signedHeaders } = await import(pathToFileURL(file).href);
      const request = { method: 'POST', path: '/v1/events', body: BODY };
      expect(signedHeaders(KEY, { ...request, nowMs: AT_MS })).toEqual(WANTED);
      const read = { method: 'GET', path: '/v1/keys', nonce: 'n-1' };
      expect(signedHeaders(KEY, { ...read, query: 'limit=5', nowMs: AT_MS })).toEqual(
        signatureHeaders(KEY, { ...read, rawQuery: 'limit=5', atMs: AT_MS }),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
