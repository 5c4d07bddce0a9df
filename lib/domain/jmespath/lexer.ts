import { parseExactJson } from '../exact-json.ts';
import { SyntaxProblem } from './syntax.ts';

/** A punctuation mark is its own kind. */
export type TokenKind = Mark | 'name' | 'quoted' | 'number' | 'literal' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Of a name its text, of a number or a literal its value. */
  readonly value: unknown;
  /** Where it begins, from 0. */
  readonly at: number;
}

/** The longer ones first: `[]` is not `[`. */
const MARKS = [
  ...['[?', '[]', '||', '&&', '==', '!=', '<=', '>='],
  ...['.', '*', '[', ']', '{', '}', '(', ')', ',', ':', '|', '&', '!', '<', '>', '@', '$'],
] as const;
type Mark =
  | ('[?' | '[]' | '||' | '&&' | '==' | '!=' | '<=' | '>=')
  | ('.' | '*' | '[' | ']' | '{' | '}' | '(' | ')' | ',' | ':' | '|' | '&' | '!')
  | ('<' | '>' | '@' | '$');

const SPACE = /[ \t\r\n]+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /-?[0-9]{1,10}(?![0-9])/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/sy;
const RAW = /'(?:[^'\\]|\\.)*'/sy;
const LITERAL = /`(?:[^`\\]|\\.)*`/sy;

/** The tokens of an expression, the last one `end`. Throws a `SyntaxProblem`. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const space = match(SPACE, text, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const { token, length } = tokenAt(text, at);
    tokens.push(token);
    at += length;
  }
  return [...tokens, { kind: 'end', value: null, at: text.length }];
}

function tokenAt(text: string, at: number): { readonly token: Token; readonly length: number } {
  const found = (kind: TokenKind, value: unknown, length: number) => ({
    token: { kind, value, at },
    length,
  });
  const mark = MARKS.find((each) => text.startsWith(each, at));
  if (mark !== undefined) return found(mark, mark, mark.length);
  const name = match(NAME, text, at);
  if (name !== undefined) return found('name', name, name.length);
  const number = match(NUMBER, text, at);
  if (number !== undefined) return found('number', Number(number), number.length);
  const quoted = match(QUOTED, text, at);
  if (quoted !== undefined) return found('quoted', jsonIn(quoted, at), quoted.length);
  const raw = match(RAW, text, at);
  if (raw !== undefined) {
    return found('literal', raw.slice(1, -1).replace(/\\(['\\])/g, '$1'), raw.length);
  }
  const literal = match(LITERAL, text, at);
  if (literal !== undefined) {
    const json = literal.slice(1, -1).replaceAll('\\`', '`');
    return found('literal', jsonIn(json, at), literal.length);
  }
  throw new SyntaxProblem(unexpected(text, at), at);
}

function unexpected(text: string, at: number): string {
  const [char = ''] = text.slice(at, at + 2);
  return '"\'`'.includes(char)
    ? `${char} is not closed`
    : `${JSON.stringify(char)} is not expected`;
}

function jsonIn(json: string, at: number): unknown {
  try {
    return parseExactJson(json);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new SyntaxProblem('this is not JSON', at);
    throw cause;
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
