import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway } from './gateway.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MARK = '=== the next block ===';
const README_PORT = '9000';
const TOUR_MS_MAX = 150_000;

/** The tour's commands, each with the output that the README shows for it, if any. */
const blocks = [
  ...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(
    /<!-- tour -->\n```sh\n([\s\S]*?)```\n(?:```\n([\s\S]*?)```)?/g,
  ),
].map(([, commands = '', shown]) => ({ commands, shown }));

let folder: string;
let gateway: Awaited<ReturnType<typeof startGateway>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakwater-readme-'));
  gateway = await startGateway();
  for (const name of ['node_modules', 'examples'])
    await symlink(join(ROOT, name), join(folder, name));
  await symlink(gateway.home, join(folder, '.breakwater'));
});

afterAll(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true });
});

it(
  'the five-minute tour of the README prints what the README shows',
  async () => {
    const port = await freePort();
    const script = blocks.map(({ commands }) => commands).join(`\necho '${MARK}'\n`);
    const { stdout } = await promisify(execFile)(
      'bash',
      ['-c', script.replaceAll(README_PORT, port)],
      {
        cwd: folder,
        timeout: TOUR_MS_MAX,
        env: { ...process.env, PORT: port },
      },
    );
    const printed = stdout.replaceAll(port, README_PORT).split(`${MARK}\n`);
    expect(blocks.length).toBeGreaterThan(6);
    expect(printed).toHaveLength(blocks.length);
    for (const [i, { shown }] of blocks.entries()) {
      if (shown !== undefined) expect(printed[i]).toMatch(patternOf(shown));
    }
  },
  TOUR_MS_MAX,
);

/** The README writes … for what differs from run to run. */
function patternOf(shown: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${shown.split('…').map(literal).join('.+')}$`);
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return String(address.port);
}
