import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../lib/domain/event-pattern.ts';
import { parsePattern } from '../../lib/domain/event-pattern-parse.ts';
import { README_EVENT, RFC_EVENT, SONGS, STAFF, TASKS } from './event-pattern-events.ts';

/**
 * What AWS's own event-ruler (github.com/aws/event-ruler, Apache-2.0) says of a rule and an
 * event, as facts: README.md; RulerTest, MachineTest, ACMachineTest and JsonRuleCompilerTest in
 * src/test/software/amazon/event/ruler; src/test/resources/correctness-cases.json. The names of
 * the events' fields are theirs, so the rules stand below `data`.
 */
function matches(rule: unknown, event: unknown): boolean {
  const parsed = parsePattern({ data: rule });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return matchesPattern(parsed.pattern, { data: event }, { steps: 0, stepsMax: 1e9 });
}

describe('README.md and RulerTest', () => {
  it.each<[object, boolean]>([
    [
      {
        'detail-type': ['EC2 Instance State-change Notification'],
        detail: { state: ['initializing', 'running'] },
      },
      true,
    ],
    [{ resources: ['arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000'] }, true],
    [{ time: [{ prefix: '2017-10-02' }] }, true],
    [{ source: [{ suffix: 'ec2' }] }, true],
    [{ source: [{ 'equals-ignore-case': 'AWS.EC2' }] }, true],
    [{ source: [{ wildcard: 'a*.ec2' }] }, true],
    [{ detail: { state: [{ 'anything-but': 'initializing' }] } }, true],
    [{ detail: { 'x-limit': [{ 'anything-but': 123 }] } }, true],
    [{ detail: { state: [{ 'anything-but': ['stopped', 'overloaded'] }] } }, true],
    [{ detail: { 'x-limit': [{ 'anything-but': [100, 200, 300] }] } }, true],
    [{ detail: { state: [{ 'anything-but': { prefix: 'init' } }] } }, true],
    [{ detail: { 'instance-id': [{ 'anything-but': { suffix: '1234' } }] } }, true],
    [
      {
        detail: {
          'c-count': [{ numeric: ['>', 0, '<=', 5] }],
          'd-count': [{ numeric: ['<', 10] }],
          'x-limit': [{ numeric: ['=', 3.018e2] }],
        },
      },
      true,
    ],
    [{ detail: { 'source-ip': [{ cidr: '10.0.0.0/24' }] } }, true],
    [{ detail: { 'source-ip': [{ cidr: '10.0.0.0/8' }] } }, true],
    [{ detail: { 'c-count': [{ exists: true }] } }, true],
    [{ detail: { 'c-count': [{ exists: false }] } }, false],
    [{ detail: [{ exists: false }] }, true],
    [{ $or: [{ source: ['aws.s3'] }, { detail: { state: ['running'] } }] }, true],
    [{ source: ['aws.ec2'], $or: [{ a: [1] }, { b: [1], detail: { state: ['running'] } }] }, false],
    [{ $or: [{ a: [1] }, { source: ['aws.ec2'], $or: [{ b: [1] }, { version: ['0'] }] }] }, true],
  ])('the README event, %j: %s', (rule, expected) => {
    expect(matches(rule, README_EVENT)).toBe(expected);
  });

  it.each<[object, boolean]>([
    [{ Image: { Width: [800], Thumbnail: { Height: [125, 300] } } }, true],
    [{ Image: { Thumbnail: { Url: [{ prefix: 'http' }] } } }, true],
    [
      {
        Image: {
          Width: [{ numeric: ['<', 1000] }],
          Height: [{ numeric: ['<=', 600] }],
          Title: [{ 'anything-but': 'View from 15th Flood' }],
          Thumbnail: {
            Height: [{ numeric: ['>', 124, '<', 126] }],
            Width: [{ numeric: ['>=', 99.999, '<=', 100] }],
          },
          Animated: [false],
        },
      },
      true,
    ],
    [{ Image: { Width: [{ numeric: ['<', 800] }] } }, false],
    [{ Image: { Height: [{ numeric: ['<', 599] }] } }, false],
    [{ Image: { Title: [{ 'anything-but': 'View from 15th Floor' }] } }, false],
    [{ Image: { Thumbnail: { Url: [{ prefix: 'https' }] } } }, false],
    [{ Image: { Thumbnail: { Height: [{ numeric: ['>', 124, '<', 125] }] } } }, false],
    [{ Image: { Thumbnail: { Width: [{ numeric: ['>=', 100.00001, '<=', 1001] }] } } }, false],
    [{ Image: { Animated: [true] } }, false],
    [{ Image: { IDs: [943] } }, true],
  ])('the RFC event, %j: %s', (rule, expected) => {
    expect(matches(rule, RFC_EVENT)).toBe(expected);
  });

  it.each<[object, boolean]>([
    [{ employees: { firstName: ['Anna'] } }, true],
    [{ employees: { firstName: ['John'], ids: [1000] } }, true],
    [{ employees: { firstName: ['Anna'], ids: [{ exists: false }] } }, true],
    [{ employees: { firstName: ['Alice'] } }, false],
    [{ employees: { firstName: ['Anna'], lastName: ['Jones'] } }, false],
    [{ a: ['b'] }, false],
    [{ employees: ['b'] }, false],
    [{ employees: { firstName: ['Anna'], ids: [1000] } }, false],
    [{ employees: { firstName: ['Anna'], ids: [{ exists: true }] } }, false],
    [{ employees: { ids: [{ exists: false }] } }, false],
  ])('lists within lists, %j: %s', (rule, expected) => {
    expect(matches(rule, STAFF)).toBe(expected);
  });

  const anythingBut = {
    a: [{ 'anything-but': ['dad0', 'dad1', 'dad2'] }],
    b: [{ 'anything-but': [111, 222, 333] }],
    d: [{ 'anything-but': 444 }],
    w: [{ 'anything-but': { prefix: 'zax' } }],
    n: [{ 'anything-but': { suffix: 'ing' } }],
    p: [{ 'anything-but': { 'equals-ignore-case': ['CamelCase', 'AbC'] } }],
  };
  const passing = { a: 'child1', b: '444', d: 123, w: 'xaz', n: 'nomatch', p: 'nomatch' };
  it.each<[object, boolean]>([
    [{}, true],
    [{ a: 'dad1' }, false],
    [{ b: 333 }, false],
    [{ b: 333.0 }, false],
    [{ d: 444 }, false],
    [{ w: 'zaxonie' }, false],
    [{ n: 'matching' }, false],
    [{ p: 'abc' }, false],
    [{ a: null }, true],
    [{ w: 5 }, true],
    [{ a: undefined }, false],
  ])('anything-but with %j: %s', (change, expected) => {
    expect(matches(anythingBut, { ...passing, ...change })).toBe(expected);
  });
});

describe('MachineTest and ACMachineTest', () => {
  it.each<[string, string, boolean]>([
    ['*bc', 'bc', true],
    ['*bc', 'abcbc', true],
    ['d*f', 'dexef', true],
    ['d*f', 'deeeefx', false],
    ['d*ff', 'dexeff', true],
    ['d*ff', 'dff', true],
    ['d*ff', 'df', false],
    ['xy*', 'xy', true],
    ['xy*', 'abcxyz', false],
    ['12*4*', '12345', true],
    ['12*4*', '1235', false],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a\\*c', 'a*c', true],
    ['a\\*c', 'abc', false],
    ['a\\\\*', 'a\\b', true],
  ])('the wildcard %s of %s: %s', (wildcard, text, expected) => {
    expect(matches({ a: [{ wildcard }] }, { a: text })).toBe(expected);
    expect(matches({ a: [{ 'anything-but': { wildcard } }] }, { a: text })).toBe(!expected);
  });

  it.each<[object, boolean]>([
    [
      {
        Year: [1966],
        Songs: { Name: ['Paperback Writer'], Writers: { First: ['Paul'], Last: ['McCartney'] } },
      },
      true,
    ],
    [{ Genres: { Pop: [true] }, Songs: { Name: ['Paint It Black'] } }, true],
    [{ Songs: { Name: ['Paperback Writer'], Writers: { First: ['Mick'] } } }, false],
    [{ Songs: { Writers: { First: ['Mick'], Last: ['McCartney'] } } }, false],
  ])('the songs, %j: %s', (rule, expected) => {
    expect(matches(rule, SONGS)).toBe(expected);
  });

  it('a field that must not exist is looked for where the others were found', () => {
    const rule = (name: string) => ({
      tasks: {
        state: ['ACTIVE'],
        provider: { id: ['X'] },
        resources: { context: { faces: { [name]: [{ exists: false }] } } },
      },
    });
    const [first, second] = TASKS;
    expect(matches(rule('name'), first)).toBe(true);
    expect(matches(rule('abc'), first)).toBe(true);
    expect(matches(rule('name'), second)).toBe(false);
    expect(matches(rule('abc'), second)).toBe(true);
  });

  it.each<[string, string, boolean]>([
    ['220.160.153.171/31', '220.160.153.170', true],
    ['220.160.153.171/31', '220.160.153.171', true],
    ['220.160.153.171/31', '220.160.153.172', false],
    ['220.160.154.255/24', '220.160.154.0', true],
    ['220.160.154.255/24', '220.160.155.0', false],
    ['2001:db8::/32', '2001:db8:1::5', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['10.0.0.0/24', '10.0.0.33x', false],
  ])('the block %s has %s: %s', (cidr, address, expected) => {
    expect(matches({ a: [{ cidr }] }, { a: address })).toBe(expected);
  });
});

describe('JsonRuleCompilerTest', () => {
  it('an account number beyond five billion is compared like any other', () => {
    expect(matches({ account: [123456789012] }, { account: 123456789012 })).toBe(true);
  });
});

describe('correctness-cases.json', () => {
  const both = { d: { a: [{ exists: true }], b: [{ exists: true }] } };
  it.each<[string, object, object, boolean]>([
    ['same element', both, { d: [{ a: 1, b: 2 }] }, true],
    ['split', both, { d: [{ a: 1 }, { b: 2 }] }, false],
    ['last valid', both, { d: [{ a: 1 }, { b: 2 }, { a: 3, b: 4 }] }, true],
    ['one missing', both, { d: { a: 1 } }, false],
    [
      'inner split',
      { u: { t: { k: ['color'], v: ['blue'] } } },
      { u: [{ t: [{ k: 'color' }, { v: 'blue' }] }] },
      false,
    ],
    [
      'outer split',
      { d: { name: [{ exists: true }], info: { x: ['1'] } } },
      { d: [{ name: 'alice' }, { info: { x: '1' } }] },
      false,
    ],
    [
      'outer same',
      { d: { name: [{ exists: true }], info: { x: ['1'] } } },
      { d: [{ name: 'alice', info: { x: '1' } }] },
      true,
    ],
    [
      'exists-false absent',
      { d: { a: [{ exists: true }], b: [{ exists: false }] } },
      { d: [{ a: 1 }] },
      true,
    ],
    [
      'exists-false present',
      { d: { a: [{ exists: true }], b: [{ exists: false }] } },
      { d: [{ a: 1, b: 2 }] },
      false,
    ],
    ['empty array', { d: { a: [{ exists: true }] } }, { d: [] }, false],
    ['empty list of values', { d: { name: [{ exists: true }] } }, { d: { name: [] } }, false],
    [
      'anything-but, another element',
      { u: { s: [{ 'anything-but': 'banned' }], n: [{ exists: true }] } },
      {
        u: [
          { n: 'a', s: 'banned' },
          { n: 'b', s: 'active' },
        ],
      },
      true,
    ],
    [
      'anything-but in a list of values',
      { tags: [{ 'anything-but': 'banned' }] },
      { tags: ['banned', 'ok'] },
      true,
    ],
    [
      'two lists',
      { tags: ['a'], cats: ['y'], v: ['1'] },
      { tags: ['a', 'b'], cats: ['x', 'y'], v: '1' },
      true,
    ],
  ])('%s', (_name, rule, event, expected) => {
    expect(matches(rule, event)).toBe(expected);
  });
});
