import { SQSClient } from '@aws-sdk/client-sqs';
import { startDynamo } from '../../lib/local/dynamodb.ts';
import { createTables } from '../../lib/local/dynamodb-tables.ts';
import { serveKms } from '../../lib/local/kms.ts';
import { serveSecrets } from '../../lib/local/secrets.ts';
import { DEFAULT_SETTINGS } from '../../lib/local/sqs-attributes.ts';
import { serveSqs } from '../../lib/local/sqs-server.ts';
import { sqsService } from '../../lib/local/sqs-service.ts';
import type { Scratch } from '../scratch.ts';
import { dynamoMeter } from './dynamo-meter.ts';
import { type Activity, type Functions, startFunctions } from './functions.ts';
import { type Gateway, gateway } from './gateway.ts';
import { type Entry, ledger } from './ledger.ts';
import { plantOwner } from './owner.ts';
import { type Poller, poller } from './poller.ts';
import { startRelay } from './relay.ts';
import { sqsMeter } from './sqs-meter.ts';
import { tableDefinitions } from './tables.ts';

/** The functions on empty stand-ins, with every request to these counted. */
export interface World {
  readonly gateway: Gateway;
  readonly poller: Poller;
  readonly functions: Functions;
  /** What was used since the last look. */
  takeUsage(): Usage;
  stop(): Promise<void>;
}

export interface Usage {
  readonly entries: readonly Entry[];
  readonly activity: readonly Activity[];
  readonly httpRequests: number;
}

const ACCOUNT = '000000000000';
export const QUEUES = ['delivery', 'slow', 'drain', 'fan-out', 'work'] as const;
const KEY_ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:key/key`;
const DIGEST_KEY_ARN = `${KEY_ARN}-digests`;
const PEPPER_ARN = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:pepper`;

export async function startWorld(scratch: Scratch, dist: string): Promise<World> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  scratch.onEnd(stop);
  const started = <T extends { stop(): Promise<void> }>(one: T): T => {
    stops.push(() => one.stop());
    return one;
  };
  const entries = ledger();
  const folder = await scratch.folder('world');

  const dynamo = started(await startDynamo());
  await createTables(dynamo.endpoint, tableDefinitions());
  await plantOwner(dynamo.endpoint);
  const tables = started(await startRelay(dynamo.endpoint, dynamoMeter(dynamo.endpoint, entries)));

  const service = sqsService({ region: 'us-east-1', account: ACCOUNT });
  for (const name of QUEUES) {
    service.create(name, { ...DEFAULT_SETTINGS, visibilityTimeoutSeconds: 450 });
  }
  const sqs = started(await serveSqs(service, ACCOUNT));
  const queues = started(await startRelay(sqs.url, sqsMeter(entries)));

  const spec = { arn: PEPPER_ARN, name: 'pepper', generate: { PasswordLength: 64 } };
  const secrets = started(await serveSecrets(`${folder}/secrets.json`, [spec]));

  const kms = started(
    await serveKms(`${folder}/keys.json`, [
      { arn: KEY_ARN, kind: 'data' },
      { arn: DIGEST_KEY_ARN, kind: 'signing' },
    ]),
  );

  const queueUrl = (name: (typeof QUEUES)[number]) =>
    `${new URL(queues.endpointOf('')).origin}/${ACCOUNT}/${name}`;
  const functions = started(
    startFunctions(dist, folder, {
      dynamodbOf: tables.endpointOf,
      sqsOf: queues.endpointOf,
      secretsManager: secrets.url,
      kms: kms.url,
      secretsKeyArn: KEY_ARN,
      digestKeyArn: DIGEST_KEY_ARN,
      deliveryQueueUrl: queueUrl('delivery'),
      slowQueueUrl: queueUrl('slow'),
      drainQueueUrl: queueUrl('drain'),
      workQueueUrl: queueUrl('work'),
      fanOutQueueUrl: queueUrl('fan-out'),
      pepperSecretId: PEPPER_ARN,
    }),
  );
  const client = new SQSClient({
    region: 'us-east-1',
    endpoint: queues.endpointOf('poller'),
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  stops.push(async () => client.destroy());
  const front = gateway(functions);
  return {
    gateway: front,
    poller: poller(functions, client, queueUrl('delivery'), () =>
      service.byName('delivery')?.counts(),
    ),
    functions,
    takeUsage: () => ({
      entries: entries.take(),
      activity: functions.takeActivity(),
      httpRequests: front.takeRequests(),
    }),
    stop,
  };
}
