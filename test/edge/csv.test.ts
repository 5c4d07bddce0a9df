import { expect, it } from 'vitest';
import { csvReply } from '../../lib/edge/csv.ts';

it.each(['=1+1', '+1', '-1', '@x', '\t=1'])('makes no formula of %j', (value) => {
  const { text } = csvReply([{ a: value }], ['a'], {});
  expect(text?.split('\r\n')[1]).toMatch(/^"?'/);
});

it('quotes what would break a row, and leaves null empty', () => {
  const { text } = csvReply([{ a: 'x,"y"\n', b: null, c: 7 }], ['a', 'b', 'c'], {});
  expect(text).toBe('a,b,c\r\n"x,""y""\n",,7\r\n');
});
