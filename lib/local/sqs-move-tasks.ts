import { AwsError, type AwsInput, type AwsOperation } from './aws-json.ts';
import { invalidValue, optionalText, text, whole } from './sqs-input.ts';
import type { NamedQueue, SqsService } from './sqs-service.ts';

/** A redrive of dead letters, as `ListMessageMoveTasks` shows it. */
interface MoveTask {
  readonly Status: 'COMPLETED' | 'FAILED';
  readonly SourceArn: string;
  readonly DestinationArn?: string;
  readonly MaxNumberOfMessagesPerSecond?: number;
  readonly ApproximateNumberOfMessagesMoved: number;
  readonly ApproximateNumberOfMessagesToMove: number;
  readonly FailureReason?: string;
  readonly StartedTimestamp: number;
}

const TASKS_KEPT_MAX = 10;
const RATE: readonly [number, number] = [1, 500];

/**
 * The redrive of dead letters, what the button in the console of AWS does. Here a task is done at
 * once whatever rate it asks for, so that none is ever found running.
 */
export function moveOperations(service: SqsService): Readonly<Record<string, AwsOperation>> {
  const tasks = new Map<string, readonly MoveTask[]>();

  return {
    StartMessageMoveTask(input) {
      const from = deadLetters(service, input);
      const to = destination(service, input);
      const rate = whole(input, 'MaxNumberOfMessagesPerSecond', RATE);
      const StartedTimestamp = Date.now();
      const { moved, left } = service.move(from, to);
      const task: MoveTask = {
        Status: left === 0 ? 'COMPLETED' : 'FAILED',
        SourceArn: from.arn,
        ...(to !== undefined && { DestinationArn: to.arn }),
        ...(rate !== undefined && { MaxNumberOfMessagesPerSecond: rate }),
        ApproximateNumberOfMessagesMoved: moved,
        ApproximateNumberOfMessagesToMove: moved + left,
        ...(left > 0 && { FailureReason: 'CouldNotDetermineMessageSource' }),
        StartedTimestamp,
      };
      tasks.set(from.arn, [task, ...(tasks.get(from.arn) ?? [])].slice(0, TASKS_KEPT_MAX));
      return { TaskHandle: Buffer.from(`${StartedTimestamp}:${from.arn}`).toString('base64') };
    },
    ListMessageMoveTasks(input) {
      const { arn } = existing(service.byArn(text(input, 'SourceArn')));
      const max = whole(input, 'MaxResults', [1, TASKS_KEPT_MAX]) ?? 1;
      return { Results: (tasks.get(arn) ?? []).slice(0, max) };
    },
  };
}

/** The queue that the request's `SourceArn` names; refuses one that holds no dead letters. */
function deadLetters(service: SqsService, input: AwsInput): NamedQueue {
  const queue = existing(service.byArn(text(input, 'SourceArn')));
  if (service.sourcesOf(queue).length > 0) return queue;
  throw invalidValue('Source queue must be configured as a Dead Letter Queue.');
}

function destination(service: SqsService, input: AwsInput): NamedQueue | undefined {
  const arn = optionalText(input, 'DestinationArn');
  return arn === undefined ? undefined : existing(service.byArn(arn));
}

function existing(queue: NamedQueue | undefined): NamedQueue {
  if (queue !== undefined) return queue;
  throw new AwsError('ResourceNotFoundException', 'The specified resource does not exist.');
}
