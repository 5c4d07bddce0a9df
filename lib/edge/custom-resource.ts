import type {
  CloudFormationCustomResourceEvent,
  CloudFormationCustomResourceResponse,
  Context,
} from 'aws-lambda';
import type { LambdaTelemetry } from '../runtime/telemetry.ts';
import { stack } from './stack.ts';

const ANSWER_TRIES_MAX = 3;
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * The stack of a CloudFormation custom resource: `work` is run on create and update, nothing on
 * delete. CloudFormation always gets an answer, for without one it waits until its own timeout.
 */
export function customResourceHandler(
  deps: { readonly telemetry: LambdaTelemetry },
  physicalId: string,
  work: () => Promise<void>,
): (event: CloudFormationCustomResourceEvent, context: Context) => Promise<void> {
  const handle = async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    const outcome = await outcomeOf(deps, event, work);
    await answer(event, {
      ...outcome,
      PhysicalResourceId: 'PhysicalResourceId' in event ? event.PhysicalResourceId : physicalId,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    });
  };
  return stack(deps.telemetry, handle);
}

type Outcome =
  | { readonly Status: 'SUCCESS' }
  | { readonly Status: 'FAILED'; readonly Reason: string };

async function outcomeOf(
  { telemetry }: { readonly telemetry: LambdaTelemetry },
  { RequestType: kind }: CloudFormationCustomResourceEvent,
  work: () => Promise<void>,
): Promise<Outcome> {
  if (kind === 'Delete') return { Status: 'SUCCESS' };
  try {
    await work();
    telemetry.info('resource.done', { kind });
    return { Status: 'SUCCESS' };
  } catch (error) {
    telemetry.error('resource.failed', { kind, error });
    return { Status: 'FAILED', Reason: 'It failed; the log of the function says why.' };
  }
}

async function answer(
  event: CloudFormationCustomResourceEvent,
  response: CloudFormationCustomResourceResponse,
): Promise<void> {
  const body = JSON.stringify(response);
  for (let tries = 1; ; tries++) {
    try {
      // The URL is signed for a request without a content type.
      const { ok, status } = await fetch(event.ResponseURL, {
        method: 'PUT',
        body: new TextEncoder().encode(body),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      if (ok) return;
      throw new Error(`CloudFormation took no answer: ${status}.`);
    } catch (error) {
      if (tries === ANSWER_TRIES_MAX) throw error;
    }
  }
}
