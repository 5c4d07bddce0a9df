import { expect, it } from 'vitest';
import { telling } from './telling.ts';

const time = (n: number) => `0d 00:00:${String(n % 60).padStart(2, '0')}.000`;
const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `${time(n)} p${from + n} works`);

it('tells what was done many times in a row once, and how often', () => {
  const told = telling([`${time(1)} a asks`, `${time(2)} a asks`, `${time(3)} b asks`]);
  expect(told).toEqual([`${time(2)} a asks ×2`, `${time(3)} b asks`]);
});

it('tells what happened around the first faults, and the end', () => {
  const fault = `${time(0)} fault kill-before at p#1 (0.500)`;
  const told = telling([...lines(200), fault, ...lines(500, 200)]);
  expect(told[0]).toBe('…');
  expect(told.slice(1, 7)).toEqual([...lines(200).slice(-5), fault]);
  expect(told.slice(7, 18)).toEqual(lines(500, 200).slice(0, 11));
  expect(told[18]).toBe('…');
  expect(told.slice(19)).toEqual(lines(500, 200).slice(-60));
});

it('leaves the audit out, and what it says', () => {
  const asked = [`${time(5)} auditor call api`, `${time(6)} api/3 dynamodb.GetItem`];
  const failure = `${time(7)} failure something is lost`;
  expect(telling([...lines(10), ...asked, failure])).toEqual([...lines(10), failure]);
});

it('tells a short trace whole', () => {
  expect(telling(lines(10))).toEqual(lines(10));
});
