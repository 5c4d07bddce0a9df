import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedAssembly } from './assembly.ts';
import { type Call, client, until } from './client.ts';
import { allPages } from './gateway.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const DELIVERIES = 300;
const KILLED_AFTER = 60;
const ANSWER_MS = 150;
/** A minute for the tick to come by, nearly one for the event to be of an age, and the rest. */
const RECOVERED_MS = 180_000;

let home: string;
let receiver: Receiver;
const children: ChildProcess[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'breakwater-kill-'));
  receiver = await startReceiver((_arrival, _nth, response) => {
    setTimeout(() => response.end(), ANSWER_MS);
  });
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await receiver.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

interface Started {
  readonly child: ChildProcess;
  readonly call: Call;
  readonly apiKey: string;
}

/** `npm start` in a process of its own, as soon as it answers. */
async function start(): Promise<Started> {
  const child = spawn(process.execPath, ['lib/local/main.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      BREAKWATER_HOME: home,
      BREAKWATER_ASSEMBLY: await sharedAssembly(),
    },
  });
  children.push(child);
  return until(
    'the local run to answer',
    async () => {
      // A run that was killed leaves its file behind, and nobody answers where it says.
      const text = await readFile(join(home, 'local.json'), 'utf8').catch(() => '{}');
      const { url, apiKey } = JSON.parse(text);
      const call = client(url, apiKey);
      const live = url && (await call('GET', '/health/live').catch(() => undefined));
      return live?.status === 200 && { child, call, apiKey };
    },
    60_000,
  );
}

/** Processes that name the home in their arguments: DynamoDB's stand-in does. */
function leftBehind(): readonly string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    try {
      const args = readFileSync(file, 'utf8').replaceAll('\0', ' ');
      return args.includes(home) ? [args] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

describe('a local run that is killed with SIGKILL', () => {
  it('leaves no process behind, and loses none of the deliveries it was in the middle of', async () => {
    const first = await start();
    expect(leftBehind()).not.toEqual([]);
    const endpoint = `${receiver.url}/killed`;
    const body = { name: 'killed', endpoint, eventTypes: ['killed'] };
    expect((await first.call('POST', '/v1/integrations', { body })).status).toBe(201);
    const events = Array.from({ length: 100 }, (_, i) => ({ type: 'killed', data: { i } }));
    const ids: string[] = [];
    for (let batch = 0; batch < DELIVERIES / events.length; batch++) {
      const { status, json } = await first.call('POST', '/v1/events/batch', { body: { events } });
      expect(status).toBe(207);
      ids.push(...json.results.map(({ id }: { id: string }) => id));
    }
    await receiver.waitFor('/killed', KILLED_AFTER);
    const ended = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await ended;
    const arrivedBefore = receiver.at('/killed').length;
    expect(arrivedBefore).toBeLessThan(DELIVERIES);
    await until('its children to be gone', () => leftBehind().length === 0);

    const restartedMs = Date.now();
    const second = await start();
    expect(second.apiKey).toBe(first.apiKey);
    const seen = () => new Set(receiver.at('/killed').map(({ headers }) => headers['webhook-id']));
    await until('all to arrive', () => seen().size === DELIVERIES, RECOVERED_MS);
    const lastMs = Date.now();
    expect([...seen()].toSorted()).toEqual(ids.toSorted());
    await until('all to be recorded', async () => {
      const found = await allPages(second.call, '/v1/deliveries?status=delivered&limit=250');
      return found.length === DELIVERIES;
    });
    process.stdout.write(
      `kill -9 after ${arrivedBefore} of ${DELIVERIES} arrivals: all arrived, ` +
        `${receiver.at('/killed').length - DELIVERIES} repetitions, the last ` +
        `${((lastMs - restartedMs) / 1_000).toFixed(0)} s after the restart\n`,
    );

    const quit = once(second.child, 'exit');
    second.child.kill('SIGTERM');
    expect(await quit).toEqual([0, null]);
    await until('its children to be gone', () => leftBehind().length === 0);
  }, 360_000);
});
