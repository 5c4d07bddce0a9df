import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Scratch } from './scratch.ts';

/** Programs of the bench that run beside it and do what they are told over IPC. */

export interface Child {
  readonly pid: number;
  call<T>(method: string, argument?: unknown): Promise<T>;
  /** SIGKILL, by its id; what it was asked is not answered any more. */
  kill(): Promise<void>;
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}
type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

const live = new Set<ChildProcess>();
// Also where the bench ends without its own clean-up: nothing may outlive it.
process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL');
});

/** Starts `file` of this directory; ends with the bench at the latest. */
export function startChild(scratch: Scratch, file: string): Child {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const waiting = new Map<number, (reply: Reply) => void>();
  const exited = once(child, 'exit');
  live.add(child);
  child.on('message', (reply: Reply) => waiting.get(reply.id)?.(reply));
  child.on('exit', (code, signal) => {
    live.delete(child);
    for (const [id, settle] of waiting) settle({ id, error: `${file} ended: ${signal ?? code}` });
  });

  let calls = 0;
  async function call<T>(method: string, argument?: unknown): Promise<T> {
    const id = ++calls;
    const reply = Promise.withResolvers<Reply>();
    waiting.set(id, reply.resolve);
    child.send({ id, method, argument } satisfies Call, (error) => {
      if (error !== null) reply.resolve({ id, error: error.message });
    });
    const answer = await reply.promise;
    waiting.delete(id);
    if ('error' in answer) throw new Error(`${method}: ${answer.error}`);
    return answer.result as T;
  }
  async function kill(): Promise<void> {
    if (live.has(child)) child.kill('SIGKILL');
    await exited;
  }
  scratch.onEnd(kill);
  return { pid: child.pid ?? 0, call, kill };
}

export type Methods = Readonly<Record<string, (argument: never) => unknown>>;

/** The child's side; the process ends when the bench does. */
export function answerCalls(methods: Methods): void {
  process.on('disconnect', () => process.exit(1));
  process.on('message', ({ id, method, argument }: Call) => {
    const answer = async () => {
      const run = methods[method];
      if (run === undefined) throw new Error(`There is no method ${method}.`);
      return run(argument as never);
    };
    answer().then(
      (result) => process.send?.({ id, result }),
      (error: unknown) => process.send?.({ id, error: String(error) }),
    );
  });
}
