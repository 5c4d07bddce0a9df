import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startChild } from './child.ts';
import { listenOnLoopback, refusePages, stopServer } from './loopback.ts';

export type DynamoKind = 'dynoxide' | 'dynalite';

/** A stand-in for DynamoDB on loopback. */
export interface LocalDynamo {
  readonly endpoint: string;
  readonly kind: DynamoKind;
  stop(): Promise<void>;
}

/**
 * Starts dynoxide where its binary is installed, else dynalite in this process. With `dataDir`
 * the data is there again after a restart or a kill; each kind keeps its own. Neither is left
 * behind when this process ends, however it ends.
 */
export async function startDynamo(
  options: { readonly kind?: DynamoKind; readonly dataDir?: string } = {},
): Promise<LocalDynamo> {
  const { dataDir } = options;
  if (dataDir !== undefined) await mkdir(dataDir, { recursive: true });
  const binary = dynoxideBinary();
  const kind = options.kind ?? (binary === undefined ? 'dynalite' : 'dynoxide');
  if (kind === 'dynalite') return startDynalite(dataDir);
  if (binary === undefined) throw new Error('dynoxide is not installed on this platform.');
  return startDynoxide(binary, dataDir);
}

/** Where npm put dynoxide; undefined on platforms for which there is none. */
export function dynoxideBinary(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json');
    return join(dirname(manifest), 'dynoxide');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** A port found free can be taken before the child has it. */
const STARTS_MAX = 5;

async function startDynoxide(binary: string, dataDir: string | undefined): Promise<LocalDynamo> {
  let refusal: unknown;
  for (let start = 0; start < STARTS_MAX; start++) {
    const port = await freePort();
    const where = dataDir === undefined ? [] : ['--db-path', join(dataDir, 'dynoxide.sqlite')];
    const host = hiddenAddress();
    const args = ['serve', '--host', host, '--port', String(port), ...where];
    try {
      const child = await startChild(binary, args, 'listening on');
      return { endpoint: `http://${host}:${port}`, kind: 'dynoxide', stop: child.stop };
    } catch (error) {
      refusal = error;
    }
  }
  throw new Error(`dynoxide did not start in ${STARTS_MAX} tries.`, { cause: refusal });
}

/**
 * Where no web page looks for it: dynoxide answers every origin and there is no switch for that,
 * but all of 127/8 is this machine on Linux, which is all that it is installed on.
 */
function hiddenAddress(): string {
  return `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
}

async function startDynalite(dataDir: string | undefined): Promise<LocalDynamo> {
  const { default: dynalite } = await import('dynalite');
  const server = refusePages(
    dynalite({
      ...(dataDir !== undefined && { path: join(dataDir, 'dynalite') }),
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0,
    }),
  );
  const port = await listenOnLoopback(server, 0);
  const stop = () => stopServer(server);
  return { endpoint: `http://127.0.0.1:${port}`, kind: 'dynalite', stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server, 0);
  await stopServer(server);
  return port;
}
