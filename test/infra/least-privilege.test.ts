import { beforeAll, describe, expect, it } from 'vitest';
import { type Grant, grantsFor } from '../../lib/local/permissions.ts';
import { type Use, type Uses, usesOfAll } from '../simulation/privilege/uses.ts';
import { grantsOfTemplate, resourceName } from './grants.ts';

const TIMEOUT_MS = 600_000;

/** Which queues each function is polled for, and what of them is encrypted with the stack's key. */
const POLLED: Readonly<Record<string, readonly string[]>> = {
  deliver: ['delivery', 'slow', 'drain'],
  fanOut: ['fanOut'],
  work: ['work'],
};
const SEALED_QUEUES = ['delivery', 'slow', 'drain'];

/** What AWS does in a function's name, and asks of its role; no code of ours sends it. */
function doneByAws(from: string): readonly string[] {
  return [
    // Lambda, "Sending function logs to CloudWatch Logs": to the group that is there already.
    ...['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => `${action} log of ${from}`),
    // Lambda, "Visualize invocations using X-Ray": neither knows of resources.
    ...['xray:PutTraceSegments', 'xray:PutTelemetryRecords'].map((action) => `${action} *`),
    // Lambda, "Execution role permissions" of an SQS event source: its pollers have no role.
    ...(POLLED[from] ?? []).flatMap((queue) =>
      ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map(
        (action) => `sqs:${action} ${queue}`,
      ),
    ),
    // Lambda, "Adding a destination": where an asynchronous invocation has failed.
    ...(from === 'tick' ? ['sqs:SendMessage dead letters: background'] : []),
  ].map((one) => `${from} ${one}`);
}

const KMS_TO_READ = ['Decrypt', 'DescribeKey'];
const KMS_TO_CHANGE = [
  ...[...KMS_TO_READ, 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo'],
  ...['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'],
];

/** What a service then asks of the stack's key in the caller's name, as its own pages say. */
function askedOfKms({ action, resource }: Pick<Use, 'action' | 'resource'>): readonly string[] {
  switch (action) {
    // DynamoDB, "Managing encrypted tables": permissions of whoever uses a table under a key.
    case 'dynamodb:GetItem':
    case 'dynamodb:Query':
      return KMS_TO_READ;
    case 'dynamodb:PutItem':
    case 'dynamodb:UpdateItem':
    case 'dynamodb:DeleteItem':
      return KMS_TO_CHANGE;
    // SQS, "Key management": producers and consumers.
    case 'sqs:SendMessage':
      return SEALED_QUEUES.includes(resource) ? ['GenerateDataKey', 'Decrypt'] : [];
    case 'sqs:ReceiveMessage':
      return SEALED_QUEUES.includes(resource) ? ['Decrypt'] : [];
    // Secrets Manager, "Permissions for the KMS key".
    case 'secretsmanager:GetSecretValue':
      return ['Decrypt'];
    case 'secretsmanager:PutSecretValue':
      return ['GenerateDataKey', 'Decrypt'];
    default:
      return [];
  }
}

/** The actions on the tables' key that DynamoDB and Secrets Manager take on a function's behalf. */
const isOnBehalf = ({ conditions }: Grant) =>
  conditions.StringEquals?.['kms:ViaService'] !== undefined;

const grants = grantsOfTemplate();
let seen: Uses;

beforeAll(async () => {
  seen = await usesOfAll();
}, TIMEOUT_MS);

/** As the simulation names its resources. */
const named = (all: readonly Grant[]): readonly Grant[] =>
  all.map((grant) => ({ ...grant, resources: grant.resources.map(resourceName) }));

/** `functionsApiLog16599601.Arn`, as the template has it → `log of api`. */
function plainName(resource: string): string {
  const [, name] = /^functions([A-Za-z]+)Log[0-9A-F]{8}/.exec(resource) ?? [];
  if (name === undefined) return resource;
  return `log of ${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

const plain = (resource: string) => resource.replace(/^table\//, '').replace('/index/', '/');

describe('what the functions may do', () => {
  it('is seen in runs that go as told', () => {
    expect(seen.failures).toEqual([]);
    expect(seen.commands).toBeGreaterThan(30_000);
    expect([...new Set(seen.uses.map(({ from }) => from))].sort()).toEqual(
      [...grants.keys()].sort(),
    );
  });

  it('is all that they do: nothing is done that is not granted', () => {
    const refused = seen.uses.filter(({ from, action, resource, context }) => {
      const request = { action, resource: plain(resource), context };
      return grantsFor(named(grants.get(from) ?? []), request).length === 0;
    });
    expect(refused).toEqual([]);
  });

  it('is what they do: nothing is granted that is not done, by them or by AWS for them', () => {
    const unused = [...grants].flatMap(([from, all]) =>
      named(all)
        .filter((grant) => !isOnBehalf(grant))
        .flatMap((grant) => unusedOf(from, grant)),
    );
    expect(unused.toSorted()).toEqual([...grants.keys()].flatMap(doneByAws).toSorted());
    process.stdout.write(`${summary()}\n`);
  });

  it('is, of the key behind tables, queues and secrets, what these ask for', () => {
    const polled = Object.entries(POLLED).flatMap(([from, queues]) =>
      queues.map((resource) => ({ from, action: 'sqs:ReceiveMessage', resource })),
    );
    const asked = [...seen.uses, ...polled].flatMap((use) =>
      askedOfKms(use).map((action) => `${use.from} kms:${action} by ${use.action.split(':')[0]}`),
    );
    const granted = [...grants].flatMap(([from, all]) =>
      all.filter(isOnBehalf).flatMap(({ actions, resources, conditions }) => {
        expect(resources.map(resourceName)).toEqual(['key']);
        const [service] = conditions.StringEquals?.['kms:ViaService'] ?? [];
        return actions.map((action) => `${from} ${action} by ${service?.split('.')[0]}`);
      }),
    );
    expect([...new Set(granted)].sort()).toEqual([...new Set(asked)].sort());
  });
});

/** By action and resource: what of a statement no request was seen to need. */
function unusedOf(from: string, grant: Grant): readonly string[] {
  return grant.actions.flatMap((action) =>
    grant.resources
      .filter((resource) => {
        const one = [{ ...grant, actions: [action], resources: [resource] }];
        return !seen.uses.some(
          (use) =>
            use.from === from &&
            grantsFor(one, { ...use, resource: plain(use.resource) }).length > 0,
        );
      })
      .map((resource) => `${from} ${action} ${plainName(resource)}${rowsText(grant)}`),
  );
}

/** The rows that a statement is about, or whose secrets. */
function rowsText({ conditions }: Grant): string {
  const rows = conditions['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [];
  const kinds = conditions.StringEquals?.['kms:EncryptionContext:kind'] ?? [];
  const all = [...rows, ...kinds];
  return all.length === 0 ? '' : `: ${all.join(' ')}`;
}

function summary(): string {
  const pairs = [...grants].flatMap(([from, all]) =>
    named(all).flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${from} ${action} ${resource}`)),
    ),
  );
  return (
    `least privilege: ${grants.size} functions, ${new Set(pairs).size} granted actions on ` +
    `resources, ${seen.commands} requests of ${seen.uses.length} kinds: 0 refused, 0 unused but ` +
    `what AWS itself does in their name`
  );
}
