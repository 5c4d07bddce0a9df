import { ENV } from '../names.ts';
import { type Assembly, readAssembly, synthesize } from './assembly.ts';
import { type LocalDynamo, startDynamo } from './dynamodb.ts';
import { createTables } from './dynamodb-tables.ts';
import { serveEventBridge } from './event-bridge.ts';
import { faultDesk } from './faults/desk.ts';
import { writeFunctionsEnv } from './functions-env.ts';
import { type Home, openHome } from './home.ts';
import { type HttpApi, listenHttpApi } from './http-api.ts';
import { serveKms } from './kms.ts';
import type { LambdaHost } from './lambda.ts';
import type { BootOptions, LocalFaults, LocalQueues, LocalRun } from './local-run.ts';
import { metricsOf } from './log-lines.ts';
import { writePrivateJson } from './private-file.ts';
import { runningStack } from './running-stack.ts';
import { type Secrets, serveSecrets } from './secrets.ts';
import { serveSqs } from './sqs-server.ts';
import { countsByQueue, type SqsService, sqsService } from './sqs-service.ts';
import { readStack, type Stack } from './stack.ts';
import { createTargets } from './targets.ts';
import { readTemplate } from './template.ts';
import { type Unwind, unwinding } from './unwind.ts';

const CONCURRENCY_MAX = 4;
/** What the fast lane has in the stage `dev`: so many batches may hang before it stands still. */
const POLLERS_MAX = 20;
const DRAIN_MS = 10_000;

/** Boots the stack on this machine; rejects with the reason, and then leaves nothing behind. */
export async function boot(options: BootOptions): Promise<LocalRun> {
  const unwind = unwinding();
  try {
    return await start(options, unwind);
  } catch (error) {
    await unwind.all();
    throw error;
  }
}

async function start(options: BootOptions, unwind: Unwind): Promise<LocalRun> {
  const home = await openHome(options.home);
  unwind.push(home.release);
  const report = reporter(options);
  const api = await listen(options, (error) => report.failure('http', error));
  unwind.push(api.stop);
  const { assembly, dynamo } = await prepare(options, home, unwind);
  const { place } = assembly;

  const service = sqsService(place, options.onMessage);
  const sqs = await serveSqs(service, place.account);
  unwind.push(sqs.stop);
  const addresses = { apiUrl: api.url, sqsUrl: sqs.url };
  const stack = readStack(readTemplate(assembly.template), place, addresses, assembly.codeFolder);
  for (const { name, settings } of stack.queues) service.create(name, settings);
  createTargets(stack.functions, service, place);
  await createTables(dynamo.endpoint, stack.tables);
  const secrets = await serveSecrets(home.secretsFile, stack.secrets);
  unwind.push(secrets.stop);
  const kms = await serveKms(home.keysFile, stack.keys);
  unwind.push(kms.stop);
  const eventBridge = await serveEventBridge(place);
  unwind.push(eventBridge.stop);

  const faults = options.faults && faultDesk(options.faults, report.line);
  const tables = (await options.tablesThrough?.(dynamo.endpoint)) ?? dynamo.endpoint;
  const running = runningStack({
    stack,
    place,
    api,
    service,
    host: {
      region: place.region,
      concurrencyMax: options.concurrencyMax ?? CONCURRENCY_MAX,
      variables: {
        AWS_ENDPOINT_URL_DYNAMODB: tables,
        AWS_ENDPOINT_URL_SQS: sqs.url,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
        AWS_ENDPOINT_URL_KMS: kms.url,
        AWS_ENDPOINT_URL_EVENTBRIDGE: eventBridge.url,
      },
      onLine: report.line,
      onFailure: ({ name }, { errorType, errorMessage }) =>
        report.failure(name, `${errorType}: ${errorMessage}`),
      ...(faults && { faultsOf: faults.portFor }),
    },
    pollersMax: options.pollersMax ?? POLLERS_MAX,
    onError: report.failure,
  });
  unwind.push(running.stop);
  await running.open({ schedules: options.schedules ?? 'run' });

  const environments = stack.functions.map(({ environment }) => environment);
  const reach = { region: place.region, dynamodb: tables, sqs: sqs.url };
  await writeFunctionsEnv(home.functionsFile, environments, reach);
  const apiKey = adminKeyOf(stack, secrets);
  await writePrivateJson(home.localFile, { url: api.url, apiKey, consoleUrl: null });
  const { endpoint: dynamodb, kind: dynamodbKind } = dynamo;
  return {
    url: api.url,
    apiKey,
    aws: {
      region: place.region,
      dynamodb,
      dynamodbKind,
      sqs: sqs.url,
      secretsManager: secrets.url,
      kms: kms.url,
      eventBridge: eventBridge.url,
    },
    queues: localQueues(service),
    busEvents: eventBridge.entries,
    tick: running.tick,
    functions: running.counts,
    metrics: () => ({ ...report.metrics }),
    faults: faults ?? NO_FAULTS,
    async stop({ drainMs = DRAIN_MS } = {}) {
      await running.drain(drainMs);
      await unwind.all();
    },
  };
}

const NO_FAULTS: LocalFaults = { counts: () => ({}), end() {} };

async function listen(
  { port = 0, onExchange }: BootOptions,
  onError: (error: unknown) => void,
): Promise<HttpApi> {
  try {
    return await listenHttpApi(port, onError, onExchange);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const message = `Port ${port} is in use; set PORT to another one, or to 0 for any free one`;
    throw new Error(message, { cause: error });
  }
}

/** The assembly and the tables, side by side; where one fails the other is still undone. */
async function prepare(
  options: BootOptions,
  home: Home,
  unwind: Unwind,
): Promise<{ readonly assembly: Assembly; readonly dynamo: LocalDynamo }> {
  const dir = options.assembly ?? home.assemblyDir;
  const { egress = 'loopback', targetArns = [] } = options;
  const synthesized =
    options.assembly === undefined ? synthesize(dir, { egress, targetArns }) : undefined;
  const dynamoStarted = startDynamo({
    dataDir: home.dataDir,
    ...(options.dynamo !== undefined && { kind: options.dynamo }),
  });
  const [, started] = await Promise.allSettled([synthesized, dynamoStarted]);
  if (started.status === 'fulfilled') unwind.push(started.value.stop);
  await synthesized;
  return { assembly: await readAssembly(dir), dynamo: await dynamoStarted };
}

function reporter({ onLog, onFigures }: BootOptions) {
  const metrics: Record<string, number> = {};
  const line: LambdaHost['onLine'] = ({ name: functionName }, text) => {
    const figures = metricsOf(text);
    if (figures === undefined) return onLog?.({ kind: 'line', functionName, line: text });
    onFigures?.(text);
    for (const [name, value] of Object.entries(figures)) {
      metrics[name] = (metrics[name] ?? 0) + value;
    }
  };
  const failure = (where: string, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    onLog?.({ kind: 'failure', where, reason });
  };
  return { metrics, line, failure };
}

/** The key that the custom resource made, by the variable that tells its function where to. */
function adminKeyOf(stack: Stack, secrets: Secrets): string {
  const ids = stack.functions.map(({ environment }) => environment[ENV.adminKeySecretId]);
  const id = ids.find((value) => value !== undefined);
  if (id === undefined) return '';
  const key = secrets.valueOf(id);
  if (key === undefined) throw new Error(`The secret ${id} has no admin key in it`);
  return key;
}

function localQueues(service: SqsService): LocalQueues {
  return {
    purgeAll: () => service.all().reduce((sum, queue) => sum + queue.purge(), 0),
    counts: () => countsByQueue(service),
    messages: () => Object.fromEntries(service.all().map((queue) => [queue.name, queue.all()])),
    requests: () => service.requests.totals(),
    resetRequests: () => service.requests.reset(),
    outage(isDown) {
      service.outage = isDown;
      for (const queue of service.all()) service.changed(queue);
    },
  };
}
