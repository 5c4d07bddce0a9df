import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LambdaFunction } from './lambda.ts';
import { listenOnLoopback, stopServer } from './loopback.ts';
import type { CustomResourceSpec } from './stack.ts';
import type { Place } from './template.ts';

/** What CloudFormation is told at the `ResponseURL`. */
interface ResourceResponse {
  readonly Status?: string;
  readonly Reason?: string;
}

/** A function answers before it ends; this is for the answer to be read. */
const ANSWER_GRACE_MS = 1000;
const RESPONSE_BYTES_MAX = 4096;

/** Creates the resource, as on a first deployment; throws its reason where that fails. */
export async function createCustomResource(
  spec: CustomResourceSpec,
  fn: LambdaFunction,
  place: Place,
): Promise<void> {
  const answered = Promise.withResolvers<ResourceResponse>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) {
      body += String(chunk);
      if (body.length > RESPONSE_BYTES_MAX) break;
    }
    response.end();
    answered.resolve(parseResponse(body));
  });
  try {
    const port = await listenOnLoopback(server, 0);
    const result = await fn.invoke({
      RequestType: 'Create',
      ResponseURL: `http://127.0.0.1:${port}/${spec.logicalId}`,
      StackId: `arn:aws:cloudformation:${place.region}:${place.account}:stack/${place.stackName}/local`,
      RequestId: randomUUID(),
      ResourceType: spec.type,
      LogicalResourceId: spec.logicalId,
      ResourceProperties: spec.properties,
    });
    const silence = { Status: 'FAILED', Reason: `no answer: ${JSON.stringify(result)}` };
    const waited = sleep(ANSWER_GRACE_MS, silence, { ref: false });
    const { Status, Reason } = await Promise.race([answered.promise, waited]);
    if (Status === 'SUCCESS') return;
    throw new Error(`${spec.logicalId} (${spec.type}) was not created: ${Reason}`);
  } finally {
    await stopServer(server);
  }
}

function parseResponse(body: string): ResourceResponse {
  try {
    return JSON.parse(body) as ResourceResponse;
  } catch {
    return { Status: 'FAILED', Reason: `unreadable answer: ${body}` };
  }
}
