import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { customResourceHandler } from '../../lib/edge/custom-resource.ts';
import { fakeTelemetry } from '../fakes/world.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** What CloudFormation would be told; the first `failures` answers are refused. */
async function run(kind: string, work: () => Promise<void>, failures = 0) {
  const told: { body: Record<string, unknown>; type: string | undefined }[] = [];
  let refused = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (refused++ < failures) return response.writeHead(503).end();
    const body = JSON.parse(Buffer.concat(chunks).toString());
    told.push({ body, type: request.headers['content-type'] });
    return response.end();
  });
  servers.push(server);
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  const telemetry = { ...fakeTelemetry(), middlewares: [], scope: () => {} };
  const event = {
    RequestType: kind,
    ResponseURL: `http://127.0.0.1:${port}/answer`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Resource',
    ...(kind !== 'Create' && { PhysicalResourceId: 'there' }),
  } as CloudFormationCustomResourceEvent;
  await customResourceHandler({ telemetry }, 'first', work)(event, {} as Context);
  return { told, telemetry };
}

describe('a custom resource', () => {
  it('answers SUCCESS once the work is done', async () => {
    let done = 0;
    const { told } = await run('Create', async () => {
      done += 1;
    });
    expect(done).toBe(1);
    expect(told).toEqual([
      {
        body: {
          Status: 'SUCCESS',
          PhysicalResourceId: 'first',
          StackId: 'stack',
          RequestId: 'request',
          LogicalResourceId: 'Resource',
        },
        type: undefined,
      },
    ]);
  });

  it('keeps its physical id on update', async () => {
    const { told } = await run('Update', async () => {});
    expect(told[0]?.body.PhysicalResourceId).toBe('there');
  });

  it('answers FAILED without saying why; the log does', async () => {
    const { told, telemetry } = await run('Create', () =>
      Promise.reject(new Error('inner detail')),
    );
    expect(told[0]?.body.Status).toBe('FAILED');
    expect(JSON.stringify(told)).not.toContain('inner detail');
    expect(telemetry.lines).toMatchObject([{ level: 'error' }]);
  });

  it('does nothing on delete', async () => {
    const { told } = await run('Delete', () => Promise.reject(new Error('must not run')));
    expect(told[0]?.body.Status).toBe('SUCCESS');
  });

  it('answers again when the answer is not taken, three times at most', async () => {
    expect((await run('Create', async () => {}, 2)).told).toHaveLength(1);
    await expect(run('Create', async () => {}, 3)).rejects.toThrow('503');
  });
});
