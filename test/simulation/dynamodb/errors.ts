import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  InternalServerError,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  ThrottlingException,
} from '@aws-sdk/client-dynamodb';

const REFUSED = { httpStatusCode: 400 } as const;

/** The SDK has no class of its own for it either: it is known by its name. */
export function invalid(message: string): DynamoDBServiceException {
  return new DynamoDBServiceException({
    name: 'ValidationException',
    $fault: 'client',
    $metadata: { ...REFUSED },
    message,
  });
}

/** Without the item that stands there: what a stand-in cannot do, the product may not rely on. */
export function conditionFailed(): ConditionalCheckFailedException {
  return new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: { ...REFUSED },
  });
}

export function notFound(): ResourceNotFoundException {
  return new ResourceNotFoundException({
    message: 'Requested resource not found',
    $metadata: { ...REFUSED },
  });
}

/** A table on demand throttles by either name. */
export function throttled(byPartition: boolean): DynamoDBServiceException {
  const $metadata = { ...REFUSED };
  return byPartition
    ? new ProvisionedThroughputExceededException({
        message: 'Throughput exceeds the current capacity of your table or index.',
        $metadata,
      })
    : new ThrottlingException({ message: 'Rate of requests exceeds the limit.', $metadata });
}

export function serverError(): InternalServerError {
  return new InternalServerError({
    message: 'Internal server error',
    $metadata: { httpStatusCode: 500 },
  });
}

/** What the SDK's HTTP handler throws where no answer came. */
export function noAnswer(how: 'timeout' | 'reset'): Error {
  return how === 'timeout'
    ? Object.assign(new Error('Request timed out.'), { name: 'TimeoutError' })
    : Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
}

/** For what the model does not know: a test must not pass because it was passed over. */
export function unknown(what: string): Error {
  return new Error(`The model of DynamoDB does not know ${what}.`);
}
