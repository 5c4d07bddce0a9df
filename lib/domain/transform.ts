import { evaluate } from './jmespath/evaluate.ts';
import { newMeter } from './jmespath/meter.ts';
import { parseExpression } from './jmespath/parser.ts';
import { EvaluationProblem, SyntaxProblem } from './jmespath/syntax.ts';
import { jsonText } from './jmespath/values.ts';

/** Shapes what is delivered: an expression over `{id, type, timestamp, data}`. */
export interface Transform {
  readonly language: 'jmespath';
  readonly expression: string;
}

export const EXPRESSION_BYTES_MAX = 4_096;
export const RESULT_BYTES_MAX = 262_144;

/** What is wrong with an expression, with the position of the mistake; undefined: nothing. */
export function expressionProblem(expression: string): string | undefined {
  const bytes = Buffer.byteLength(expression);
  if (bytes > EXPRESSION_BYTES_MAX) {
    return `takes ${bytes} bytes; allowed are ${EXPRESSION_BYTES_MAX}`;
  }
  try {
    parseExpression(expression);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return `is not JMESPath at character ${error.position}: ${error.message}`;
  }
}

export type Transformed =
  | { readonly kind: 'made'; readonly value: unknown; readonly json: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** The same result for the same document, always. Null is a failure: there is nothing to send. */
export function transformed({ expression }: Transform, document: unknown): Transformed {
  try {
    const meter = newMeter();
    const value = evaluate(parseExpression(expression), document, meter);
    if (value === null) return { kind: 'failed', reason: 'its result is null' };
    const json = jsonText(value, meter);
    const bytes = Buffer.byteLength(typeof value === 'string' ? value : json);
    return bytes > RESULT_BYTES_MAX
      ? { kind: 'failed', reason: `its result is larger than ${RESULT_BYTES_MAX} bytes` }
      : { kind: 'made', value, json };
  } catch (error) {
    if (error instanceof EvaluationProblem || error instanceof SyntaxProblem) {
      return { kind: 'failed', reason: error.message };
    }
    throw error;
  }
}
