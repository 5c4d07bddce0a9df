import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * The one SQS client of a process. Impatient, because nobody's promise depends on it: a send that
 * does not come through is found by the tick, and a caller waits for the answer meanwhile.
 */
export function sqsClient(): SQSClient {
  return new SQSClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 500, requestTimeout: 1_500, throwOnRequestTimeout: true },
  });
}
