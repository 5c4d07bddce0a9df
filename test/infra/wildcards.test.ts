import { describe, expect, it } from 'vitest';
import { listOf, type Properties, Synthesized } from './synthesized.ts';

const stack = new Synthesized();

/**
 * Every `*` in a statement of the template, wherever that stands: in a policy of a role, of a key,
 * of a queue, of a topic. Each with what of AWS leaves no other way.
 */
const ALLOWED: readonly (readonly [found: RegExp, why: string])[] = [
  [
    /^FunctionsTracing: Allow xray:PutTelemetryRecords xray:PutTraceSegments, Resource "\*"$/,
    'X-Ray: neither action knows of resources',
  ],
  [/^(Key|DigestsKey): Allow [A-Za-z: ]+, Resource "\*"$/, 'KMS: in its policy, the key itself'],
  [
    /^(Queues|DeadLetters)[A-Za-z]+Policy: Deny sqs:\*, (Action|Principal) /,
    'SQS: what does not come over TLS is refused, whatever it is and whoever sends it',
  ],
  [/^AlarmsTopicPolicy: Deny sns:Publish, Principal "\*"$/, 'SNS: the same'],
];

interface Statement {
  /** The resource that it belongs to, without its hash. */
  readonly of: string;
  readonly statement: Properties;
}

/** Statements are known by what they have, not by where they stand. */
function statementsIn(of: string, node: unknown): readonly Statement[] {
  if (Array.isArray(node)) return node.flatMap((one) => statementsIn(of, one));
  if (typeof node !== 'object' || node === null) return [];
  const own = 'Effect' in node ? [{ of, statement: node as Properties }] : [];
  return [...own, ...Object.values(node).flatMap((one) => statementsIn(of, one))];
}

const statements = stack.resources.flatMap(({ id, properties }) =>
  statementsIn(id.replace(/[0-9A-F]{8}$/, ''), properties),
);

const PARTS = ['Action', 'Resource', 'Principal'];

function wildIn({ of, statement }: Statement): readonly string[] {
  const actions = listOf<string>(statement.Action).join(' ');
  return PARTS.flatMap((part) =>
    listOf(statement[part] ?? []).flatMap((one) => {
      const text = JSON.stringify(one);
      return text.includes('*') ? [`${of}: ${statement.Effect} ${actions}, ${part} ${text}`] : [];
    }),
  );
}

describe('a wildcard', () => {
  it('stands nowhere but where AWS leaves no other way', () => {
    expect(statements.length).toBeGreaterThan(50);
    const found = statements.flatMap(wildIn);
    expect(found.filter((one) => !ALLOWED.some(([allowed]) => allowed.test(one)))).toEqual([]);
    const idle = ALLOWED.filter(([allowed]) => !found.some((one) => allowed.test(one)));
    expect(idle).toEqual([]);
  });

  it('stands behind no exception: no statement says who or what is left out', () => {
    const excepting = ['NotAction', 'NotResource', 'NotPrincipal'];
    const found = statements.filter(({ statement }) => excepting.some((name) => name in statement));
    expect(found).toEqual([]);
  });

  it('lets nobody call a function who is not named', () => {
    for (const { properties } of stack.all('AWS::Lambda::Permission')) {
      expect(properties.Principal).toMatch(/^[a-z]+\.amazonaws\.com$/);
      expect(properties.SourceArn).toBeDefined();
    }
  });
});
