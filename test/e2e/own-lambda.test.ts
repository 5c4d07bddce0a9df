import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway } from './gateway.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUN_MS_MAX = 60_000;

/** The first command of docs/policies.md, and what the page says that it prints. */
const [, command = '', shown] =
  /```sh\n(.*run-own-lambda\.ts)\n```\n\n```\n([\s\S]*?)```/.exec(
    readFileSync(join(ROOT, 'docs/policies.md'), 'utf8'),
  ) ?? [];

let gateway: Awaited<ReturnType<typeof startGateway>>;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => await gateway?.stop());

async function runExample(): Promise<string> {
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-c', command.replace('.breakwater', gateway.home)],
    {
      cwd: ROOT,
      timeout: RUN_MS_MAX,
      // Nothing but the file says where the deployment is.
      env: { PATH: process.env.PATH, BREAKWATER_HOME: gateway.home },
    },
  );
  return stdout;
}

it('a Lambda of your own has an answer throughout an outage, and tells the gateway of it', async () => {
  expect(await runExample()).toBe(shown);
  const { json } = await gateway.call('GET', '/v1/integrations/price-partner/breaker/history');
  const moves = json.data as readonly { readonly to: string }[];
  expect(moves.map(({ to }) => to)).toEqual(['closed', 'half-open', 'open']);
  const opened = await gateway.call('GET', '/v1/events?type=breakwater.breaker.opened');
  expect(opened.json.data).toHaveLength(1);
});
