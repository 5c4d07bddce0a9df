import { globSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** Modules and globals by which bytes leave a process. */
const MODULES = /^(node:)?(net|tls|http|https|http2|dgram|dns|inspector)(\/.*)?$|^(undici|ws)$/;
const GLOBALS = /(?<![.\w])(?:globalThis\.)?(fetch|WebSocket|EventSource|XMLHttpRequest)\s*[(<]/g;
const ESCAPES =
  /\b(child_process|worker_threads|process\.binding|createRequire|eval\(|new Function)/;

/** Who may use them, each with what for. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'lib/adapters/http/dial.ts': ['node:net', 'node:tls'],
  'lib/adapters/http/connections.ts': ['node:http'],
  'lib/adapters/http/exchange.ts': ['node:http'],
  // Asks the name servers of the system, and nobody else.
  'lib/adapters/http/resolver.ts': ['node:dns'],
  'lib/adapters/http/name-server.ts': ['node:dgram', 'node:net'],
  // Tells CloudFormation how a deployment's first key went, at the URL that it gave.
  'lib/edge/custom-resource.ts': ['fetch'],
};
/**
 * The SDK's way to AWS, whose endpoints are AWS's own: no tenant names one. And middy, which takes
 * the words for statuses from node:http.
 */
const PACKAGES = /^node_modules\/(@(smithy|aws-sdk)\/|@middy\/util\/index\.js$)/;

const sources = globSync('{functions,lib,console}/**/*.{ts,js,html}')
  .filter((file) => !file.startsWith('lib/local/'))
  .sort();

function usesOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const imports = text.matchAll(/^(?:import|export)\s+(?!type\b)([^;']*?)from '([^']+)'/gm);
  const modules = [...imports]
    // `import { type Socket } from` is gone once compiled.
    .filter(([, names = '']) => !/^\{\s*(type \w+,?\s*)+\}\s*$/.test(names))
    .map(([, , module = '']) => module)
    .concat([...text.matchAll(/\b(?:import|require)\(\s*'([^']+)'/g)].map(([, name = '']) => name))
    .filter((module) => MODULES.test(module));
  const globals = [...text.matchAll(GLOBALS)].map(([, name = '']) => name);
  return [...new Set([...modules, ...globals])].sort();
}

describe('the way out', () => {
  it('is one: nobody else opens connections or asks for names', () => {
    const uses = Object.fromEntries(
      sources.map((file) => [file, usesOf(file)] as const).filter(([, used]) => used.length > 0),
    );
    expect(uses).toEqual(ALLOWED);
    expect(sources.length).toBeGreaterThan(200);
  });

  it('is not gone round by another process, a worker, or code made at run time', () => {
    const strays = sources.filter((file) => ESCAPES.test(readFileSync(file, 'utf8')));
    expect(strays).toEqual([]);
  });

  it('is one in what is deployed too, but for the SDK', { timeout: 120_000 }, async () => {
    const names = globSync('functions/*.ts');
    const { metafile } = await build({
      entryPoints: names,
      outdir: 'unused',
      write: false,
      bundle: true,
      metafile: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
      supported: { 'dynamic-import': false },
      external: ['@smithy/core/event-streams'],
      alias: { '@aws-sdk/credential-provider-node': './lib/runtime/env-credentials.ts' },
      logLevel: 'error',
    });
    const strays = Object.entries(metafile.inputs)
      .filter(([, { imports }]) => imports.some(({ path }) => MODULES.test(path)))
      .map(([file]) => file)
      .filter((file) => !PACKAGES.test(file) && !(file in ALLOWED));
    // Types alone, gone from the bundle: esbuild lists no import that is not left.
    expect(strays).toEqual([]);
    expect(Object.keys(metafile.inputs)).toContain('lib/adapters/http/sender.ts');
  });
});

it('the sender is made in one place, which gives it the whole policy', () => {
  const makers = sources.filter((file) => /\bhttpSender\(/.test(readFileSync(file, 'utf8')));
  expect(makers).toEqual(['lib/adapters/http/sender.ts', 'lib/runtime/parts.ts']);
});
