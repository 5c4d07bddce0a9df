import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { sourceDigest } from './source-digest.ts';
import type { CodeFolder } from './stack.ts';
import type { Place } from './template.ts';

/** What `cdk synth` leaves behind: one stack's template and the code of its functions. */
export interface Assembly {
  readonly template: unknown;
  readonly place: Place;
  readonly codeFolder: CodeFolder;
}

/** Where nothing is deployed: no real account has this number. */
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Written last, so that an interrupted synthesis is never taken for a whole one. */
const DIGEST_FILE = 'source.sha256';

export interface SynthesisSettings {
  readonly egress: 'loopback' | 'strict';
  /** In place of those of the stage, which are of a real account. */
  readonly targetArns?: readonly string[];
}

/**
 * Bundles the functions and writes the cloud assembly that would deploy, into `outDir`; leaves
 * alone what an earlier start made from the same sources.
 */
export async function synthesize(outDir: string, settings: SynthesisSettings): Promise<void> {
  const { egress, targetArns = [] } = settings;
  const place = { account: ACCOUNT, region: REGION };
  const context = JSON.stringify({ egress, targetArns, ...place, nag: 'off' });
  const digest = await sourceDigest(ROOT, context);
  const digestFile = join(outDir, DIGEST_FILE);
  if (existsSync(digestFile) && readFileSync(digestFile, 'utf8') === digest) return;
  const { bundle } = await import('../../scripts/bundle.ts');
  await bundle();
  await rm(outDir, { recursive: true, force: true });
  await runApp(outDir, context);
  // Lambda unpacks the code where no package.json is near; here one that says `module` may be.
  await writeFile(join(outDir, 'package.json'), '{"type":"commonjs"}\n');
  await writeFile(digestFile, digest);
}

async function runApp(outDir: string, context: string): Promise<void> {
  const app = spawn(process.execPath, ['infra/app.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: outDir,
      CDK_CONTEXT_JSON: context,
      // The rules of CloudFormation take five seconds; `npm test` and `npm run synth` keep them.
      CDK_VALIDATION: 'false',
    },
  });
  const kill = () => app.kill();
  process.once('exit', kill);
  const [complaint, [code]] = await Promise.all([textOf(app.stderr), once(app, 'exit')]);
  process.off('exit', kill);
  if (code !== 0) throw new Error(`The stack could not be synthesized:\n${complaint}`);
}

/** Reads the assembly in `dir`; more than one stack is an error. */
export async function readAssembly(dir: string): Promise<Assembly> {
  const json = async (file: string) => JSON.parse(await readFile(join(dir, file), 'utf8'));
  const manifest = (await json('manifest.json')) as Manifest;
  const stacks = Object.entries(manifest.artifacts).filter(
    ([, { type }]) => type === 'aws:cloudformation:stack',
  );
  const [[name, stack] = ['', undefined], ...others] = stacks;
  if (stack === undefined || others.length > 0) {
    throw new Error(`${dir} has ${stacks.length} stacks; the local run takes exactly one`);
  }
  const { files } = (await json(`${name}.assets.json`)) as Assets;
  return {
    template: await json(stack.properties.templateFile),
    place: { account: ACCOUNT, region: REGION, stackName: name },
    codeFolder({ S3Key }) {
      const hash = String(S3Key).replace(/\.zip$/, '');
      const asset = files[hash];
      if (asset === undefined) throw new Error(`${dir} has no code ${String(S3Key)}`);
      return join(dir, asset.source.path);
    },
  };
}

interface Manifest {
  readonly artifacts: Readonly<
    Record<
      string,
      { readonly type: string; readonly properties: { readonly templateFile: string } }
    >
  >;
}
interface Assets {
  readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
}
