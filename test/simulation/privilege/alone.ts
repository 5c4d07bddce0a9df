import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { firstAdminKey } from '../../../lib/app/first-key.ts';
import type { Clock } from '../../../lib/app/ports.ts';
import { KEY_RANDOM_BYTES, makeKey } from '../../../lib/domain/keys.ts';
import { authorizeFunction } from '../../../lib/edge/functions/authorize.ts';
import { ENV } from '../../../lib/names.ts';
import { composeFirstKey } from '../../../lib/runtime/compose.ts';
import type { Outside } from '../../../lib/runtime/outside.ts';
import { modelDynamoDb } from '../dynamodb/model.ts';
import { productTables } from '../dynamodb/table-spec.ts';
import { told } from '../product/commands.ts';
import { productLog } from '../product/log.ts';
import { environmentOf, TABLE_NAMES } from '../product/settings.ts';

/** The two functions that the simulation leaves out, on its models of what they touch. */

const PEPPER = 'a pepper of nobody, thirty-two bytes and more';
const ENVIRONMENT = {
  ...environmentOf(({ name }) => name),
  [ENV.adminKeySecretId]: 'adminKey',
  // Of keys that have none of their own.
  [ENV.keyRateLimit]: '1/2',
};
const START_MS = Date.UTC(2030, 0, 1);
/** Longer than anything is remembered of a key. */
const LATER_MS = 3_600_000;
const WRONG_MAX = 30;

/** The stack is made, twice; then somebody knocks with the key, and with wrong ones. */
export async function beginning(): Promise<void> {
  let nowMs = START_MS;
  const kept = new Map<string, string>([['pepper', PEPPER]]);
  const clock: Clock = {
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    after: () => () => {},
  };
  const random = { unit: () => 0.5, bytes: (count: number) => new Uint8Array(count).fill(7) };
  const dynamo = modelDynamoDb({ clock, random, tables: productTables(TABLE_NAMES) }).client;
  const outsideOf = (name: string): Outside => ({
    ...{ clock, random, telemetry: productLog().telemetryOf(name) },
    dynamo: told(name, 'DynamoDBClient', dynamo),
    secrets: told(name, 'SecretsManagerClient', vault(kept)),
  });

  const firstKey = composeFirstKey(ENVIRONMENT, outsideOf('firstKey'));
  const pepper = await firstKey.pepper();
  for (const _ of ['made', 'made again']) await firstAdminKey({ ...firstKey, pepper });

  const key = kept.get('adminKey') ?? '';
  const authorize = authorizeFunction(ENVIRONMENT, outsideOf('authorize'));
  const knock = (authorization: string) =>
    authorize(eventOf(authorization, nowMs) as never, {} as never);
  for (const _ of ['once', 'again']) {
    await knock(`Bearer ${key}`);
    nowMs += LATER_MS;
  }
  // The public part of the key that is there, and another secret.
  const bytes = {
    lookup: random.bytes(KEY_RANDOM_BYTES.lookup),
    secret: new Uint8Array(32).fill(9),
  };
  const wrong = makeKey(bytes.lookup, bytes.secret).text;
  for (let n = 0; n < WRONG_MAX; n++) await knock(`Bearer ${wrong}`);
}

function eventOf(authorization: string, nowMs: number): object {
  const http = { method: 'GET', path: '/v1/events', sourceIp: '203.0.113.7', userAgent: 'tour' };
  return {
    ...{ version: '2.0', type: 'REQUEST', routeKey: 'GET /v1/events', rawPath: http.path },
    ...{ rawQueryString: '', headers: { authorization }, identitySource: [authorization] },
    requestContext: { http, requestId: 'request', timeEpoch: nowMs, routeKey: 'GET /v1/events' },
  };
}

function vault(kept: Map<string, string>): SecretsManagerClient {
  const send = async (command: GetSecretValueCommand) => {
    const { SecretId = '', SecretString } = command.input as {
      readonly SecretId?: string;
      readonly SecretString?: string;
    };
    if (!(command instanceof GetSecretValueCommand)) kept.set(SecretId, SecretString ?? '');
    return { SecretString: kept.get(SecretId) };
  };
  // The adapter asks nothing else of a client.
  return { send } as unknown as SecretsManagerClient;
}
