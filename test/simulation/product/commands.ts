import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type AwsRequest, awsRequest } from '../../../lib/local/permissions.ts';

/** A command that a function has sent to a client of AWS. */
export interface Sent extends AwsRequest {
  /** As `functions/` has it. */
  readonly from: string;
}

interface Client {
  readonly send: (command: never) => unknown;
}

const COMMANDS = channel('breakwater.simulation.commands');

/** The client, with all that goes through it told of, where somebody listens. */
export function told<C extends object>(from: string, clientName: string, client: C): C {
  if (!COMMANDS.hasSubscribers) return client;
  const { send } = client as unknown as Client;
  const telling = (command: { readonly input: object }) => {
    const request = awsRequest(clientName, command.constructor.name, command.input);
    COMMANDS.publish({ from, ...request } satisfies Sent);
    return send(command as never);
  };
  // The adapters ask nothing else of a client.
  return { send: telling } as unknown as C;
}

/** Hears of every command of every product that is deployed while `work` runs. */
export async function hearing<T>(hear: (sent: Sent) => void, work: () => Promise<T>): Promise<T> {
  const listener = (message: unknown) => hear(message as Sent);
  subscribe(COMMANDS.name as string, listener);
  try {
    return await work();
  } finally {
    unsubscribe(COMMANDS.name as string, listener);
  }
}
