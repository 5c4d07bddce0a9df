import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { readJsonFile } from './private-file.ts';

/** The directory of one local run; only one may run in it at a time. */
export interface Home {
  readonly dir: string;
  readonly dataDir: string;
  readonly assemblyDir: string;
  readonly secretsFile: string;
  /** Key material of the stand-in of KMS: without it nothing that is sealed can be opened. */
  readonly keysFile: string;
  /** `{url, apiKey, consoleUrl}`: there while the local run answers. */
  readonly localFile: string;
  /** For `node --env-file`: there for as long. */
  readonly functionsFile: string;
  release(): Promise<void>;
}

interface Lock {
  readonly pid: number;
  readonly port: number;
  readonly token: string;
}

const LOCK_TRIES_MAX = 3;
const PROBE_MS_MAX = 1000;

/** Makes the directory and takes it; throws when another local run that lives has it. */
export async function openHome(path: string): Promise<Home> {
  const dir = resolve(path);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const lockFile = join(dir, 'lock.json');
  const release = await takeLock(lockFile, dir);
  const localFile = join(dir, 'local.json');
  const functionsFile = join(dir, 'functions.env');
  await rm(localFile, { force: true });
  return {
    dir,
    dataDir: join(dir, 'dynamodb'),
    assemblyDir: join(dir, 'cdk.out'),
    secretsFile: join(dir, 'secrets.json'),
    keysFile: join(dir, 'keys.json'),
    localFile,
    functionsFile,
    async release() {
      await rm(localFile, { force: true });
      await rm(functionsFile, { force: true });
      await release();
    },
  };
}

/**
 * A process id alone proves nothing after a kill: another process may have it by now. The lock
 * names a port on which its holder says the lock's own token.
 */
async function takeLock(lockFile: string, dir: string): Promise<() => Promise<void>> {
  const token = randomUUID();
  const server = createServer((socket) => socket.on('error', () => undefined).end(token));
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const lock: Lock = { pid: process.pid, port: portOf(server), token };
  for (let tries = 0; tries < LOCK_TRIES_MAX; tries++) {
    if (await created(lockFile, JSON.stringify(lock))) {
      return async () => {
        await rm(lockFile, { force: true });
        server.close();
      };
    }
    const holder = await readLock(lockFile);
    if (holder !== undefined && (await isAlive(holder))) {
      server.close();
      throw new Error(
        `${dir} is in use by the local run of process ${holder.pid}; set BREAKWATER_HOME to another directory`,
      );
    }
    await rm(lockFile, { force: true });
  }
  server.close();
  throw new Error(`${lockFile} could not be taken`);
}

async function created(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined for a lock that a dying process left half-written. */
async function readLock(file: string): Promise<Lock | undefined> {
  try {
    return await readJsonFile<Lock>(file);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function isAlive({ port, token }: Lock): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', timeout: PROBE_MS_MAX });
  socket.on('timeout', () => socket.destroy(new Error('no answer')));
  try {
    return (await text(socket)) === token;
  } catch {
    // Nobody listens there, or somebody who is not a local run.
    return false;
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
