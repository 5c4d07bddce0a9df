import { rounded } from '../statistics.ts';
import type { Client } from './client.ts';
import type { ReceiverProcess } from './processes.ts';

/** What became of an integration that hangs. */
export interface Hanging {
  readonly requests: number;
  /** Seconds from the beginning of the load; undefined: never. */
  readonly openedAfterSeconds: number | undefined;
  /** Deliveries held now, a page of them at most. */
  readonly held: number;
}

export async function hangingOf(asked: {
  readonly client: Client;
  readonly receiver: ReceiverProcess;
  readonly name: string;
  readonly beganMs: number;
}): Promise<Hanging> {
  const { client, receiver, name, beganMs } = asked;
  const requests = (await receiver.times(`/${name}`)).length;
  const openedAtMs = await openedAt(client, name);
  return {
    requests,
    openedAfterSeconds:
      openedAtMs === undefined ? undefined : rounded((openedAtMs - beganMs) / 1_000, 1),
    held: await heldOf(client, name),
  };
}

async function openedAt(client: Client, name: string): Promise<number | undefined> {
  const path = `/v1/integrations/${name}/breaker/history?limit=250`;
  const { data } = (await client.ask('GET', path, { expect: 200 })) as {
    readonly data: readonly { readonly at: string; readonly to: string }[];
  };
  const opened = data.filter(({ to }) => to === 'open').map(({ at }) => Date.parse(at));
  return opened.length === 0 ? undefined : Math.min(...opened);
}

async function heldOf(client: Client, name: string): Promise<number> {
  const path = `/v1/deliveries?integration=${name}&status=held&limit=250`;
  const { data } = (await client.ask('GET', path, { expect: 200 })) as {
    readonly data: readonly unknown[];
  };
  return data.length;
}
