import { describe, expect, it } from 'vitest';
import { grantsFor } from '../../lib/local/permissions.ts';
import { grantsOfTemplate, resourceName } from './grants.ts';
import { Synthesized } from './synthesized.ts';

const grants = grantsOfTemplate();
const stack = new Synthesized();

/** Whether a function may do this with a row of that partition. */
function may(from: string, action: string, table: string, partition: string): boolean {
  const named = (grants.get(from) ?? []).map((grant) => ({
    ...grant,
    resources: grant.resources.map(resourceName),
  }));
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
    ['UpdateItem', 'state', 'AUTH#LOCK#192.0.2.0', 'authorize'],
    ['PutItem', 'state', 'AUTH#LOCK#192.0.2.0', 'authorize'],
    ['PutItem', 'state', 'ANSWER#int_1#x', 'call'],
    ['PutItem', 'state', 'CLAIM#x', 'api call publish receive'],
    ['DeleteItem', 'state', 'CLAIM#x', ''],
    ['DeleteItem', 'state', 'LINE#x', 'deliver'],
    ['PutItem', 'state', 'CHECKPOINT#default', 'tick'],
    ['UpdateItem', 'state', 'B#int_1~0', 'api call deliver tick work'],
    ['DeleteItem', 'state', 'B#int_1~0', ''],
    ['DeleteItem', 'history', 'default#evt_1', ''],
    ['UpdateItem', 'history', 'default#evt_1', ''],
  ])('%s of %s, %s: %s', (action, table, partition, names) => {
    expect(whoMay(action, table, partition)).toBe(names);
  });
});

describe('the functions', () => {
  it('are in no VPC', () => {
    const functions = stack.all('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(9);
    expect(functions.filter(({ properties }) => 'VpcConfig' in properties)).toEqual([]);
  });
});
