import { execFile } from 'node:child_process';
import { inspect, promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { stripped } from '../../lib/runtime/escaping-errors.ts';

const VALUE = 'hunter2-of-a-customer';

describe('an error that escapes', () => {
  it('has its kind, its code and its frames, and nothing of a value', () => {
    const cause = Object.assign(new TypeError(VALUE), { body: VALUE });
    const error = Object.assign(new Error(`It said "${VALUE}".`, { cause }), {
      ...{ code: 'ECONNRESET', request: { headers: { authorization: VALUE } } },
    });
    const text = inspect(stripped(error), { depth: 9 });
    expect(text).not.toContain('hunter2');
    expect(text).toContain('ECONNRESET');
    expect(text).toContain('escaping-errors.test');
    expect(stripped(VALUE)).toBe(VALUE);
  });

  it.each(['throw', 'reject'])('is printed so by Node: %s', async (how) => {
    const script = 'test/fixtures/escaping-error.ts';
    const run = promisify(execFile)(process.execPath, [script, how, VALUE]);
    const { stdout, stderr } = await run.catch((error) => error);
    expect(`${stdout}${stderr}`).not.toContain('hunter2');
    expect(stdout).toContain('printed by the runtime');
  });

  it.each(['throw', 'reject'])('still ends a process without a runtime: %s', async (how) => {
    const script = 'test/fixtures/escaping-error.ts';
    const run = promisify(execFile)(process.execPath, [script, how, VALUE, 'alone']);
    const { code } = await run.catch((error) => error);
    expect(code).toBe(1);
  });
});
