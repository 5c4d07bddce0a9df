import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { boot } from '../../lib/local/boot.ts';
import type { BootOptions, LocalRun, LogEntry } from '../../lib/local/local-run.ts';
import { fn, SMALL_CODE, SMALL_STACK, writeAssembly } from './fixtures/assembly.ts';
import { tempDir } from './fixtures/temp-dir.ts';

let assembly: string;
const running: LocalRun[] = [];
const log: LogEntry[] = [];

beforeAll(async () => {
  assembly = await writeAssembly(SMALL_STACK, SMALL_CODE);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((run) => run.stop()));
  log.length = 0;
});

const newHome = () => tempDir();

async function start(options: Partial<BootOptions> = {}): Promise<LocalRun> {
  const run = await boot({
    home: await newHome(),
    assembly,
    schedules: 'manual',
    onLog: (entry) => log.push(entry),
    ...options,
  });
  running.push(run);
  return run;
}

const send = (run: LocalRun, id: string) =>
  fetch(`${run.url}/send/${id}`, { method: 'POST' }).then(({ status }) => status);

async function kept({ aws }: LocalRun): Promise<readonly string[]> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const db = new DynamoDBClient({ endpoint: aws.dynamodb, region: aws.region, credentials });
  const { Items = [] } = await db.send(new ScanCommand({ TableName: 'Table' }));
  db.destroy();
  return Items.map(({ pk }) => pk?.S ?? '').sort();
}

describe('a local run', () => {
  it('takes a request to the queue and from there to the table', async () => {
    const run = await start();
    expect(await Promise.all([send(run, 'a'), send(run, 'b')])).toEqual([202, 202]);
    await expect.poll(() => kept(run), { timeout: 5000 }).toEqual(['a', 'b']);
    await expect.poll(() => run.metrics()).toEqual({ Kept: 2 });
    expect(run.queues.requests()).toMatchObject({ SendMessage: 2 });
    expect(run.functions()).toMatchObject({ Send: { invocations: 2, errors: 0 } });
    const lines = log.flatMap((entry) => (entry.kind === 'line' ? [entry] : []));
    const sent = lines.find(({ functionName }) => functionName === 'Send');
    expect(JSON.parse(sent?.line ?? '{}')).toMatchObject({ message: 'sent' });
  });

  it('creates its custom resources, and says where it is and with which key', async () => {
    const home = await newHome();
    const run = await start({ home });
    expect(run.apiKey).toBe('key of Create');
    const file = JSON.parse(await readFile(join(home, 'local.json'), 'utf8'));
    expect(file).toEqual({ url: run.url, apiKey: run.apiKey, consoleUrl: null });
    await run.stop();
    await expect(readFile(join(home, 'local.json'))).rejects.toThrow('ENOENT');
  });

  it('says what its functions have in their environment, for as long as it runs', async () => {
    const home = await newHome();
    const run = await start({ home });
    const file = join(home, 'functions.env');
    const { AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SQS } = parseEnv(
      await readFile(file, 'utf8'),
    );
    expect(AWS_REGION).toBe(run.aws.region);
    expect(AWS_ENDPOINT_URL_DYNAMODB).toBe(run.aws.dynamodb);
    expect(AWS_ENDPOINT_URL_SQS).toBe(run.aws.sqs);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await run.stop();
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });

  it('keeps its data over a restart, and runs beside another of its kind', async () => {
    const home = await newHome();
    const first = await start({ home });
    await send(first, 'a');
    await expect.poll(() => kept(first), { timeout: 5000 }).toEqual(['a']);
    await first.stop();
    const [again, other] = await Promise.all([start({ home }), start()]);
    expect(await kept(again)).toEqual(['a']);
    expect(await kept(other)).toEqual([]);
  });

  it('runs on dynalite as well', async () => {
    const run = await start({ dynamo: 'dynalite' });
    await send(run, 'a');
    await expect.poll(() => kept(run), { timeout: 5000 }).toEqual(['a']);
  });

  it('fires its schedules once at the start, and when told to', async () => {
    const ticks = () =>
      log.filter((entry) => entry.kind === 'line' && entry.line.startsWith('tick'));
    const run = await start({ schedules: 'run' });
    await expect.poll(ticks, { timeout: 5000 }).toHaveLength(1);
    await run.tick();
    expect(ticks()).toHaveLength(2);
    expect(ticks()[0]).toMatchObject({
      functionName: 'Tick',
      line: 'tick of aws.events arn:aws:events:us-east-1:000000000000:rule/Rule',
    });
  });

  it('forgets what is in its queues on a purge, and can take SQS down', async () => {
    const run = await start({ pollersMax: 0 });
    await send(run, 'a');
    expect(run.queues.counts()).toEqual({ Queue: { visible: 1, inFlight: 0, delayed: 0 } });
    expect(run.queues.purgeAll()).toBe(1);
    run.queues.outage(true);
    expect(await send(run, 'b')).toBe(500);
    run.queues.outage(false);
    expect(await send(run, 'c')).toBe(202);
  });

  it('lets no queue take the places of another that feeds the same function', async () => {
    const lane = (queue: string) => ({
      ...SMALL_STACK.Mapping,
      Properties: {
        ...SMALL_STACK.Mapping.Properties,
        EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
        ScalingConfig: { MaximumConcurrency: 5 },
        BatchSize: 1,
      },
    });
    const lanes = { Slow: SMALL_STACK.Queue, ToQueue: lane('Queue'), ToSlow: lane('Slow') };
    const { Mapping: _, ...others } = SMALL_STACK;
    const keep = SMALL_CODE.keep.replace(
      'for (const',
      "if (Records[0].body === 'hang') await new Promise((done) => setTimeout(done, 12000));\nfor (const",
    );
    const two = await writeAssembly({ ...others, ...lanes }, { ...SMALL_CODE, keep });
    const run = await start({ assembly: two, concurrencyMax: 1 });
    const sqs = new SQSClient({ endpoint: run.aws.sqs, region: run.aws.region });
    const ring = (queue: string, MessageBody: string) =>
      sqs.send(
        new SendMessageCommand({ QueueUrl: `${run.aws.sqs}/000000000000/${queue}`, MessageBody }),
      );
    await Promise.all(Array.from({ length: 8 }, () => ring('Slow', 'hang')));
    await expect.poll(() => run.queues.counts().Slow?.inFlight, { timeout: 3000 }).toBe(5);
    await ring('Queue', 'quick');
    await expect.poll(() => kept(run), { timeout: 15_000 }).toEqual(['quick']);
    expect(run.queues.counts().Slow).toEqual({ visible: 3, inFlight: 5, delayed: 0 });
    expect(Object.keys(run.queues.counts()).sort()).toEqual(['Queue', 'Slow']);
    sqs.destroy();
    await run.stop({ drainMs: 0 });
  });

  it('puts what it is told to between functions and tables', async () => {
    const asked: string[] = [];
    const run = await start({
      async tablesThrough(endpoint) {
        asked.push(endpoint);
        return 'http://127.0.0.1:1';
      },
    });
    expect(asked).toEqual([run.aws.dynamodb]);
    await send(run, 'a');
    await expect.poll(() => run.functions().Keep?.errors, { timeout: 5000 }).toBe(1);
    expect(log).toContainEqual(expect.objectContaining({ kind: 'failure', where: 'Keep' }));
  });
});

describe('a local run does not start', () => {
  it('in a home where another one runs', async () => {
    const home = await newHome();
    await start({ home });
    await expect(start({ home })).rejects.toThrow(/in use by .* process \d+; set BREAKWATER_HOME/);
  });

  it('on a port that is taken, and frees its home then', async () => {
    const run = await start();
    const port = Number(new URL(run.url).port);
    const home = await newHome();
    await expect(start({ home, port })).rejects.toThrow(/Port \d+ is in use; set PORT/);
    await start({ home });
  });

  it.each([
    [
      'a custom resource fails',
      { Key: over({ code: 'refuses' }) },
      /Key \(Custom::Key\).*: out of keys/,
    ],
    ['a custom resource says nothing', { Key: over({ code: 'tick' }) }, /Key .*no answer/],
    ['it does not know a resource', { Cache: { Type: 'AWS::X::Y' } }, /Cache \(AWS::X::Y\)/],
  ])('when %s, and says so', async (_, resources, message) => {
    const refuses = `exports.handler = ({ ResponseURL }) => fetch(ResponseURL, {
      method: 'PUT', body: JSON.stringify({ Status: 'FAILED', Reason: 'out of keys' }),
    }).then(() => undefined);`;
    const stack = { ...SMALL_STACK, Refuses: fn('refuses'), ...resources };
    const broken = await writeAssembly(stack, { ...SMALL_CODE, refuses });
    const home = await newHome();
    await expect(start({ home, assembly: broken })).rejects.toThrow(message);
    await start({ home });
  });
});

function over({ code }: { readonly code: 'refuses' | 'tick' }) {
  const id = { refuses: 'Refuses', tick: 'Tick' }[code];
  return { Type: 'Custom::Key', Properties: { ServiceToken: { 'Fn::GetAtt': [id, 'Arn'] } } };
}
