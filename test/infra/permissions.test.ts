import { describe, expect, it } from 'vitest';
import { listOf, type Properties, Synthesized } from './synthesized.ts';

const stack = new Synthesized();
const POLICIES = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) => stack.all(type));
const STATEMENTS: readonly Properties[] = POLICIES.flatMap(
  ({ properties }) => properties.PolicyDocument.Statement,
);

/** What each function may do, resource by resource; `index` stands for a query of that index. */
const MAY: Record<string, Record<string, string>> = {
  Authorize: {
    Registry: 'GetItem UpdateItem',
    State: 'GetItem PutItem UpdateItem',
    Audit: 'PutItem Query',
    Pepper: 'GetSecretValue',
  },
  Api: {
    Registry: 'DeleteItem GetItem PutItem Query UpdateItem',
    'Registry/kind': 'Query',
    History: 'GetItem PutItem Query',
    'History/timeline': 'Query',
    'History/status': 'Query',
    'History/due': 'Query',
    State: 'DeleteItem GetItem PutItem Query UpdateItem',
    'State/troubled': 'Query',
    Audit: 'PutItem Query',
    'Audit/time': 'Query',
    Delivery: 'GetQueueAttributes SendMessage',
    Slow: 'SendMessage',
    FanOut: 'SendMessage',
    Work: 'SendMessage',
    Pepper: 'GetSecretValue',
  },
  Call: {
    Registry: 'GetItem Query',
    History: 'GetItem PutItem Query',
    'History/due': 'Query',
    State: 'GetItem PutItem UpdateItem',
    'State/troubled': 'Query',
    Delivery: 'SendMessage',
    Slow: 'SendMessage',
    Drain: 'SendMessage',
    FanOut: 'SendMessage',
    Work: 'SendMessage',
    Pepper: 'GetSecretValue',
  },
  Publish: {
    Registry: 'GetItem Query',
    History: 'GetItem PutItem Query',
    State: 'GetItem PutItem Query UpdateItem',
    'State/troubled': 'Query',
    Delivery: 'SendMessage',
    Slow: 'SendMessage',
    FanOut: 'SendMessage',
  },
  Receive: {
    Registry: 'GetItem Query',
    History: 'GetItem PutItem Query',
    State: 'GetItem PutItem',
    'State/troubled': 'Query',
    Delivery: 'SendMessage',
    Slow: 'SendMessage',
    FanOut: 'SendMessage',
  },
  Deliver: {
    Registry: 'GetItem PutItem Query UpdateItem',
    History: 'GetItem PutItem Query',
    'History/due': 'Query',
    State: 'DeleteItem GetItem PutItem Query UpdateItem',
    'State/troubled': 'Query',
    Audit: 'PutItem Query',
    Delivery: 'DeleteMessage GetQueueAttributes ReceiveMessage SendMessage',
    Slow: 'DeleteMessage GetQueueAttributes ReceiveMessage SendMessage',
    Drain: 'DeleteMessage GetQueueAttributes ReceiveMessage SendMessage',
    FanOut: 'SendMessage',
    Work: 'SendMessage',
  },
  FanOut: {
    History: 'GetItem Query',
    'State/troubled': 'Query',
    Delivery: 'SendMessage',
    Slow: 'SendMessage',
    FanOut: 'DeleteMessage GetQueueAttributes ReceiveMessage',
  },
  Tick: {
    Registry: 'GetItem Query',
    History: 'GetItem PutItem Query',
    'History/timeline': 'Query',
    'History/status': 'Query',
    'History/due': 'Query',
    State: 'DeleteItem GetItem PutItem Query UpdateItem',
    'State/troubled': 'Query',
    Audit: 'PutItem Query',
    Delivery: 'SendMessage',
    Slow: 'SendMessage',
    Drain: 'SendMessage',
    FanOut: 'SendMessage',
    Work: 'SendMessage',
    Background: 'SendMessage',
  },
  Work: {
    Registry: 'GetItem',
    History: 'GetItem PutItem Query',
    'History/timeline': 'Query',
    'History/due': 'Query',
    State: 'DeleteItem GetItem PutItem UpdateItem',
    Drain: 'SendMessage',
    Work: 'DeleteMessage GetQueueAttributes ReceiveMessage SendMessage',
  },
  FirstKey: {
    Registry: 'GetItem PutItem',
    Audit: 'PutItem Query',
    State: 'DeleteItem GetItem PutItem',
    Pepper: 'GetSecretValue',
    AdminKey: 'GetSecretValue PutSecretValue',
  },
};

/** What a resource of that logical id goes by in `MAY`; an index adds its name. */
const RESOURCES: readonly (readonly [RegExp, string])[] = [
  [/StorageRegistry/, 'Registry'],
  [/StorageHistory/, 'History'],
  [/StorageState/, 'State'],
  [/StorageAudit/, 'Audit'],
  [/QueuesDelivery/, 'Delivery'],
  [/QueuesSlow/, 'Slow'],
  [/QueuesDrain/, 'Drain'],
  [/QueuesFanOut/, 'FanOut'],
  [/QueuesWork/, 'Work'],
  [/DeadLettersBackground/, 'Background'],
  [/SecretsPepper/, 'Pepper'],
  [/SecretsAdminKey/, 'AdminKey'],
];

function allowedTo(name: string): Record<string, string> {
  const allowed = new Map<string, Set<string>>();
  for (const statement of stack.statementsOf(name)) {
    for (const resource of listOf(statement.Resource)) {
      const text = JSON.stringify(resource);
      const name = RESOURCES.find(([pattern]) => pattern.test(text))?.[1];
      if (name === undefined) continue;
      const index = /\/index\/(\w+)/.exec(text)?.[1];
      const label = index === undefined ? name : `${name}/${index}`;
      const actions = allowed.get(label) ?? new Set<string>();
      for (const action of listOf<string>(statement.Action))
        actions.add(action.split(':')[1] ?? '');
      allowed.set(label, actions);
    }
  }
  return Object.fromEntries([...allowed].map(([label, set]) => [label, [...set].sort().join(' ')]));
}

describe('permissions', () => {
  it('name every action in full', () => {
    const actions = STATEMENTS.flatMap((statement) => listOf<string>(statement.Action));
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    expect(STATEMENTS.filter((statement) => statement.NotAction !== undefined)).toEqual([]);
  });

  it('name every resource in full, but for trace segments, which have none', () => {
    const wide = STATEMENTS.filter((statement) =>
      listOf(statement.Resource).some((resource) => JSON.stringify(resource).includes('*')),
    );
    expect(wide.flatMap((statement) => statement.Action).sort()).toEqual([
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  it('come from no policy that AWS manages', () => {
    const roles = stack.all('AWS::IAM::Role');
    expect(JSON.stringify(roles)).not.toContain(':policy/');
  });

  it('belong to one function each: no role is shared', () => {
    const functions = stack.all('AWS::Lambda::Function');
    const roles = functions.map(({ properties }) => properties.Role['Fn::GetAtt'][0]);
    expect(new Set(roles).size).toBe(functions.length);
    expect(stack.all('AWS::IAM::Role')).toHaveLength(functions.length);
  });

  it.each(Object.keys(MAY))('give %s what it does and nothing more', (name) => {
    expect(allowedTo(name)).toEqual(MAY[name]);
  });

  it('are listed here for every function there is', () => {
    const names = stack.all('AWS::Lambda::Function').map(({ id }) => id.slice(9, -8));
    expect(names.sort()).toEqual(Object.keys(MAY).sort());
  });

  it.each(['Authorize', 'FirstKey'])('show %s no row of the registry but API keys', (name) => {
    const registry = stack
      .statementsOf(name)
      .filter((statement) => JSON.stringify(statement.Resource).includes('StorageRegistry'));
    expect(registry.length).toBeGreaterThan(0);
    for (const { Condition } of registry) {
      expect(Condition['ForAllValues:StringLike']).toEqual({ 'dynamodb:LeadingKeys': ['KEY#*'] });
    }
  });

  it('show the authorizer no row of the state but what guards keys, and heads of audit chains', () => {
    const state = stack
      .statementsOf('Authorize')
      .filter((statement) => JSON.stringify(statement.Resource).includes('StorageState'));
    expect(state.map(({ Condition }) => Condition)).toEqual(
      ['AUTH#*', 'AUDIT-HEADS'].map((rows) => ({
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [rows] },
      })),
    );
  });

  it('let nobody change or remove an entry of the audit log', () => {
    const actions = STATEMENTS.filter((statement) =>
      listOf(statement.Resource).some((one) => JSON.stringify(one).includes('StorageAudit')),
    ).flatMap((statement) => listOf<string>(statement.Action));
    expect([...new Set(actions)].sort()).toEqual(['dynamodb:PutItem', 'dynamodb:Query']);
  });

  it('let a function use the key through a service, or for secrets of resources, alone', () => {
    const uses = STATEMENTS.filter((statement) =>
      listOf<string>(statement.Action).some((action) => action.startsWith('kms:')),
    ).filter(({ Resource }) => !JSON.stringify(Resource).includes('Digests'));
    expect(uses.length).toBeGreaterThan(0);
    for (const use of uses) {
      const { StringEquals } = use.Condition;
      const kinds = StringEquals['kms:EncryptionContext:kind'];
      expect(StringEquals['kms:ViaService'] ?? kinds).toBeDefined();
      if (kinds === undefined) continue;
      const keys = use.Condition['ForAllValues:StringEquals']['kms:EncryptionContextKeys'];
      expect(keys).toEqual(['tenant', 'kind', 'resource']);
    }
  });

  it.each([
    ['Api', 'kms:Decrypt kms:GenerateDataKey', 'integration source'],
    ['Call', 'kms:Decrypt', 'integration'],
    ['Deliver', 'kms:Decrypt', 'integration'],
    ['Tick', 'kms:Decrypt', 'integration'],
    ['Receive', 'kms:Decrypt', 'source'],
    ['Publish', '', ''],
    ['FanOut', '', ''],
    ['Work', '', ''],
    ['Authorize', '', ''],
    ['FirstKey', '', ''],
  ])('open sealed secrets to %s as far as it uses them', (name, actions, kinds) => {
    const ofSealed = stack
      .statementsOf(name)
      .filter(({ Condition }) => Condition?.StringEquals?.['kms:EncryptionContext:kind']);
    expect(ofSealed.flatMap(({ Action }) => listOf<string>(Action)).join(' ')).toBe(actions);
    const given = ofSealed.flatMap(({ Condition }) =>
      listOf<string>(Condition.StringEquals['kms:EncryptionContext:kind']),
    );
    expect(given.join(' ')).toBe(kinds);
  });
});
