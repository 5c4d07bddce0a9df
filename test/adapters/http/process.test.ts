import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const MIB = 1_024 * 1_024;
/** A machine that does other things meanwhile needs long for the two hundred. */
const CASE_MS_MAX = 90_000;

/** Runs one case in a process of its own: its environment and memory are what is tested. */
async function inProcess(name: string, env: Readonly<Record<string, string>> = {}) {
  const script = new URL('./process-cases.ts', import.meta.url).pathname;
  const flags = ['--disable-warning=ExperimentalWarning', '--expose-gc'];
  const { stdout } = await run(process.execPath, [...flags, script, name], {
    env: { ...process.env, ...env },
    timeout: CASE_MS_MAX,
  });
  return JSON.parse(stdout);
}

it('listens to no proxy and no TLS switch of the environment', {
  timeout: CASE_MS_MAX,
}, async () => {
  const result = await inProcess('environment', {
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    ALL_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '',
    NODE_OPTIONS: '--insecure-http-parser --tls-min-v1.0',
  });
  expect(result).toEqual({
    plain: 200,
    selfSigned: 'tls_self_signed',
    oldTls: 'tls_protocol',
    twoLengths: 'answer_malformed',
  });
});

it('holds on to nothing of two hundred hostile answers', { timeout: CASE_MS_MAX }, async () => {
  const { heldBytes, rssBytes, errors } = await inProcess('memory');
  expect(errors).toEqual(['body-too-large', null, 'timeout']);
  expect(heldBytes).toBeLessThan(2 * MIB);
  // What has not been collected yet counts here: forty endless bodies would be much more.
  expect(rssBytes).toBeLessThan(64 * MIB);
});
