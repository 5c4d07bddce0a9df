/**
 * Deploys the real stack with the real CDK onto an emulated account, uses it over its HTTP API
 * and takes it down again. Needs python3 with venv; everything it starts or writes is temporary.
 */
import { strict as assert } from 'node:assert';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { TABLES } from '../lib/names.ts';
import { bundle } from './bundle.ts';
import {
  ACCOUNT,
  cdk,
  command,
  type Emulator,
  installTools,
  REGION,
  startEmulator,
} from './drill/commands.ts';
import {
  allowBatchesWhereSendingIsAllowed,
  allowKeysWithoutTheirConditions,
  relaxKeyPolicies,
} from './drill/iam.ts';
import { denials, troubles } from './drill/logs.ts';
import { TOUR } from './drill/tour.ts';
import { apiAt, type Receiver, startReceiver } from './drill/wire.ts';

const CONTEXT = ['-c', 'egress=loopback', '-c', `account=${ACCOUNT}`, '-c', `region=${REGION}`];
/** api, call, publish, receive, deliver, fan-out, tick and work; the tick also to its dead letters. */
const SENDING_ROLES = 8;
/** api, call, receive, deliver and tick: they seal or open secrets, tick signs as well. */
const SEALING_ROLES = 5;
/** What ministack cannot show; printed with the table so that nobody takes it for proved. */
const NOT_SHOWN = [
  'IAM conditions on KMS; that a role has no right too many (test/infra/permissions.test.ts).',
  'Limits of CloudFormation: cfn-lint and the synthesis check the template in its place.',
  'Alarms, metrics, X-Ray, KMS policies, throttling, PITR and TTL: stored, not acted upon.',
];

const folder = await mkdtemp(join(tmpdir(), 'breakwater-drill-'));
const started: { emulator?: Emulator; receiver?: Receiver } = {};
let failed = 0;
let seconds = 0;

/** Runs one step and prints its line; after the first failure the rest is not run. */
async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  try {
    const result = await work();
    report('passed', name, performance.now() - startedMs);
    return result;
  } catch (error) {
    failed += 1;
    report('FAILED', name, performance.now() - startedMs);
    throw error;
  }
}

function report(outcome: string, name: string, millis: number): void {
  seconds += millis / 1000;
  process.stdout.write(`${outcome}  ${(millis / 1000).toFixed(1).padStart(6)} s  ${name}\n`);
}

async function deploy(emulator: Emulator, assembly: string): Promise<Record<string, string>> {
  const outputs = join(folder, 'outputs.json');
  const app = ['--app', assembly];
  await step('cdk bootstrap', () =>
    cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`, ...app], emulator.env),
  );
  await step('cdk deploy', () =>
    cdk(
      [
        'deploy',
        '--all',
        '--no-rollback',
        '--require-approval',
        'never',
        '--outputs-file',
        outputs,
        ...app,
      ],
      emulator.env,
    ),
  );
  const [stack = {}] = Object.values(JSON.parse(await readFile(outputs, 'utf8')));
  return stack as Record<string, string>;
}

async function adminKey({ env }: Emulator, secretId: string): Promise<string> {
  const client = new SecretsManagerClient({ region: REGION, endpoint: env.AWS_ENDPOINT_URL ?? '' });
  const { SecretString = '' } = await client.send(
    new GetSecretValueCommand({ SecretId: secretId }),
  );
  assert.match(SecretString, /^bwk_[0-9A-Za-z]{48}$/);
  return SecretString;
}

async function queueUrls({ env }: Emulator): Promise<readonly string[]> {
  const sqs = new SQSClient({ region: REGION, endpoint: env.AWS_ENDPOINT_URL ?? '' });
  return (await sqs.send(new ListQueuesCommand({}))).QueueUrls ?? [];
}

async function purgeQueues(emulator: Emulator): Promise<void> {
  const { AWS_ENDPOINT_URL: endpoint = '' } = emulator.env;
  const sqs = new SQSClient({ region: REGION, endpoint, useQueueUrlAsEndpoint: false });
  for (const QueueUrl of await queueUrls(emulator)) {
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  }
}

/** Everything goes but what must outlive a stack: the tables (and the key, and the pepper). */
async function onlyTablesLeft(emulator: Emulator): Promise<void> {
  const { AWS_ENDPOINT_URL: endpoint = '' } = emulator.env;
  const db = new DynamoDBClient({ region: REGION, endpoint });
  const { TableNames = [] } = await db.send(new ListTablesCommand({}));
  assert.equal(TableNames.length, Object.keys(TABLES).length);
  assert.deepEqual(await queueUrls(emulator), []);
}

async function drill(): Promise<void> {
  const tools = await step('pip install ministack, cfn-lint', () => installTools(folder));
  await step('bundle', () => bundle());
  const assembly = join(folder, 'cdk.out');
  await step('cdk synth: cdk-nag and CloudFormation rules clean', () =>
    cdk(['synth', '-q', '--strict', '-o', assembly, ...CONTEXT], {}),
  );
  // W3005: the CDK spells out a dependency that GetAtt implies, for every function.
  const lint = ['-r', REGION, '-i', 'W3005', '--', join(assembly, '*.template.json')];
  await step('cfn-lint: clean', () => command(join(tools, 'cfn-lint'), lint, {}));
  const emulator = await step('ministack up', () => startEmulator(tools, folder));
  started.emulator = emulator;
  Object.assign(process.env, emulator.env);
  const outputs = await deploy(emulator, assembly);
  await step('emulator: SendMessageBatch as AWS has it, part of SendMessage', async () => {
    assert.equal(await allowBatchesWhereSendingIsAllowed(emulator.env), SENDING_ROLES);
  });
  await step('emulator: keys without the conditions that it does not know', async () => {
    assert.equal(await allowKeysWithoutTheirConditions(emulator.env), SEALING_ROLES);
    // The one that signs the audit log's digests.
    assert.equal(await relaxKeyPolicies(emulator.env), 1);
  });
  const key = await step('first admin key in Secrets Manager', () =>
    adminKey(emulator, outputs.AdminKeySecretId ?? ''),
  );
  const receiver = await startReceiver();
  started.receiver = receiver;
  const api = apiAt(outputs.ApiUrl ?? '', emulator.port);
  for (const [name, stop] of Object.entries(TOUR)) {
    await step(name, () => stop({ api, key, receiver, purgeQueues: () => purgeQueues(emulator) }));
  }
  await step('no function was refused anything by its role', async () => {
    assert.equal(await denials(emulator.env), '');
  });
  const app = ['--app', assembly];
  await step('cdk diff: no difference', () => cdk(['diff', '--fail', ...app], emulator.env));
  await step('cdk destroy: leaves the tables and nothing else', async () => {
    await cdk(['destroy', '--all', '--force', ...app], emulator.env);
    await onlyTablesLeft(emulator);
  });
}

try {
  await drill();
} catch (error) {
  process.exitCode = 1;
  process.stdout.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  if (started.emulator !== undefined) {
    const errors = await troubles(started.emulator.env).catch(String);
    process.stdout.write(`\nWhat the functions logged:\n${errors}\n`);
  }
} finally {
  started.receiver?.close();
  await started.emulator?.stop();
  await rm(folder, { recursive: true, force: true });
  const verdict = failed === 0 ? 'all passed' : `${failed} FAILED`;
  process.stdout.write(`\n${verdict} in ${seconds.toFixed(1)} s. Not shown by this drill:\n`);
  process.stdout.write(`${NOT_SHOWN.map((line) => `- ${line}`).join('\n')}\n`);
}
