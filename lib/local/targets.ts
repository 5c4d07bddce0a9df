import { parseArn } from '../domain/arn.ts';
import { ENV } from '../names.ts';
import type { FunctionSpec } from './lambda-environment.ts';
import { DEFAULT_SETTINGS } from './sqs-attributes.ts';
import type { SqsService } from './sqs-service.ts';
import type { Place } from './template.ts';

/**
 * Makes the queues that the functions may send to and that are not the stack's own: on AWS they are
 * there before. One that could not be here throws, naming it.
 */
export function createTargets(
  functions: readonly Pick<FunctionSpec, 'environment'>[],
  service: SqsService,
  place: Place,
): void {
  const listed = functions.flatMap(({ environment }) =>
    (environment[ENV.targetArns] ?? '').split(',').filter((arn) => arn !== ''),
  );
  for (const arn of new Set(listed)) {
    const name = queueName(arn, place);
    if (name !== undefined && service.byName(name) === undefined) {
      service.create(name, DEFAULT_SETTINGS);
    }
  }
}

/** Undefined for an event bus: any name is one. */
function queueName(text: string, { account, region }: Place): string | undefined {
  const parsed = parseArn(text);
  if (!parsed.ok) throw new Error(`${ENV.targetArns}: ${text} ${parsed.problem}`);
  const { arn } = parsed;
  if (arn.account !== account || arn.region !== region) {
    throw new Error(`${text} is not of this machine; here it is ${region}:${account}`);
  }
  if (arn.service === 'eventbridge') return undefined;
  if (arn.name.endsWith('.fifo')) throw new Error(`${text}: no FIFO queues run here`);
  return arn.name;
}
