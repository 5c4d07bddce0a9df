import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** ministack signs as KMS does with `cryptography`, which it does not bring along. */
const PINNED = ['ministack==1.5.33', 'cryptography==50.0.2', 'cfn-lint==1.58.0'];
const COMMAND_MS_MAX = 300_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const START_MS_MAX = 30_000;
const STOP_MS_MAX = 5_000;

/** The account that nobody has, and which alone may have loopback egress. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

export type Env = Readonly<Record<string, string>>;

/** Runs a command to its end and returns what it printed; a failure carries its last words. */
export async function command(file: string, args: readonly string[], env: Env): Promise<string> {
  try {
    const { stdout, stderr } = await run(file, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      timeout: COMMAND_MS_MAX,
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const words = `${stdout}${stderr}`.trim().split('\n').slice(-25).join('\n');
    throw new Error(`${file} ${args.join(' ')} failed:\n${words}`, { cause: error });
  }
}

/** The project's own CDK, on the Node that runs this script. */
export function cdk(args: readonly string[], env: Env): Promise<string> {
  return command(process.execPath, [join(ROOT, 'node_modules/aws-cdk/bin/cdk'), ...args], env);
}

/**
 * Installs the emulator and the linter into a fresh environment under `folder`; `DRILL_VENV`
 * names one that has both already and saves the half minute.
 */
export async function installTools(folder: string): Promise<string> {
  const prepared = process.env.DRILL_VENV;
  if (prepared !== undefined) return join(prepared, 'bin');
  const venv = join(folder, 'venv');
  await command('python3', ['-m', 'venv', venv], {});
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PINNED];
  await command(join(venv, 'bin/python'), pip, {});
  return join(venv, 'bin');
}

export interface Emulator {
  readonly port: number;
  /** What an AWS client or the CDK needs to talk to the emulator and to nothing else. */
  readonly env: Env;
  stop(): Promise<void>;
}

/**
 * Starts ministack on loopback; its output goes to `<folder>/ministack.log`. It enforces IAM, so
 * each function has the rights of its own role and no others, and speaks TLS, because the stack's
 * queues and CDK's bucket refuse anything else.
 */
export async function startEmulator(tools: string, folder: string): Promise<Emulator> {
  const port = await freePort();
  const certificate = join(folder, 'ministack-tls/server.crt');
  const log = openSync(join(folder, 'ministack.log'), 'w');
  const child = spawn(join(tools, 'ministack'), [], {
    cwd: folder,
    // A group of its own, so that stopping it also stops the functions it has started.
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      // ministack runs the functions with the `node` it finds first.
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      AUTH: 'true',
      USE_SSL: '1',
      // There it makes its certificate, which the functions inherit as one to trust.
      TMPDIR: folder,
      NODE_EXTRA_CA_CERTS: certificate,
    },
  });
  closeSync(log);
  const env = {
    AWS_ENDPOINT_URL: `https://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CA_BUNDLE: certificate,
    NODE_EXTRA_CA_CERTS: certificate,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
  const emulator = { port, env, stop: () => stop(child) };
  try {
    await listening(port, child);
    trust(await readFile(certificate, 'utf8'));
  } catch (error) {
    await emulator.stop();
    throw error;
  }
  return emulator;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port to listen on');
  return address.port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS_MAX;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`ministack ended with ${child.exitCode}`);
    if (await accepts(port)) return;
    await sleep(100);
  }
  throw new Error(`ministack does not listen after ${START_MS_MAX} ms`);
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await Promise.race([ended, sleep(STOP_MS_MAX, undefined, { ref: false })]);
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // The usual case: nobody of the group is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function trust(certificate: string): void {
  // The first releases of Node 24 have it not, and a named import would fail without a reason.
  if (tls.setDefaultCACertificates === undefined) {
    throw new Error(`The drill needs Node 24.5 or newer, and this is ${process.version}.`);
  }
  tls.setDefaultCACertificates([certificate]);
}
