import { type ParsedCondition, parseCondition } from './condition-syntax.ts';
import {
  type ParsedProjection,
  type ParsedUpdate,
  parseProjection,
  parseUpdate,
} from './update-syntax.ts';

/** Texts that are kept parsed; the product has about a hundred. */
const KEPT_MAX = 5_000;

function cached<T>(parse: (text: string) => T): (text: string) => T {
  const kept = new Map<string, T>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const parsed = parse(text);
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(text, parsed);
    return parsed;
  };
}

/** Each text is parsed once in the life of the process: nothing of a request is in it. */
export const updateExpression: (text: string) => ParsedUpdate = cached(parseUpdate);
export const projectionExpression: (text: string) => ParsedProjection = cached(parseProjection);
export const conditionExpression = cachedCondition('ConditionExpression');
export const filterExpression = cachedCondition('FilterExpression');
export const keyConditionExpression = cachedCondition('KeyConditionExpression');

function cachedCondition(kind: string): (text: string) => ParsedCondition {
  return cached((text) => parseCondition(kind, text));
}
