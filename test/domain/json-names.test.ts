import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatedName } from '../../lib/domain/json-names.ts';

describe('a name that an object has twice', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"b":{"c":1,"d":2,"c":3}}', 'b.c'],
    ['[{"a":1},{"a":1,"b":[0,{"x":1,"x":1}]}]', '1.b.1.x'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"\\"":1,"\\"":2}', '"'],
    ['{"\\\\":1,"x":"\\\\","\\\\":2}', '\\'],
    ['{"":1,"":2}', ''],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    [' { "a" : 1 , "a" : 2 } ', 'a'],
    ['{"a":{},"b":[],"a":1}', 'a'],
  ])('is found in %s, at %j', (text, path) => {
    expect(repeatedName(text)?.join('.')).toBe(path);
  });

  it.each([
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a"}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '["a","a"]',
    '{"a":["b","b"],"b":1}',
    '"a"',
    '12',
    '{}',
    '{"A":1,"a":2}',
  ])('is not seen in %s', (text) => {
    expect(repeatedName(text)).toBeUndefined();
  });

  it('is not looked for below a field that is opaque, and is beside it', () => {
    expect(repeatedName('{"data":{"a":1,"a":[{"b":1,"b":2}]},"x":1}', 'data')).toBeUndefined();
    expect(repeatedName('{"data":[{"a":1,"a":2}]}', 'data')).toBeUndefined();
    expect(repeatedName('[{"data":{"a":1,"a":2}},{"type":1,"type":2}]', 'data')).toEqual([
      '1',
      'type',
    ]);
    expect(repeatedName('{"data":{"a":1},"data":{}}', 'data')).toEqual(['data']);
    expect(repeatedName('{"data":{"a":1,"a":2}}', 'body')).toEqual(['data', 'a']);
  });

  it('is never seen in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(repeatedName(JSON.stringify(value, null, 1))).toBeUndefined();
      }),
    );
  });

  it('is always found where an object is given one of its names again', () => {
    const names = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(names, fc.nat(), fc.jsonValue(), (all, at, value) => {
        const again = all[at % all.length] ?? '';
        const fields = [...all, again].map(
          (name) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
        );
        expect(repeatedName(`{"x":[{${fields.join()}}]}`)).toEqual(['x', '0', again]);
      }),
    );
  });

  it('is found in time that grows with the text alone', () => {
    const backslashes = `{"a":"${'\\\\'.repeat(500_000)}","a":1}`;
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const startedMs = performance.now();
    expect(repeatedName(backslashes)).toEqual(['a']);
    expect(repeatedName(deep)).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});
