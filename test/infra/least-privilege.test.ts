import { beforeAll, describe, expect, it } from 'vitest';
import { type Grant, grantsFor } from '../../lib/local/permissions.ts';
import { type Uses, usesOfAll } from '../simulation/privilege/uses.ts';
import { grantsOfTemplate, resourceName } from './grants.ts';

const TIMEOUT_MS = 600_000;

/** Granted, and used by somebody else than the function's own code. */
const USED_BY_AWS: readonly (readonly [used: RegExp, by: string])[] = [
  [/ logs:/, 'Lambda writes the lines of the function'],
  [/ xray:/, 'Lambda sends the segments of the function'],
  [/ sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes) /, 'the poller, which has no role'],
  [/^tick sqs:SendMessage dead letters: background$/, 'Lambda, when the tick has failed'],
];

/** Granted for what no run comes to in its few seconds; the code that needs it. */
const SELDOM: Readonly<Record<string, string>> = {
  'api dynamodb:DeleteItem state: DRAIN#*': 'keep-draining.ts: a drain that died, nothing held',
  'api dynamodb:GetItem state: CLAIM#*': 'idempotency.ts: who has the key that is taken',
  'api dynamodb:PutItem state: LINE#*': 'line-places.ts: a delivery in line that is sent again',
  'authorize dynamodb:UpdateItem state: AUTH#*':
    'key-rates.ts: a bucket that was taken from before',
  'call dynamodb:Query history': 'payload.ts: the parts of a queued call that is asked for again',
  'call dynamodb:Query history/due': 'probe-waiting.ts: after a good probe with something held',
  'call sqs:SendMessage drain': 'the same, when something is',
  'call sqs:SendMessage slow': 'lanes.ts: a queued call to a service that is slow',
  'tick dynamodb:PutItem state: AUDIT-HEADS': 'the head after a change whose request died',
  'work dynamodb:Query history': 'payload.ts: the parts of an event that is looked at again',
};

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

  it('is what they do: nothing is granted that is not done', () => {
    const unused = [...grants].flatMap(([from, all]) =>
      named(all)
        .filter((grant) => !isOnBehalf(grant))
        .flatMap((grant) => unusedOf(from, grant)),
    );
    const unexplained = unused.filter(
      (one) => SELDOM[one] === undefined && !USED_BY_AWS.some(([used]) => used.test(one)),
    );
    expect(unexplained).toEqual([]);
    process.stdout.write(`${summary()}\n`);
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
      .map((resource) => `${from} ${action} ${resource}${rowsText(grant)}`),
  );
}

function rowsText({ conditions }: Grant): string {
  const rows = conditions['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [];
  return rows.length === 0 ? '' : `: ${rows.join(' ')}`;
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
    `what Lambda and its pollers use and ${Object.keys(SELDOM).length} that are named`
  );
}
