/** In an execution environment: the middleware that does to the SDK's requests what was drawn. */
import { subscribe } from 'node:diagnostics_channel';
import type { MessagePort } from 'node:worker_threads';
import { CLIENTS } from '../../runtime/clients.ts';
import { type Handle, type SentRequest, suffer, textOf } from './effects.ts';
import type { Answered, Asked, Command, Service, Verdict } from './messages.ts';

/** What the middleware needs of a client of the SDK, whichever service it is for. */
interface Client {
  readonly middlewareStack: {
    add(middleware: Middleware, options: Readonly<Record<string, string>>): void;
  };
}

type Middleware = (next: Handle, context: Context) => Handle;

interface Context {
  readonly clientName?: string;
  readonly commandName?: string;
}

/** Asked before each request; and how to die, at once and for good. */
export interface Fate {
  ask(command: Command): Promise<Verdict>;
  die(): never;
}

/** The clients of a function by which its own state is reached, and what their service is. */
const SERVICES: Readonly<Record<string, Service>> = {
  DynamoDBClient: 'dynamodb',
  SQSClient: 'sqs',
  SecretsManagerClient: 'secrets',
};

/** Keys are there in every drill: an outage of theirs is the simulation's. */
const FAULTLESS = 'KMSClient';

/** From now on every client that is announced in this thread is subject to the drawn faults. */
export function injectFaults(port: MessagePort): void {
  injectBy({ ask: askThrough(port), die: () => process.exit(1) });
}

/** The same by any fate; it ends with the thread. */
export function injectBy(fate: Fate): void {
  subscribe(CLIENTS, (message) => {
    const { client } = message as { readonly client: Client };
    // Nearest to the wire: the SDK parses what it gets, and retries, as it does with real answers.
    client.middlewareStack.add(middleware(fate), {
      step: 'deserialize',
      priority: 'low',
      name: 'faults',
    });
  });
}

function middleware({ ask, die }: Fate): Middleware {
  return (next, { clientName = '', commandName = '' }) => {
    if (clientName === FAULTLESS) return next;
    const service = SERVICES[clientName];
    if (service === undefined) throw new Error(`The drill knows no faults of a ${clientName}`);
    const operation = commandName.replace(/Command$/, '');
    let isDown = false;
    return async (args) => {
      const { fault, kill } = await ask({ service, operation, ...detailsOf(args.request) });
      if (kill === 'before') die();
      // A service that is down for a command is down for its retries as well.
      isDown ||= fault?.kind === 'secrets-down';
      const drawn = isDown ? { kind: 'secrets-down', amount: 0 } : fault;
      try {
        return drawn === undefined ? await next(args) : await suffer(service, drawn, next, args);
      } finally {
        if (kill === 'after') die();
      }
    };
  };
}

/** All three services speak JSON. */
function detailsOf({ body }: SentRequest): Pick<Command, 'table' | 'messages'> {
  const { TableName, Entries } = JSON.parse(textOf(body)) as {
    readonly TableName?: string;
    readonly Entries?: readonly object[];
  };
  return {
    ...(TableName !== undefined && { table: TableName }),
    ...(Entries !== undefined && { messages: Entries.length }),
  };
}

/** Frozen with its thread: who waits for a verdict then hears it in the next invocation. */
function askThrough(port: MessagePort): Fate['ask'] {
  const waiting = new Map<number, (verdict: Verdict) => void>();
  let last = 0;
  port.on('message', ({ id, verdict }: Answered) => {
    waiting.get(id)?.(verdict);
    waiting.delete(id);
    if (waiting.size === 0) port.unref();
  });
  port.unref();
  return (command) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      // A handler that waits for this alone must not end its thread.
      port.ref();
      port.postMessage({ id: last, command } satisfies Asked);
    });
}
