/** In an execution environment: its role. AWS would refuse what is not granted, so this does. */
import { subscribe } from 'node:diagnostics_channel';
import { CLIENTS, TARGET_CLIENTS } from '../runtime/clients.ts';
import { type AwsRequest, awsRequest, type Grant, grantsFor } from './permissions.ts';

/** What the middleware needs of a client of the SDK, whichever service it is for. */
interface Client {
  readonly middlewareStack: {
    add(middleware: Middleware, options: Readonly<Record<string, string>>): void;
  };
}

type Handle = (args: { readonly input: object }) => Promise<unknown>;
type Middleware = (next: Handle, context: Context) => Handle;

interface Context {
  readonly clientName?: string;
  readonly commandName?: string;
}

/** From now on every client that is announced in this thread may do what is granted and no more. */
export function holdToRole(grants: readonly Grant[]): void {
  const hold = (message: unknown) => {
    const { client } = message as { readonly client: Client };
    client.middlewareStack.add(middleware(grants), { step: 'initialize', name: 'role' });
  };
  subscribe(CLIENTS, hold);
  subscribe(TARGET_CLIENTS, hold);
}

function middleware(grants: readonly Grant[]): Middleware {
  return (next, { clientName = '', commandName = '' }) =>
    async (args) => {
      const request = awsRequest(clientName, commandName, args.input);
      if (grantsFor(grants, request).length === 0) throw denied(request);
      return next(args);
    };
}

/** Said in a line of its own too: some requests may fail without anybody's noticing. */
function denied({ action, resource }: AwsRequest): Error {
  const line = { level: 'ERROR', message: 'access.denied', action, resource };
  process.stdout.write(`${JSON.stringify({ ...line, timestamp: new Date().toISOString() })}\n`);
  const message = `The function's role does not allow ${action} on ${resource}`;
  return Object.assign(new Error(message), {
    name: 'AccessDeniedException',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });
}
