import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs the command and kills it when standard input ends: that is, when the process that holds
 * the other end of the pipe ends, even by SIGKILL. A background job has no standard input in
 * POSIX shells, hence the copy in descriptor 3.
 */
const KEEPER = `
exec 3<&0
"$@" 3<&- </dev/null &
child=$!
{ cat <&3 >/dev/null 2>&1; kill -9 "$child" 2>/dev/null; } &
exec 3<&-
wait "$child"
`;

const START_TIMEOUT_MS = 10_000;
const OUTPUT_CHARS_MAX = 4_096;

export interface Child {
  stop(): Promise<void>;
}

/**
 * Starts a program that dies with this process, however that dies. Resolves when the program
 * has written `ready`; rejects with what it wrote where it ends or hangs before that.
 */
export async function startChild(
  command: string,
  args: readonly string[],
  ready: string,
): Promise<Child> {
  // Its own session: a Ctrl-C in the terminal is for us to drain, not for it to die at once.
  const child = spawn('/bin/sh', ['-c', KEEPER, 'keeper', command, ...args], { detached: true });
  const exited = once(child, 'exit');
  // The keeper may be gone before it reads the end of its input.
  child.stdin.on('error', () => {});
  const stop = async () => {
    child.stdin.destroy();
    await exited;
  };

  let output = '';
  const started = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-OUTPUT_CHARS_MAX);
        if (output.includes(ready)) resolve();
      });
    }
  });
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
  const outcome = await Promise.race([
    started.then(() => 'ready'),
    exited.then(() => 'ended'),
    once(timeout, 'abort').then(() => 'hung'),
  ]);
  if (outcome === 'ready') return { stop };
  await stop();
  throw new Error(`${command} ${outcome} instead of starting: ${output.trim()}`);
}
