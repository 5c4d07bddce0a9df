import { describe, expect, it } from 'vitest';
import { awsRequest, grantsFor } from '../../lib/local/permissions.ts';
import { grantsOfTemplate, resourceName } from './grants.ts';
import { Synthesized } from './synthesized.ts';

const grants = grantsOfTemplate();
const stack = new Synthesized();

/** What a function is granted, by the plain names of the resources. */
function grantsNamed(from: string) {
  return (grants.get(from) ?? []).map((grant) => ({
    ...grant,
    resources: grant.resources.map(resourceName),
  }));
}

/** Whether a function may do this with a row of that partition. */
function may(from: string, action: string, table: string, partition: string): boolean {
  const named = grantsNamed(from);
  const context = { 'dynamodb:LeadingKeys': [partition] };
  return grantsFor(named, { action: `dynamodb:${action}`, resource: table, context }).length > 0;
}

const whoMay = (action: string, table: string, partition: string): string =>
  [...grants.keys()].filter((from) => may(from, action, table, partition)).join(' ');

describe('the rows of a table', () => {
  it.each([
    ['GetItem', 'registry', 'KEY#0123456789', 'authorize api firstKey'],
    ['PutItem', 'registry', 'KEY#0123456789', 'api firstKey'],
    ['UpdateItem', 'registry', 'KEY#0123456789', 'authorize api'],
    ['DeleteItem', 'registry', 'KEY#0123456789', 'api'],
    ['GetItem', 'registry', 'T#default', 'api call publish receive deliver tick work'],
    ['PutItem', 'registry', 'T#default', 'api deliver'],
    ['DeleteItem', 'registry', 'T#default', 'api'],
    ['PutItem', 'registry', 'NAME#integration#default#crm', 'api'],
    ['UpdateItem', 'registry', 'REF#int_1', 'api'],
    ['UpdateItem', 'state', 'AUTH#LOCK#192.0.2.0', 'authorize'],
    ['PutItem', 'state', 'AUTH#LOCK#192.0.2.0', 'authorize'],
    ['PutItem', 'state', 'ANSWER#int_1#x', 'call'],
    ['PutItem', 'state', 'CLAIM#x', 'api call publish receive'],
    ['DeleteItem', 'state', 'CLAIM#x', ''],
    ['DeleteItem', 'state', 'LINE#x', 'deliver'],
    ['PutItem', 'state', 'CHECKPOINT#default', 'tick'],
    ['UpdateItem', 'state', 'CHECKPOINT#default', ''],
    ['DeleteItem', 'state', 'CHECKPOINT#default', ''],
    ['PutItem', 'state', 'SWEEPS', 'api call deliver tick work'],
    ['DeleteItem', 'state', 'SWEEPS', 'tick'],
    ['PutItem', 'state', 'JOBS', 'api work'],
    ['DeleteItem', 'state', 'JOBS', ''],
    ['PutItem', 'state', 'JOB-MARKS', 'api'],
    ['UpdateItem', 'state', 'L#int_1', 'call deliver work'],
    ['PutItem', 'state', 'L#int_1', ''],
    ['DeleteItem', 'state', 'DRAIN#int_1', 'tick work'],
    ['UpdateItem', 'state', 'DRAIN#int_1', ''],
    ['PutItem', 'audit', 'AUDIT#default', 'authorize api deliver tick firstKey'],
    ['PutItem', 'state', 'AUDIT-INTENTS#7', 'api deliver firstKey'],
    ['Query', 'state', 'AUDIT-INTENTS', 'tick'],
    ['PutItem', 'audit', 'AUDIT-DIGESTS', 'tick'],
    ['PutItem', 'state', 'AUDIT-SIGNED', 'tick'],
    ['UpdateItem', 'state', 'B#int_1~0', 'api call deliver tick'],
    ['DeleteItem', 'state', 'B#int_1~0', ''],
    ['DeleteItem', 'history', 'default#evt_1', ''],
    ['UpdateItem', 'history', 'default#evt_1', ''],
  ])('%s of %s, %s: %s', (action, table, partition, names) => {
    expect(whoMay(action, table, partition)).toBe(names);
  });
});

describe('the row of a key', () => {
  const key = { pk: { S: 'KEY#0123456789' }, sk: { S: 'KEY' } };
  const update = (UpdateExpression: string, more: object = {}) =>
    awsRequest('DynamoDBClient', 'UpdateItemCommand', {
      ...{ TableName: 'registry', Key: key, UpdateExpression, ...more },
    });
  const isAllowed = (from: string, request: ReturnType<typeof update>) =>
    grantsFor(grantsNamed(from), { ...request, resource: 'registry' }).length > 0;

  it('is told by authorize when the key was used', () => {
    const ConditionExpression = 'attribute_exists(pk) AND (attribute_not_exists(lu) OR lu < :lu)';
    expect(isAllowed('authorize', update('SET lu = :lu', { ConditionExpression }))).toBe(true);
    expect(isAllowed('authorize', update('SET lu = :lu', { ReturnValues: 'NONE' }))).toBe(true);
  });

  it.each([
    ['what it may do', 'SET lu = :lu, doc = :doc', {}],
    ['that under another name', 'SET #d = :doc', { ExpressionAttributeNames: { '#d': 'doc' } }],
    ['that by way of a function', 'SET lu = if_not_exists(doc, :doc), doc = lu', {}],
    ['where it is listed', 'SET lu = :lu REMOVE kindPk', {}],
    ['what it was', 'SET lu = :lu', { ReturnValues: 'ALL_OLD' }],
    ['what it is', 'SET lu = :lu', { ConditionExpression: 'begins_with(#d, :a) AND doc > :b' }],
  ])('is neither changed by authorize nor shown to it: %s', (_, expression, more) => {
    expect(isAllowed('authorize', update(expression, more))).toBe(false);
    expect(isAllowed('api', update(expression, more))).toBe(true);
  });
});

describe('the functions', () => {
  it('are in no VPC', () => {
    const functions = stack.all('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(9);
    expect(functions.filter(({ properties }) => 'VpcConfig' in properties)).toEqual([]);
  });
});
