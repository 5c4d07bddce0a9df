import { expect } from 'vitest';
import type { Answer, Json } from './client.ts';

/** Everything that the contract promises of an error; returns the paths it names. */
export function expectProblem(answer: Answer, status: number, code: string): readonly string[] {
  const { headers, json, text } = answer;
  expect([answer.status, json?.code, text]).toEqual([status, code, expect.any(String)]);
  expect(headers.get('content-type')).toBe('application/problem+json');
  const known = 'code detail errors requestId status title type'.split(' ');
  expect(known).toEqual(expect.arrayContaining(Object.keys(json)));
  expect(json).toMatchObject({ type: `urn:breakwater:problem:${code}`, status });
  expect(json.detail).toEqual(expect.stringMatching(/.+/));
  expect(json.requestId).toBe(headers.get('x-request-id'));
  expect(text).not.toMatch(/node_modules|\.ts:|\.js:|at \w+ \(|dynamo|arn:aws/i);
  if (status === 422) expect(json.errors.length).toBeGreaterThan(0);
  return (json.errors ?? []).map(({ path }: Json) => path);
}
