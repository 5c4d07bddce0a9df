import { Template } from 'aws-cdk-lib/assertions';
import type { Grant } from '../../lib/local/permissions.ts';
import { resourcePart } from '../../lib/local/permissions.ts';
import { readStack } from '../../lib/local/stack.ts';
import { readTemplate } from '../../lib/local/template.ts';
import { appWith } from './synthesized.ts';

const PLACE = { account: '000000000000', region: 'us-east-1', stackName: 'Breakwater' };

/** What the template grants to each function, by the name that `functions/` has for it. */
export function grantsOfTemplate(
  context: Record<string, unknown> = {},
): ReadonlyMap<string, readonly Grant[]> {
  const template = Template.fromStack(appWith({ nag: 'off', ...context }).stack).toJSON();
  const addresses = { apiUrl: 'http://api', sqsUrl: 'http://sqs' };
  const { functions } = readStack(readTemplate(template), PLACE, addresses, () => '');
  return new Map(functions.map(({ name, grants = [] }) => [functionName(name), grants]));
}

function functionName(logicalId: string): string {
  const name = logicalId.slice('Functions'.length, -8);
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

/** `table/StorageState41F2/index/troubled` → `state/troubled`: as people and the simulation say. */
export function resourceName(arn: string): string {
  const part = resourcePart(arn);
  const [, kind = '', name = part, rest = ''] =
    /^(?:table\/|secret:)?(Storage|Queues|Secrets|DeadLetters)([A-Za-z]+?)(?:Queue)?[0-9A-F]{8}(?:\/index)?(.*)$/.exec(
      part,
    ) ?? [];
  if (part.startsWith('key/Digests')) return 'digestKey';
  if (part.startsWith('key/')) return 'key';
  const plain = `${name.charAt(0).toLowerCase()}${name.slice(1)}${rest}`;
  return kind === 'DeadLetters' ? `dead letters: ${plain}` : plain;
}
