import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, version as bundlerVersion, type Metafile, type Plugin } from 'esbuild';
import { contentsOf } from './bundled-packages.ts';
import { noticesOf } from './notices.ts';
import { packedDocs, packedOpenApi } from './openapi.ts';
import { sbomOf } from './sbom.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Above this a bundle costs cold starts; it fails the build rather than creep upwards. */
const BUNDLE_BYTES_MAX = 400 * 1000;
/** Those that stand for themselves, with the reasons in docs/decisions/0006-dependencies.md. */
const BUDGETS: Readonly<Record<string, number>> = {
  // Every use case; it is called rarely, and is warm or cold as a whole.
  api: 720 * 1000,
  // Every way out: HTTP, SQS and EventBridge; KMS, which opens the secrets, is 20 kB of it.
  deliver: 500 * 1000,
  // What publishes and what delivers in one, and it reads the caller's input.
  call: 520 * 1000,
  // Everything that is seen to each minute; it is warm all the time.
  tick: 420 * 1000,
};

/** Beside the folders of the functions, so that neither is part of what is deployed. */
export const SBOM_FILE = 'sbom.cdx.json';
export const NOTICES_FILE = 'third-party-licenses.txt';

/** The most that a function's bundle may weigh. */
export function bundleBudget(name: string): number {
  return BUDGETS[name] ?? BUNDLE_BYTES_MAX;
}

export interface Bundle {
  /** The file's name in `functions/`, without its ending; also the folder under the output. */
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly checksum: string;
}

/**
 * Bundles every file of `functions/` into `<outDir>/<name>/index.js`, and beside them writes the
 * bill of materials and the licenses; same source, same bytes.
 */
export async function bundle(outDir = join(ROOT, 'dist')): Promise<readonly Bundle[]> {
  const entries = (await readdir(join(ROOT, 'functions'))).filter((file) => file.endsWith('.ts'));
  const names = entries.map((file) => basename(file, '.ts')).sort();
  await removeOthers(outDir, names);
  // Lambda takes an index.js without a package.json for CommonJS; here the project's own would
  // make it an ES module.
  await writeFile(join(outDir, 'package.json'), '{ "type": "commonjs" }\n');
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, `functions/${name}.ts`])),
    outdir: outDir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    // An ESM `import 'node:http'` makes Node load undici: 18 ms of every cold start
    // (nodejs/node#59686). For the same reason the SDK's own import() becomes require().
    format: 'cjs',
    supported: { 'dynamic-import': false },
    // The default for Node takes the SDK's CommonJS build, which cannot be tree-shaken: 26 ms.
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    alias: { '@aws-sdk/credential-provider-node': './lib/runtime/env-credentials.ts' },
    // Loaded by the SDK for event streams alone, of which no service used here has any; inside, it
    // would also make every module it shares with the rest a lazily started one.
    external: ['@smithy/core/event-streams'],
    plugins: [onlyVersions, packedOpenApi, packedDocs],
    metafile: true,
    logLevel: 'warning',
  });
  const bundles = await Promise.all(names.map((name) => measure(outDir, name)));
  await describe(outDir, metafile, bundles);
  return bundles;
}

/** Says what is inside: packages with versions, checksums and licenses, and the licenses' texts. */
async function describe(
  outDir: string,
  metafile: Metafile,
  bundles: readonly Bundle[],
): Promise<void> {
  const { name, version, packages } = JSON.parse(
    await readFile(join(ROOT, 'package-lock.json'), 'utf8'),
  );
  const contents = contentsOf(metafile, packages);
  const bill = sbomOf(contents, {
    product: { name, version },
    bundler: { name: 'esbuild', version: bundlerVersion },
    checksums: Object.fromEntries(bundles.map((made) => [made.name, made.checksum])),
  });
  await writeFile(join(outDir, SBOM_FILE), `${JSON.stringify(bill, null, 2)}\n`);
  await writeFile(join(outDir, NOTICES_FILE), await noticesOf(ROOT, contents.packages));
}

/** Each SDK client brings its package.json along, 2 kB, to say which version it is. */
const onlyVersions: Plugin = {
  name: 'only-versions',
  setup(build) {
    build.onLoad({ filter: /@aws-sdk\/[^/]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** A function that is no longer in `functions/` must not be deployed from an old build. */
async function removeOthers(outDir: string, names: readonly string[]): Promise<void> {
  await mkdir(outDir, { recursive: true });
  const entries = await readdir(outDir, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isDirectory() || names.includes(entry.name)) continue;
    const folder = join(outDir, entry.name);
    // Only what an earlier bundle has left: a caller's other folders are not ours to delete.
    if ((await readdir(folder)).join() === 'index.js') await rm(folder, { recursive: true });
  }
}

async function measure(outDir: string, name: string): Promise<Bundle> {
  const file = join(outDir, name, 'index.js');
  const content = await readFile(file);
  const bytes = content.length;
  const budget = bundleBudget(name);
  if (bytes > budget) {
    throw new Error(`functions/${name}.ts bundles to ${bytes} bytes; its budget is ${budget}`);
  }
  return { name, file, bytes, checksum: createHash('sha256').update(content).digest('hex') };
}

if (isRun()) {
  const bundles = await bundle();
  const lines = bundles.map(({ name, bytes }) => `${name.padEnd(12)}${Math.ceil(bytes / 1000)} kB`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** `import.meta.main`, which the first releases of Node 24 have not. */
function isRun(): boolean {
  const [, script] = process.argv;
  return script !== undefined && realpathSync(script) === import.meta.filename;
}
