import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseSettings } from '../../lib/local/local-settings.ts';
import { fn, SMALL_CODE, SMALL_STACK, writeAssembly } from './fixtures/assembly.ts';
import { tempDir } from './fixtures/temp-dir.ts';

/** Answers as soon as there is a file of the name in its path. */
const waitingIn = (dir: string) => `
  const { existsSync } = require('node:fs');
  exports.handler = async ({ pathParameters: { id } }) => {
    console.log('waits for ' + id);
    while (!existsSync('${dir}/' + id)) await new Promise((resolve) => setTimeout(resolve, 20));
    return { statusCode: 202 };
  };`;
/** By then an end that waits for nothing would have come. */
const NOT_AT_ONCE_MS = 900;
/** From then on a Ctrl-C is another one, and not the first of them doubled. */
const ANOTHER_SIGNAL_MS = 550;

let assembly: string;
let files: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  files = await tempDir();
  assembly = await writeAssembly(
    { ...SMALL_STACK, Send: fn('send', { Timeout: 60 }) },
    { ...SMALL_CODE, send: waitingIn(files) },
  );
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function start(home: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['lib/local/main.ts'], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      BREAKWATER_ASSEMBLY: assembly,
      BREAKWATER_HOME: home,
      ...env,
    },
  });
  started.push(child);
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output.text += String(chunk)));
  }
  const ended = once(child, 'exit').then(([code]) => Number(code));
  const says = (text: string) =>
    expect
      .poll(() => output.text, { timeout: 20_000, message: `to say "${text}"` })
      .toContain(text);
  return {
    child,
    output,
    ended,
    says,
    ready: () => says('Ctrl-C ends it'),
    url: async () => JSON.parse(await readFile(join(home, 'local.json'), 'utf8')).url as string,
  };
}

const newHome = () => tempDir();
/** Processes that name the home in their arguments: DynamoDB's stand-in does. */
const leftBehind = (home: string) =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((args) => args.includes(home));

describe('npm start', () => {
  it('says what it listens on, the key, and how to send the first event', async () => {
    const home = await newHome();
    const run = start(home);
    await run.ready();
    const { text } = run.output;
    expect(text).toContain(`Breakwater runs at ${await run.url()} (ready in`);
    expect(text).toContain('key of Create');
    expect(text).toContain(`curl -s ${await run.url()}/v1/integrations -H 'authorization: Bearer`);
    expect(text).toContain('"type":"invoice.paid"');
    expect(leftBehind(home)).not.toEqual([]);
  });

  it('ends on SIGTERM after what it was doing, and leaves nothing behind', async () => {
    const home = await newHome();
    const run = start(home);
    await run.ready();
    const answered = fetch(`${await run.url()}/send/ada`, { method: 'POST' });
    await run.says('waits for ada');
    run.child.kill('SIGTERM');
    await run.says('Finishing what runs');
    await sleep(NOT_AT_ONCE_MS);
    await writeFile(join(files, 'ada'), '');
    expect((await answered).status).toBe(202);
    expect(await run.ended).toBe(0);
    expect(leftBehind(home)).toEqual([]);
  });

  it('quits at once on the second Ctrl-C, but not on one that npm has doubled', async () => {
    const home = await newHome();
    const run = start(home);
    await run.ready();
    void fetch(`${await run.url()}/send/nobody`, { method: 'POST' }).catch(() => undefined);
    await run.says('waits for nobody');
    run.child.kill('SIGINT');
    run.child.kill('SIGINT');
    await run.says('Finishing what runs');
    await sleep(ANOTHER_SIGNAL_MS);
    expect(run.child.exitCode).toBeNull();
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    await expect.poll(() => leftBehind(home), { timeout: 15_000 }).toEqual([]);
  });

  it('leaves no child behind after kill -9, and starts again at once', async () => {
    const home = await newHome();
    const run = start(home);
    await run.ready();
    run.child.kill('SIGKILL');
    await run.ended;
    const again = start(home);
    await again.ready();
    await expect.poll(() => leftBehind(home).length, { timeout: 15_000 }).toBeLessThanOrEqual(3);
    again.child.kill('SIGTERM');
    expect(await again.ended).toBe(0);
    expect(leftBehind(home)).toEqual([]);
  });

  it('says in one line what keeps it from starting', async () => {
    const run = start(await newHome(), { PORT: 'http' });
    expect(await run.ended).toBe(1);
    expect(run.output.text).toBe('PORT is "http"; allowed: 0 (any free one) to 65535\n');
  });

  it('says loudly that faults are on, and of which kinds', async () => {
    const home = await newHome();
    const file = join(home, 'drill.json');
    const drill = { seed: 7, rates: { 'sqs-slow': 0.07, 'kill-after': 0.001 }, only: ['deliver'] };
    await writeFile(file, JSON.stringify(drill));
    const run = start(home, { BREAKWATER_FAULTS: file });
    await run.ready();
    expect(run.output.text).toMatch(
      /^FAULTS ARE ON \(BREAKWATER_FAULTS, seed 7\): .*\n\n +sqs-slow 7 %\n +kill-after 0\.1 %\n +in deliver; /m,
    );
  });
});

describe('the settings of npm start', () => {
  it('have defaults', () => {
    expect(parseSettings({})).toEqual({
      boot: { home: '.breakwater', port: 8787, egress: 'loopback' },
      rawLog: false,
    });
  });

  it('may name targets, with commas between them', () => {
    const { boot } = parseSettings({ BREAKWATER_TARGET_ARNS: 'arn:a, arn:b,' });
    expect(boot.targetArns).toEqual(['arn:a', 'arn:b']);
  });

  it.each([
    [{ PORT: '65536' }, /PORT is "65536"/],
    [{ PORT: '-1' }, /PORT/],
    [{ BREAKWATER_EGRESS: 'open' }, /BREAKWATER_EGRESS is "open"; allowed: loopback, strict/],
    [{ BREAKWATER_LOG: 'xml' }, /BREAKWATER_LOG/],
  ])('refuse %o', (env, message) => {
    expect(() => parseSettings(env)).toThrow(message);
  });
});
