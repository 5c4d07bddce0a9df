import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ApiAnswer, ApiRequest } from '../product/gateway.ts';
import { TABLE_NAMES } from '../product/settings.ts';

/** Every request that was made over HTTP, what came of it, and what it stored. */
export interface Requests {
  readonly asked: readonly AskedOnce[];
  /** The rows of resources that a request has written and heard so, by the request's id. */
  readonly wrote: ReadonlyMap<string, readonly string[]>;
  /** Runs a handler, so that what it stores is known as its request's, however late that is. */
  around(event: unknown, work: () => unknown): unknown;
  /** The client, with what goes through it noted. */
  through(client: DynamoDBClient): DynamoDBClient;
  answered(request: ApiRequest, answer: ApiAnswer): void;
}

export interface AskedOnce extends Pick<ApiRequest, 'method' | 'path'> {
  readonly id: string;
  readonly routeKey: string;
  /** 503 also where nothing was heard. */
  readonly status: number;
  /** Its answer is one that an earlier request was given. */
  readonly isReplay: boolean;
}

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: {
    readonly TableName?: string;
    readonly Item?: Keys;
    readonly Key?: Keys;
  };
}

type Keys = Readonly<Record<string, { readonly S?: string }>>;

/** What a request may change of a resource, or have done with it: how one knows its row in its table. */
const RESOURCES: Readonly<Record<string, RegExp>> = {
  [TABLE_NAMES.registry]: /^T#[^ ]* (INT|SRC)#|^KEY#[^ ]* KEY$/,
  [TABLE_NAMES.history]: / D#/,
  [TABLE_NAMES.state]: /^JOBS |^SWEEPS |^B#[^ ]* S$/,
};

export function newRequests(): Requests {
  const asked: AskedOnce[] = [];
  const wrote = new Map<string, string[]>();
  const current = new AsyncLocalStorage<string>();

  return {
    asked,
    wrote,
    around(event, work) {
      const { requestContext } = event as { requestContext?: { requestId?: string } };
      const id = requestContext?.requestId;
      return id === undefined ? work() : current.run(id, work);
    },
    through(client) {
      const send = async (command: Command) => {
        const answer = await client.send(command as never);
        const [id, row] = [current.getStore(), resourceIn(command)];
        if (id !== undefined && row !== undefined) wrote.set(id, [...(wrote.get(id) ?? []), row]);
        return answer;
      };
      // The adapters ask nothing else of a client.
      return { send } as unknown as DynamoDBClient;
    },
    answered({ method, path }, { status, headers, requestId, routeKey }) {
      const isReplay = headers['idempotency-replayed'] !== undefined;
      asked.push({ id: requestId, ...{ method, path, routeKey, status, isReplay } });
    },
  };
}

function resourceIn({ constructor: { name }, input }: Command): string | undefined {
  if (!/^(Put|Update|Delete)Item/.test(name)) return undefined;
  const { pk, sk } = input.Item ?? input.Key ?? {};
  const row = `${pk?.S} ${sk?.S}`;
  return RESOURCES[input.TableName ?? '']?.test(row) ? row : undefined;
}
